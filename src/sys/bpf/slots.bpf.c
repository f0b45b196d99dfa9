// Who gets the next connection to a port, decided inside the kernel: two programs for SO_ATTACH_REUSEPORT_EBPF.
//
// The port is a group of SO_REUSEPORT sockets, one a slot, each with a queue and a worker of its own. The kernel runs
// the program once for each packet that no connection takes, which is a SYN as a rule, and the socket the program
// selects gets it. The other side of the maps is sys/steering.cpp; the byte code that is built in comes from here by
// scripts/bpf_code.py.
#include <linux/bpf.h>

#include "slots.h"

#define SEC(name) __attribute__((section(name), used))

static void *(*const lookup)(void *map, const void *key) = (void *)BPF_FUNC_map_lookup_elem;
static long (*const select_socket)(struct sk_reuseport_md *packet, void *map, void *key, __u64 flags) =
    (void *)BPF_FUNC_sk_select_reuseport;

// Their places in this section are their numbers in sys/steering.cpp; the kernel's own description is given there.
struct map { int unused; };
SEC("maps") struct map rotations;  // one struct rotation
SEC("maps") struct map sockets;    // slot -> its socket
SEC("maps") struct map loads;      // one struct loads

// Not each packet that comes here asks for a connection: late ones of a connection that is closed do not. They must
// not use up a turn, or the turns would no longer be even.
static int asks_for_connection(struct sk_reuseport_md *packet) {
  const unsigned char *tcp = packet->data;
  if (packet->ip_protocol != 6 /* TCP */ || tcp + 14 > (const unsigned char *)packet->data_end) return 0;
  const unsigned char flags = tcp[13];
  return (flags & 0x12) == 0x02;  // SYN without ACK
}

// In all doubt SK_PASS without a selection: the kernel then takes any socket of the group by the packet's hash, and
// the primary sees to it that no queue is without somebody who accepts from it.

SEC("bpf/round_robin") int round_robin(struct sk_reuseport_md *packet) {
  __u32 zero = 0;
  struct rotation *rotation = lookup(&rotations, &zero);
  if (!rotation) return SK_PASS;
  const struct table *table = &rotation->tables[rotation->active & 1];
  const __u32 count = table->count;
  if (count == 0) return SK_PASS;
  const __u64 turn = asks_for_connection(packet) ? __sync_fetch_and_add(&rotation->turn, 1) : rotation->turn;
  __u32 slot = table->slots[(turn % count) & LAST_SLOT];
  select_socket(packet, &sockets, &slot, 0);
  return SK_PASS;
}

// All bits where `value`, a difference, is negative; none where it is not. In a way that neither the compiler nor the
// kernel sees through, or it would be two ways again: see below.
static __u64 if_negative(__s64 value) {
  __u64 sign = (__u64)value >> 63;
  asm volatile("" : "+r"(sign));
  return -sign;
}

// Fewest open connections first. A tie goes to the next in turn, so that idle workers get exactly the same.
SEC("bpf/least_loaded") int least_loaded(struct sk_reuseport_md *packet) {
  __u32 zero = 0;
  struct rotation *rotation = lookup(&rotations, &zero);
  struct loads *all = lookup(&loads, &zero);
  if (!rotation || !all) return SK_PASS;
  const struct table *table = &rotation->tables[rotation->active & 1];
  const __u32 count = table->count;
  if (count == 0) return SK_PASS;
  const int asks = asks_for_connection(packet);
  const __u64 turn = asks ? __sync_fetch_and_add(&rotation->turn, 1) : rotation->turn;
  const __u32 start = (turn % count) & LAST_SLOT;
  __u32 slot = table->slots[start];
  // Whoever does not tell gets what falls to it by turn; those who do share the rest.
  if (all->open[slot & LAST_SLOT] != NOT_TOLD) {
    // Load and distance in one number. The loop has no branch but its end: the kernel follows every path through it
    // before it takes the program, and two ways a round would be more than it is willing to. Its length is bounded for
    // the same reason; where there are more workers, the best of so many is as good as the best.
    __u64 best = 1ull << 60;
    for (__u32 i = 0; i < MOST_COMPARED; ++i) {
      if (i >= count) break;
      const __s64 told = all->open[table->slots[(start + i) & LAST_PLACE] & LAST_SLOT];
      const __u64 load = told & ~if_negative(told);  // less than none is none
      const __u64 score = load << 10 | i;
      best ^= (best ^ score) & if_negative((__s64)(score - best));
    }
    slot = table->slots[(start + (best & LAST_SLOT)) & LAST_PLACE];
    // Counted here, since the worker learns of it only when it accepts.
    if (asks) __sync_fetch_and_add(&all->open[slot & LAST_SLOT], 1);
  }
  select_socket(packet, &sockets, &slot, 0);
  return SK_PASS;
}
