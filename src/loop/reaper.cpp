#include "loop/reaper.hpp"

#include "brood/error.hpp"
#include "loop/orphans.hpp"
#include "sys/calls.hpp"

namespace brood::detail::loop {
namespace {

std::chrono::microseconds duration_of(const timeval& time) {
  return std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_usec);
}

resource_usage from_system(const rusage& usage) {
  const auto count = [](long number) { return static_cast<std::uint64_t>(number); };
  return {.user_time = duration_of(usage.ru_utime),
          .system_time = duration_of(usage.ru_stime),
          .max_rss = count(usage.ru_maxrss) * 1024,
          .minor_page_faults = count(usage.ru_minflt),
          .major_page_faults = count(usage.ru_majflt),
          .input_blocks = count(usage.ru_inblock),
          .output_blocks = count(usage.ru_oublock),
          .voluntary_context_switches = count(usage.ru_nvcsw),
          .involuntary_context_switches = count(usage.ru_nivcsw)};
}

}  // namespace

reaper::reaper(asio::any_io_executor ex, unique_fd pidfd) : pidfd_(std::move(ex), std::move(pidfd)) {
  collect_orphans();
}

reaper::~reaper() {
  if (pidfd_.is_open()) add_orphan(pidfd_.release());
  collect_orphans();
}

error_code reaper::collect(exit_status& status) {
  siginfo_t info{};
  rusage usage{};
  if (sys::wait_pidfd(pidfd_.get(), &info, &usage, WEXITED | WNOHANG) == -1) {
    // ECHILD: a waitpid(-1) of other code collected it, or SIGCHLD is ignored and the kernel discarded it.
    return errno == ECHILD ? make_error_code(errc::status_lost) : sys::last_error();
  }
  // A debugger is notified of the end first. Until it detaches, the pidfd is ready but there is no status.
  if (info.si_pid == 0) return asio::error::try_again;
  pidfd_.close();  // the pid may be reused from now on; a later signal must not reach another process
  const resource_usage used = from_system(usage);
  status = info.si_code == CLD_EXITED ? exit_status::exited(info.si_status, used)
                                      : exit_status::killed(info.si_status, info.si_code == CLD_DUMPED, used);
  return {};
}

bool reaper::signal(int number, error_code& ec) noexcept {
  ec = {};
  if (!pidfd_.is_open()) return false;
  if (sys::pidfd_send_signal(pidfd_.get(), number) == 0) return true;
  if (errno != ESRCH) ec = sys::last_error();
  return false;
}

}  // namespace brood::detail::loop
