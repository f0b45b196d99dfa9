#pragma once

namespace brood {

/// Returns how many workers keep every available core busy: the number of processors in the affinity mask. A cgroup may
/// allow fewer (v2 `cpu.max`, rounded up): the lowest quota of this process's cgroup and its ancestors counts. At least
/// 1.
unsigned available_parallelism();

}  // namespace brood
