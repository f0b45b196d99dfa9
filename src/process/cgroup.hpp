#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace brood::detail::process {

/// Adds the processes of a cgroup and of all cgroups below it. Returns false with errno if some of them could not be
/// read.
bool list_cgroup(const std::filesystem::path& cgroup, std::vector<pid_t>& to);
/// Kills all of them at once, including those that are being forked (cgroup.kill, Linux 5.14). Returns false if the
/// kernel does not support it, or if the file could not be opened.
bool kill_cgroup(const std::filesystem::path& cgroup);

}  // namespace brood::detail::process
