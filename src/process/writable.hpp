#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "brood/detail/event_state.hpp"
#include "loop/descriptor.hpp"

namespace brood::detail::process {

namespace asio = boost::asio;
using boost::system::error_code;

/// The parent's end of a pipe that a child reads from.
class writable_state : public std::enable_shared_from_this<writable_state> {
 public:
  using handler = detail::waiters<std::size_t>::handler;

  /// `terminal`: the other end is a terminal, whose end of input is a character.
  writable_state(asio::any_io_executor ex, unique_fd fd, bool terminal = false)
      : closed(std::make_shared<detail::one_shot_state<error_code>>(ex)),
        drained(std::make_shared<detail::listeners<>>(ex)),
        fd_(ex, std::move(fd)),
        writer_(ex),
        drained_(ex),
        terminal_(terminal) {}

  const asio::any_io_executor& get_executor() const noexcept { return fd_.get_executor(); }
  const std::shared_ptr<detail::one_shot_state<error_code>> closed;
  const std::shared_ptr<detail::listeners<>> drained;

  bool write(std::string_view data);
  void end();
  void close(error_code reason);
  /// The child has ended. Queued data is lost: EPIPE if there is any.
  void child_exited();
  /// The handle was destroyed: the input ends after the queued data, and listeners are not called.
  void dropped();
  /// The same, but listeners are called.
  void detached();
  /// From now on another object writes to it and ends it, whatever happens to the handle.
  void join() noexcept { joined_ = true; }
  bool is_joined() const noexcept { return joined_; }
  bool is_terminal() const noexcept { return terminal_; }
  void write_some(asio::const_buffer buffer, handler h);
  void wait_drained(detail::waiters<>::handler h);
  /// As writable::release.
  unique_fd release();
  int native_handle() const noexcept { return fd_.get(); }
  bool is_open() const noexcept { return fd_.is_open(); }
  std::size_t queued() const noexcept { return queue_.size() - sent_; }
  loop::descriptor& descriptor() noexcept { return fd_; }

 private:
  void wait();
  void stop_waiting();
  void ready(error_code ec);
  bool flush();
  void type_end();
  void complete_write();
  void close_at_end();
  /// Writes to the pipe. Returns the number of bytes that it accepted; 0 if it is full. On an error the stream is
  /// closed.
  std::size_t put(const char* data, std::size_t size);

  loop::descriptor fd_;
  std::string queue_;  // [sent_, end) waits for the pipe
  std::size_t sent_ = 0;
  asio::const_buffer source_;
  detail::waiters<std::size_t> writer_;  // at most one pending write
  detail::waiters<> drained_;
  error_code not_drained_;  // why the queue was dropped or the stream closed
  bool full_ = false;       // write() has returned false
  bool ending_ = false;
  bool waiting_ = false;
  bool joined_ = false;
  bool dropped_ = false;
  const bool terminal_;
  bool line_begun_ = false;  // the last character written was not a newline
};

}  // namespace brood::detail::process
