#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Processes of this machine, from /proc. A function that returns nothing leaves the reason in errno.
namespace brood::detail::sys {

/// A line of `/proc/PID/stat`, proc(5).
struct process_entry {
  char state = '?';
  pid_t parent = 0;
  pid_t group = 0;
  pid_t session = 0;
  bool kernel_thread = false;
  unsigned threads = 0;
  std::uint64_t start = 0;  ///< in clock ticks since the machine started

  /// A zombie, which no signal affects. It remains while it has threads besides the first one, which has exited.
  bool has_ended() const noexcept { return (state == 'Z' || state == 'X') && threads <= 1; }
};

/// Whether errno says that a process ended before it could be inspected.
bool is_gone(int error) noexcept;
/// Whether errno says that this user has no permission to inspect it, because it belongs to another user.
bool is_refused(int error) noexcept;

/// All processes, highest number first: these are the youngest, which end soonest. ENOENT if /proc is not mounted, or
/// shows another PID namespace, in which the numbers mean other processes.
std::optional<std::vector<pid_t>> all_processes();
std::optional<process_entry> entry_of(pid_t process);
/// The environment that the process was started with, with a NUL after each variable.
std::optional<std::string> environment_of(pid_t process);
std::optional<std::string> command_line_of(pid_t process);
/// The current time in the unit of process_entry::start.
std::uint64_t ticks_since_start() noexcept;

std::optional<std::string> content_of(const std::string& path);
std::optional<std::vector<std::string>> folders_in(const std::string& path);

}  // namespace brood::detail::sys
