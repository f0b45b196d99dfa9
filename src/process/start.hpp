#pragma once

#include <memory>
#include <string>
#include <vector>

#include "process/preparation.hpp"

namespace brood::detail::process {

/// Gives the request a channel if its options have a place for one.
void add_channel(start_request& request, const asio::any_io_executor& ex);
/// Whether the options use this kind for one of the child's descriptors.
bool has_stdio(const spawn_options& options, stdio::kind kind);

/// The descriptors that the options give away. They are closed after the start, even if the program keeps the options.
/// Not earlier, because another thread may be using them.
class given_away {
 public:
  given_away() = default;
  explicit given_away(const spawn_options& options);

  void close() noexcept;

 private:
  std::vector<std::shared_ptr<unique_fd>> all_;
};

/// Checks the time limit and the stop steps. Throws spawn_error.
void check_limits(const spawn_options& o);
/// The same, and checks that the named descriptors are open. Must be called before anything is opened: otherwise a
/// number that was free could be a new descriptor of this process, and be passed on by mistake.
void check(const start_request& request);

/// Forces the loop to create its epoll descriptor, which it does at first use, while there is no child yet: without it
/// the child could not be watched. Throws spawn_error.
void wake_loop(const asio::any_io_executor& ex, const std::string& file);

/// Starts a child that is not watched yet: child_state::watch() must be called on the executor. May be called on any
/// thread. Throws spawn_error; no descriptor and no child is left then.
started start_unwatched(const asio::any_io_executor& ex, start_request request);
/// The same, and watches the child. Must be called on the executor.
started start(const asio::any_io_executor& ex, start_request request);

/// fork(): start() for a module with a channel, whose end in this process is `channel`.
started start_module(std::shared_ptr<ipc::endpoint> channel, const std::string& module, arguments args,
                     const fork_options& options);

}  // namespace brood::detail::process
