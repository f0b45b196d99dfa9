#pragma once

#include <brood/spawn_sync.hpp>
#include <cstdlib>

namespace brood_test {

/// The major version of the installed Node, 0 without one. "v20.20.2" is what it prints.
inline int node_version() {
  const auto told = brood::exec_file_sync("node", {"--version"});
  return told.out.size() > 1 ? std::atoi(told.out.c_str() + 1) : 0;
}

}  // namespace brood_test
