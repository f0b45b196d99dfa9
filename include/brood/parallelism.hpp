#pragma once

namespace brood {

/// Returns how many workers keep every available core busy: the processors in the affinity mask, but no more than the
/// processor quota of the cgroup allows (v2 `cpu.max`, rounded up). At least 1.
unsigned available_parallelism();

}  // namespace brood
