#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <string>
#include <string_view>

#include "brood/detail/event_state.hpp"
#include "loop/descriptor.hpp"

namespace brood::process {

namespace asio = boost::asio;
using boost::system::error_code;

/// The parent's end of a pipe that a child reads from.
class writable_state : public std::enable_shared_from_this<writable_state> {
 public:
  using handler = detail::waiters<std::size_t>::handler;

  writable_state(asio::any_io_executor ex, unique_fd fd)
      : closed(std::make_shared<detail::milestone_state<error_code>>(ex)),
        fd_(ex, std::move(fd)),
        writer_(ex),
        drained_(ex) {}

  const asio::any_io_executor& get_executor() const noexcept { return fd_.get_executor(); }
  const std::shared_ptr<detail::milestone_state<error_code>> closed;

  bool write(std::string_view data);
  void end();
  void close(error_code reason);
  void write_some(asio::const_buffer buffer, handler h);
  void drained(detail::waiters<>::handler h);

 private:
  void wait();
  void stop_waiting();
  void ready(error_code ec);
  bool flush();
  void complete_write();
  /// How many bytes the pipe took; 0 when it is full. On an error the stream is closed and nothing more to be done.
  std::size_t put(const char* data, std::size_t size);
  std::size_t queued() const noexcept { return queue_.size() - sent_; }

  loop::descriptor fd_;
  std::string queue_;  // [sent_, end) waits for the pipe
  std::size_t sent_ = 0;
  asio::const_buffer source_;
  detail::waiters<std::size_t> writer_;  // at most one write under way
  detail::waiters<> drained_;
  bool ending_ = false;
  bool waiting_ = false;
};

}  // namespace brood::process
