#pragma once

#include <sys/types.h>

#include <filesystem>
#include <vector>

namespace brood::detail::process {

/// Adds the processes in a cgroup and in all cgroups below it. False, and errno: some of them could not be read.
bool list_cgroup(const std::filesystem::path& cgroup, std::vector<pid_t>& to);
/// Kills all of them at once, those too that are being forked (cgroup.kill, Linux 5.14). False: the kernel cannot, or
/// the file could not be opened.
bool kill_cgroup(const std::filesystem::path& cgroup);

}  // namespace brood::detail::process
