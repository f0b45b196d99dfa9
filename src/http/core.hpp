#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "brood/detail/event_state.hpp"
#include "brood/detail/loop_entry.hpp"
#include "brood/detail/waiters.hpp"
#include "brood/http/server.hpp"
#include "http/connection.hpp"
#include "http/date.hpp"
#include "http/deadlines.hpp"
#include "http/message_reader.hpp"
#include "http/source.hpp"

namespace brood::http::detail {

namespace asio = boost::asio;

/// The state of a server: the open connections and everything they share. Lives as long as one of them.
class core : public std::enable_shared_from_this<core> {
 public:
  using milliseconds = std::chrono::milliseconds;
  using listening_state = brood::detail::one_shot_state<asio::ip::tcp::endpoint>;

  core(asio::any_io_executor ex, handler h, server_options options, source_factory make_source);
  ~core();

  // The server
  void listen(const listen_address& where);
  const asio::ip::tcp::endpoint& local_endpoint() const noexcept { return local_; }
  const std::shared_ptr<listening_state>& listening() const noexcept { return listening_; }
  void async_close(brood::detail::waiters<>::handler completion);
  void stop();
  server_statistics statistics() const noexcept;

  // Its sources of connections
  /// `no_delay`: TCP_NODELAY is set. `crowded`: other connections were accepted with it.
  void take(int fd, stream::protocol family, bool no_delay, bool crowded);
  void cannot_accept();
  void listens(const connection_source& source, boost::system::error_code ec, const asio::ip::tcp::endpoint& where);
  /// As async_close, without a completion handler.
  void drain();
  void when_drained(brood::detail::waiters<>::handler completion);
  void log(log_level level, std::string_view text) const;

  // Its connections
  const asio::any_io_executor& executor() const noexcept { return executor_; }
  const server_options& options() const noexcept { return options_; }
  const message_reader::limits& limits() const noexcept { return limits_; }
  deadlines& wheel() noexcept { return wheel_; }
  std::string_view date() noexcept { return date_.now(); }
  tick ticks(milliseconds time) const noexcept { return static_cast<tick>((time + tick_ - milliseconds{1}) / tick_); }
  /// `limit` of 0: never.
  void expire_after(connection& c, tick start, milliseconds limit) noexcept;
  /// While draining: the first request, or the next one, must begin soon.
  void expire_soon(connection& c, bool first) noexcept;
  /// Whether request number `count` of a connection is its last one.
  bool last_request(std::size_t count) const noexcept;
  /// Must be held by each handler of the loop that continues the server's work, so that a second thread is detected.
  brood::detail::loop_entry enter() const {
    return brood::detail::loop_entry(brood::detail::loop_entry::from::handler, guard_.get());
  }
  void handle(const request& message, request_body& body, response& answer) {
    const auto entry = enter();
    ++statistics_.requests;
    if (!sources_.empty()) sources_.front()->asked();
    handler_(message, body, answer);
  }
  bool draining() const noexcept { return closing_; }
  void count_refusal() noexcept { ++statistics_.refused; }
  void count_timeout() noexcept { ++statistics_.timed_out; }
  void count_tls_error() noexcept { ++statistics_.tls_errors; }
  /// Output buffers are shared: few connections need one at a time, and the last one used is in the processor's cache.
  void lend(byte_buffer& to) noexcept;
  void give_back(byte_buffer& from) noexcept;
  void opened(connection& c);
  /// Calls its read_again() in the loop's next turn.
  void read_soon(connection& c);
  void closed(connection& c);
  void recycled(connection& c) noexcept;

 private:
  void read_fresh();
  bool turned_away(int fd);
  connection& obtain();
  void wind_clock();
  void check_drained();

  asio::any_io_executor executor_;
  const std::shared_ptr<brood::detail::loop_guard> guard_ = brood::detail::loop_guard::of(executor_);
  handler handler_;
  server_options options_;
  message_reader::limits limits_;
  milliseconds tick_;
  deadlines wheel_;
  date_line date_;
  server_statistics statistics_;

  source_factory make_source_;
  std::vector<std::shared_ptr<connection_source>> sources_;
  std::shared_ptr<listening_state> listening_;
  std::chrono::steady_clock::time_point no_line_before_{};
  asio::ip::tcp::endpoint local_;
  brood::detail::waiters<> drained_;

  std::vector<connection*> open_;
  std::vector<connection*> fresh_;    // to be read soon; each holds a reference
  std::vector<connection*> reading_;  // those that are being read now; kept to reuse its memory
  std::vector<std::unique_ptr<connection>> spare_;
  std::vector<byte_buffer> buffers_;
  // until the server is destroyed, because the loop may be destroyed afterwards
  std::optional<asio::steady_timer> clock_;
  bool clock_runs_ = false;
  bool closing_ = false;
  bool stopped_ = false;
};

}  // namespace brood::http::detail
