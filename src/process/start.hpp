#pragma once

#include <memory>
#include <string>
#include <vector>

#include "process/preparation.hpp"

namespace brood::detail::process {

/// Gives the request a channel if its options have a place for one.
void add_channel(start_request& request, const asio::any_io_executor& ex);
/// Whether one of the child's descriptors shall be such a thing.
bool has_stdio(const spawn_options& options, stdio::kind kind);

/// The descriptors that options give away, to be closed when the child is started though the program may keep the
/// options. Not before: another thread may be at it.
class given_away {
 public:
  given_away() = default;
  explicit given_away(const spawn_options& options);

  void close() noexcept;

 private:
  std::vector<std::shared_ptr<unique_fd>> all_;
};

/// Whether the time limit, and the steps by which it is kept, can be. Throws spawn_error.
void check_limits(const spawn_options& o);
/// The same, and whether the descriptors named are there: to be called before anything is opened, since a number that
/// is free now would be one of ours afterwards, and passed on by mistake.
void check(const start_request& request);

/// A loop makes its epoll at the first use and may find no descriptor left for it: to be called before there is a child
/// to watch, since it would be left unwatched. Throws spawn_error.
void wake_loop(const asio::any_io_executor& ex, const std::string& file);

/// Starts a child that nobody hears of yet: child_state::watch() is to be called on the executor. May be called on any
/// thread. Throws spawn_error; then no descriptor and no child is left.
started start_unwatched(const asio::any_io_executor& ex, start_request request);
/// The same, and watches it: to be called on the executor.
started start(const asio::any_io_executor& ex, start_request request);

/// fork(): start() for a module, with a channel that is `channel` on this side.
started start_module(std::shared_ptr<ipc::endpoint> channel, const std::string& module, arguments args,
                     const fork_options& options);

}  // namespace brood::detail::process
