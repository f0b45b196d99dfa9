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

/// What a child writes, as the parent reads it. Read it in one of two ways: flowing, by `on_data`, or as an Asio
/// AsyncReadStream, by `async_read_some` and all that is built on it. Unread output stays with the child (it waits,
/// once the pipe is full); when the child has exited, what it left in the pipe is kept here until read.
class readable {
 public:
  readable(const readable&) = delete;
  readable& operator=(const readable&) = delete;
  /// Closes the stream, unless a read is under way. Listeners are not called any more.
  ~readable();
  using executor_type = boost::asio::any_io_executor;

  executor_type get_executor() const noexcept;

  /// Starts the flow: `f(data)` for each piece, in order; the view is valid during the call.
  subscription on_data(std::function<void(std::string_view)> f);
  /// Starts the flow: `f(line)` for each line, in order, without the LF or CR LF that ends it. `f` takes an output_line
  /// or a std::string_view, which is valid during the call. The last line needs no end. A line of more than `limit`
  /// bytes is delivered in pieces of `limit` bytes; output_line::complete is false for all of them but the last. So
  /// memory is bounded, and a piece may end inside a character. Throws std::invalid_argument for a limit of 0. After
  /// pause() no line is delivered until resume(), not even of what was read already. close() delivers the beginning of
  /// a line that was read, or drops it if the stream is paused.
  subscription on_line(std::function<void(const output_line&)> f, std::size_t limit = default_line_limit);
  template <class Function>
    requires(!std::convertible_to<Function, std::function<void(const output_line&)>>)
  void on_line(Function&&, std::size_t = 0) {
    static_assert(detail::never<Function>, "a function for lines takes a brood::output_line or a std::string_view");
  }
  /// `f()` once, after the last piece: the child, and all it gave its end to, have closed it.
  subscription on_end(std::function<void()> f);
  /// Stops and restarts the flow. Paused, nothing is read, so a child that writes on will wait.
  void pause();
  void resume();
  /// Lets go of the parent's end. A child that still writes gets SIGPIPE.
  void close();
  /// Hands the parent's end over to the caller, in blocking mode; the stream is at its end here. What a child that has
  /// exited left behind, and was taken in already, comes with it. std::logic_error while the stream flows or is read;
  /// boost::system::system_error where what was left cannot be kept. Where a process that the child has left behind may
  /// still write, the rest is passed on while the loop runs, and the stream is at its end here after it.
  [[nodiscard]] unique_fd release();
  /// When the end was reached or the stream closed. Its error is what kept the rest from being read, if anything did.
  one_shot_event<> ended;

  /// AsyncReadStream. Signature: `void(error_code, std::size_t)`. Error: asio::error::eof at the end;
  /// operation_aborted when cancelled or closed; already_started when a read is under way or the stream flows.
  /// Cancellation: every kind; nothing read is lost by it.
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

/// What the parent writes and a child reads: `write` and `end`, which never wait, or an Asio AsyncWriteStream.
/// A child that is gone is an error value here, never a SIGPIPE.
class writable {
 public:
  writable(const writable&) = delete;
  writable& operator=(const writable&) = delete;
  /// The same as end(). Listeners are not called any more.
  ~writable();
  using executor_type = boost::asio::any_io_executor;

  executor_type get_executor() const noexcept;

  /// Writes all of `data`, now as far as the pipe takes it, the rest from a queue of its own. False when 64 KiB or
  /// more wait in the queue (wait for `drained` before writing on), or when the stream is closed.
  bool write(std::string_view data);
  /// The child sees the end of its input after all that was written. Writing afterwards does nothing. A terminal stays
  /// open, or it would hang up, until the child has ended, close(), or the end of this.
  void end();
  void end(std::string_view last_data);
  /// Lets go of the parent's end at once; what waits in the queue is dropped.
  void close();
  /// Hands the parent's end over to the caller, in blocking mode; the stream is closed here. std::logic_error while
  /// something waits to be written.
  [[nodiscard]] unique_fd release();
  /// The queue has become empty after `write` returned false: Node's 'drain'.
  event<> drained;
  /// When the stream was closed, and why: no error after end() or close(), or when the child ended with nothing waiting
  /// for it; EPIPE when the reader went away.
  one_shot_event<error_code> closed;

  /// Completes when the queue is empty. Signature: `void(error_code)`. Error: why the stream was closed instead;
  /// operation_aborted when cancelled, or when close() dropped the queue. Cancellation: every kind; the queue is
  /// written all the same.
  template <boost::asio::completion_token_for<void(error_code)> Token = detail::default_token>
  auto async_drained(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code)>(
        [state = state_](auto handler) { wait_drained(state, std::move(handler)); }, token);
  }

  /// AsyncWriteStream. Signature: `void(error_code, std::size_t)`. Goes after what `write` has queued. Error: EPIPE
  /// when the reader is gone; operation_aborted when cancelled or closed; already_started while another one waits.
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
