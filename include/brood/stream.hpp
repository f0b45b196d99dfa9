#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/buffer.hpp>
#include <concepts>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "brood/detail/token.hpp"
#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/output_line.hpp"
#include "brood/unique_fd.hpp"

namespace brood {

namespace detail::process {
class readable_state;
class writable_state;
}  // namespace detail::process

class writable;

/// The output of a child. It can be read in one of two ways. `on_data` and `on_line` read it as a flow;
/// `async_read_some`, and everything built on it, reads it as an Asio AsyncReadStream. Unread output stays in the pipe,
/// and a child that fills the pipe blocks. When the child has exited, this object keeps the rest of the pipe until it
/// is read.
class readable {
 public:
  readable(const readable&) = delete;
  readable& operator=(const readable&) = delete;
  /// Closes the stream unless a read or a pipe() is in progress. Listeners are not called any more.
  ~readable();
  using executor_type = boost::asio::any_io_executor;

  executor_type get_executor() const noexcept;

  /// Starts the flow and calls `f(data)` for each piece, in order. The view is valid during the call.
  subscription on_data(std::function<void(std::string_view)> f);
  /// Starts the flow and calls `f(line)` for each line, in order, without its LF or CR LF. `f` takes an output_line or
  /// a std::string_view, which is valid during the call. The last line need not end with LF.
  ///
  /// A line of more than `limit` bytes is delivered in pieces of `limit` bytes. output_line::complete is false for all
  /// pieces but the last, and a piece may end inside a character. After pause() no line is delivered until resume(),
  /// not even one that was read before. close() delivers the beginning of a line that was read, unless the stream is
  /// paused.
  /// Throws: std::invalid_argument if `limit` is 0.
  subscription on_line(std::function<void(const output_line&)> f, std::size_t limit = default_line_limit);
  template <class Function>
    requires(!std::convertible_to<Function, std::function<void(const output_line&)>>)
  void on_line(Function&&, std::size_t = 0) {
    static_assert(detail::never<Function>, "a function for lines takes a brood::output_line or a std::string_view");
  }
  /// Calls `f()` once, after the last piece, when `ended` happens. The end comes when the child, and every process it
  /// passed the pipe to, has closed it.
  subscription on_end(std::function<void()> f);
  /// Stops and restarts the flow. While the stream is paused nothing is read, so a child that keeps writing will block.
  void pause();
  void resume();
  /// Closes the parent's end. A child that still writes gets SIGPIPE.
  void close();
  /// Returns the parent's end, in blocking mode. This stream ends. Output of an exited child that was read into memory
  /// already is included. If a process that the child left behind may still write, the rest is forwarded while the loop
  /// runs, and this stream ends afterwards.
  /// Throws: std::logic_error if the stream flows or is being read; boost::system::system_error if buffered output
  /// cannot be preserved.
  [[nodiscard]] unique_fd release();
  /// The stream has reached its end or was closed. If the rest could not be read, the error says why.
  one_shot_event<> ended;

  /// Asio's AsyncReadStream.
  /// Completion signature: `void(error_code, std::size_t)`.
  /// Errors: asio::error::eof at the end, or if the stream was closed before; operation_aborted when cancelled or
  /// closed; already_started if a read is pending or the stream flows.
  /// Cancellation: every kind. No data is lost.
  template <class Buffers,
            boost::asio::completion_token_for<void(error_code, std::size_t)> Token = detail::default_token>
  auto async_read_some(const Buffers& buffers, Token&& token = Token{}) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [state = state_](auto handler, boost::asio::mutable_buffer first) {
          read_some(state, first, std::move(handler));
        },
        token, first_of(buffers));
  }

 private:
  using read_handler = boost::asio::any_completion_handler<void(error_code, std::size_t)>;
  static void read_some(const detail::state_ptr<detail::process::readable_state>&, boost::asio::mutable_buffer,
                        read_handler);

  template <class Buffers>
  static boost::asio::mutable_buffer first_of(const Buffers& buffers) {
    for (auto one = boost::asio::buffer_sequence_begin(buffers); one != boost::asio::buffer_sequence_end(buffers);
         ++one) {
      if (boost::asio::mutable_buffer buffer(*one); buffer.size() != 0) return buffer;
    }
    return {};
  }

  friend one_shot_event<error_code> pipe(readable& from, writable& to);
  friend detail::access;
  friend class child_process;
  explicit readable(std::shared_ptr<detail::process::readable_state> s);
  void detach() noexcept;

  detail::state_ptr<detail::process::readable_state> state_;
};

