#pragma once

namespace brood {

/// How many workers keep every core this process may use busy: the processors of its affinity mask, but no more
/// than the processor quota of its cgroup (v2 `cpu.max`, rounded up) allows. At least 1.
unsigned available_parallelism();

}  // namespace brood
