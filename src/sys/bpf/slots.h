#pragma once

#include <linux/types.h>

// What the programs in slots.bpf.c and the processes of a cluster share, in maps that both read and write. C and C++.

enum {
  MOST_SLOTS = 1024,  // workers on one port; a power of two
  LAST_SLOT = MOST_SLOTS - 1,
  LAST_PLACE = 2 * MOST_SLOTS - 1,
  MOST_COMPARED = 256,
  NOT_TOLD = 2147483647,  // in place of a load: this worker does not tell it
};

// The slots that get connections, in the order of their turns. Whoever changes it writes the table that is not active,
// then `active`: a program that runs meanwhile sees the one or the other, never half of each.
struct table {
  __u32 count;
  __u32 slots[2 * MOST_SLOTS];  // twice over, so that from each of them on all are read in a row
};
struct rotation {
  __u32 active;
  __u32 unused;
  __u64 turn;
  struct table tables[2];
};

// Connections of each slot's worker: accepted and not yet closed, and those in its queue.
struct loads {
  __s32 open[MOST_SLOTS];
};