/// The input of a child. `write` and `end` never block; it is also an Asio AsyncWriteStream. If the child has closed
/// its end, writing is an error value here, never a SIGPIPE.
class writable {
 public:
  writable(const writable&) = delete;
  writable& operator=(const writable&) = delete;
  /// Calls end(). Listeners are not called any more.
  ~writable();
  using executor_type = boost::asio::any_io_executor;

  executor_type get_executor() const noexcept;

  /// Writes as much of `data` as the pipe takes, and queues the rest.
  /// Returns: false if the stream is closed or ended, or if 64 KiB or more are queued. In the latter case every call
  /// returns false until `drained` happens: wait for it before writing on.
  bool write(std::string_view data);
  /// Ends the child's input after all that was written. Later writes have no effect. A terminal stays open, because
  /// closing it would hang up the child: it is closed when the child has exited, by close(), or with this object.
  void end();
  void end(std::string_view last_data);
  /// Closes the parent's end at once. Queued data is dropped.
  void close();
  /// Returns the parent's end, in blocking mode, and closes this stream.
  /// Throws: std::logic_error if data is queued or an asynchronous write is pending.
  [[nodiscard]] unique_fd release();
  /// The queue is empty again after `write` returned false: Node's 'drain'.
  event<> drained;
  /// The stream was closed. The value is the reason: no error after end() or close(), or if the child exited with
  /// nothing left to write. EPIPE if something was left, or if the reader closed its end.
  one_shot_event<error_code> closed;

  /// Completes when the queue is empty.
  /// Completion signature: `void(error_code)`.
  /// Errors: the reason why the stream was closed instead; operation_aborted when cancelled, or if close() dropped the
  /// queue.
  /// Cancellation: every kind. The queue is still written.
  template <boost::asio::completion_token_for<void(error_code)> Token = detail::default_token>
  auto async_drained(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [state = state_](auto handler) { wait_drained(state, std::move(handler)); }, token);
  }

  /// Asio's AsyncWriteStream. Writes after everything that `write` has queued.
  /// Completion signature: `void(error_code, std::size_t)`.
  /// Errors: EPIPE if the reader closed its end, or if the stream was ended or closed before; operation_aborted when
  /// cancelled or closed; already_started while another asynchronous write is pending.
  /// Cancellation: every kind. Nothing of `buffers` was written then.
  template <class Buffers,
            boost::asio::completion_token_for<void(error_code, std::size_t)> Token = detail::default_token>
  auto async_write_some(const Buffers& buffers, Token&& token = Token{}) {
    return boost::asio::async_initiate<Token, void(error_code, std::size_t)>(
        [state = state_](auto handler, boost::asio::const_buffer first) {
          write_some(state, first, std::move(handler));
        },
        token, first_of(buffers));
  }

 private:
  using write_handler = boost::asio::any_completion_handler<void(error_code, std::size_t)>;
  using drained_handler = boost::asio::any_completion_handler<void(error_code)>;
  static void write_some(const detail::state_ptr<detail::process::writable_state>&, boost::asio::const_buffer,
                         write_handler);
  static void wait_drained(const detail::state_ptr<detail::process::writable_state>&, drained_handler);

  template <class Buffers>
  static boost::asio::const_buffer first_of(const Buffers& buffers) {
    for (auto one = boost::asio::buffer_sequence_begin(buffers); one != boost::asio::buffer_sequence_end(buffers);
         ++one) {
      if (boost::asio::const_buffer buffer(*one); buffer.size() != 0) return buffer;
    }
    return {};
  }

  friend one_shot_event<error_code> pipe(readable& from, writable& to);
  friend detail::access;
  friend class child_process;
  explicit writable(std::shared_ptr<detail::process::writable_state> s);
  void detach();

  detail::state_ptr<detail::process::writable_state> state_;
};

}  // namespace brood
