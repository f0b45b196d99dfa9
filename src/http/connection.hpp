#pragma once

#include <boost/system/error_code.hpp>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <string_view>
#include <utility>

#include "brood/detail/waiters.hpp"
#include "brood/http/request_body.hpp"
#include "brood/http/response.hpp"
#include "http/answer.hpp"
#include "http/byte_buffer.hpp"
#include "http/deadlines.hpp"
#include "http/message_reader.hpp"
#include "http/stream.hpp"

namespace brood::http::detail {

namespace asio = boost::asio;

class core;

/// One connection of a server: reads requests and has them answered one after the other.
///
///                      +------ no more input ------+
///                      v                           |
///     start() --> reading --whole request--> answering --end()--> (reading, or finish)
///                      |                                               |
///                      +--refused, last request----> lingering <-------+ unread input
///                      +--end of input, late, error--> closed  <-------+
///
/// Output is collected in out_ and sent in one call when no more progress is possible without waiting, so the responses
/// to pipelined requests share a packet. While output is blocked, nothing more is read.
///
/// The object has a reference count: one for being open, one for each operation of the loop, one for each copy of its
/// response. At zero it returns to the server's pool and is reused for another connection.
class connection final : public deadline {
 public:
  explicit connection(core& owner);

  /// `crowded`: other connections were accepted with it, so its request has probably arrived, or will arrive within the
  /// loop's next turn. It is then read without registering the socket, which costs more than a connection with a single
  /// request.
  void start(std::shared_ptr<core> owner, int fd, stream::protocol family, bool no_delay, bool crowded);

  /// Called again by the server if there was nothing to read in start().
  void read_again();
  /// The deadline has passed.
  void late();
  /// The server is draining: closes now if idle, otherwise after the current response.
  void drain();
  /// Closes at once.
  void close();
  /// Closes at once, because the peer has closed or sent invalid data.
  void lost();

  // Called by responses. `number` identifies the request.
  bool answers(std::uint64_t number) const noexcept;
  answer& current() noexcept { return answer_; }
  bool write(std::string_view piece);
  bool end(std::string_view body);
  bool send_file(unique_fd file, file_range range);
  departed upgrade(bool secured);
  void copied(std::uint64_t number) noexcept;
  void dropped(std::uint64_t number);
  void wait_drained(std::uint64_t number, brood::detail::waiters<>::handler handler);

  /// Called by request_body. `number` identifies the request.
  void read_body(std::uint64_t number, brood::detail::waiters<std::string_view>::handler handler);

  /// The handler continues after it has returned, until handler_ended(). Request and response are kept until then.
  void handler_goes_on() noexcept;
  void handler_ended(const std::exception_ptr& error);
  const asio::any_io_executor& executor() const noexcept;

  void retain() noexcept { ++references_; }
  void release() noexcept;

  std::size_t place = 0;  ///< index in the server's list of open connections

 private:
  enum class phase : unsigned char { closed, reading, answering, lingering };

  /// Keeps the connection alive during an operation of the loop.
  class keeper {
   public:
    explicit keeper(connection& c) noexcept : connection_(&c) { c.retain(); }
    keeper(keeper&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
    ~keeper() {
      if (connection_ != nullptr) connection_->release();
    }
    connection* operator->() const noexcept { return connection_; }

   private:
    connection* connection_;
  };

  /// A body that is read while its handler runs.
  struct incoming_body {
    explicit incoming_body(const asio::any_io_executor& ex) : reader(ex) {}
    byte_buffer bytes;
    std::size_t taken = 0;  // bytes of it that the last part of the body occupies
    bool open = false;      // its end has not arrived yet
    brood::detail::waiters<std::string_view> reader;
  };

  struct outgoing_file {
    unique_fd fd;
    std::uint64_t offset = 0;
    std::uint64_t left = 0;
  };

  void opened(std::shared_ptr<core> owner, bool crowded);
  void recycle() noexcept;
  void leave();

  // connection.cpp: input
  void run();
  void serve();
  enum class input : unsigned char { none, handled };
  input read_at_once();
  void receive();
  void received(boost::system::error_code ec, std::size_t size);
  void took(std::size_t size, std::size_t room);
  void notice_handshake();
  void settle();
  bool idles() const noexcept;
  void set_answering_deadline();
  void set_reading_deadline();
  void refuse(int status, std::string_view why = {});
  void finish();
  void linger();

  // connection_body.cpp
  void begin_body();
  void deliver_body();
  bool receive_body();
  void received_body(boost::system::error_code ec, std::size_t size);
  void lose_body();
  void refuse_body(int status, boost::system::error_code why);
  bool drop_body();
  void end_body();
  void forget_body();

  // connection_file.cpp
  bool flush_file();

  // connection_output.cpp
  byte_buffer& out();
  void put(std::string_view data);
  bool flush(std::string_view more = {});
  void await_writable();
  void writable(boost::system::error_code ec);
  void ended_later();
  void finish_answer();
  void handler_returned();
  void fail(const std::exception_ptr& error);
  void fail(std::string_view why);
  void tell_drained(boost::system::error_code ec);
  void resume_later();

  stream stream_;
  std::shared_ptr<core> core_;  // while open
  byte_buffer in_;
  byte_buffer out_;  // borrowed from the server while it is not empty
  message_reader reader_;
  answer answer_;
  response response_;  // passed to handlers
  request_body body_;  // passed to handlers that read the body themselves
  // Created at the first use.
  std::unique_ptr<brood::detail::waiters<>> drained_;
  std::unique_ptr<incoming_body> incoming_;
  std::unique_ptr<outgoing_file> file_;  // sent after out_; its end is the end of the response

  std::uint64_t number_ = 0;  // of the current request; never repeated during the object's life
  std::size_t requests_ = 0;
  std::uint32_t references_ = 0;
  std::uint32_t copies_ = 0;  // of the response to the current request
  tick began_ = 0;            // start of the current request, or of the connection
  tick lingers_until_ = 0;
  phase phase_ = phase::closed;
  bool ended_ = false;       // the response has ended; the handler may still be running
  bool in_handler_ = false;  // the handler has not returned, or continues
  bool goes_on_ = false;     // the handler is a coroutine that has not ended
  bool running_ = false;     // a caller up the stack flushes out_
  // the loop is reading into the memory after in_, or after a streamed body, which must not move
  bool receiving_ = false;
  bool blocked_ = false;     // waits until the peer accepts out_
  bool closing_ = false;     // after out_ was sent
  bool more_input_ = false;  // the last read filled its whole buffer
};

}  // namespace brood::http::detail
