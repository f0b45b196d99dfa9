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

/// One connection of a server: reads requests, has them answered one after the other, and goes.
///
///                      +------ no more input ------+
///                      v                           |
///     start() --> reading --whole request--> answering --end()--> (reading, or finish)
///                      |                                               |
///                      +--refused, last request----> lingering <-------+ unread input
///                      +--end of input, late, error--> closed  <-------+
///
/// Bytes to send gather in out_ and leave in one call when there is nothing left to do at once; so the answers of
/// pipelined requests share a packet. While they do not leave, nothing more is read.
///
/// The object is counted: one for being open, one for each operation of the loop, one for each copy of its response. At
/// zero it goes back to the server, to be another connection.
class connection final : public deadline {
 public:
  explicit connection(core& owner);

  /// `crowded`: others were waiting with it, so that its request has likely come meanwhile, or will within the loop's
  /// next turn. Then it is read without enlisting the socket, which costs more than a connection's only request.
  void start(std::shared_ptr<core> owner, int fd, stream::protocol family, bool no_delay, bool crowded);

  /// The server's second call to one that had nothing to read at its start.
  void read_again();
  /// Its deadline has passed.
  void late();
  /// The server drains: goes now if it idles, else after the answer it owes.
  void drain();
  /// Goes now.
  void close();
  /// Goes now, because the peer has ended, or says what cannot be understood.
  void lost();

  // What responses do; `number` says which.
  bool answers(std::uint64_t number) const noexcept;
  answer& current() noexcept { return answer_; }
  bool write(std::string_view piece);
  bool end(std::string_view body);
  bool send_file(unique_fd file, file_range range);
  departed upgrade(bool secured);
  void copied(std::uint64_t number) noexcept;
  void dropped(std::uint64_t number);
  void wait_drained(std::uint64_t number, brood::detail::waiters<>::handler handler);

  /// What request_body does; `number` says for which request.
  void read_body(std::uint64_t number, brood::detail::waiters<std::string_view>::handler handler);

  /// The handler goes on after it has returned, until handler_ended(): request and response are kept that long.
  void handler_goes_on() noexcept;
  void handler_ended(const std::exception_ptr& error);
  const asio::any_io_executor& executor() const noexcept;

  void retain() noexcept { ++references_; }
  void release() noexcept;

  std::size_t place = 0;  ///< in the server's list of open connections

 private:
  enum class phase : unsigned char { closed, reading, answering, lingering };

  /// Keeps the connection while the loop works for it.
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
    std::size_t taken = 0;  // of them, by the piece that was read last
    bool open = false;      // its end has not come yet
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
  byte_buffer out_;  // lent by the server while there is something in it
  message_reader reader_;
  answer answer_;
  response response_;  // what handlers get
  request_body body_;  // what handlers that stream get
  // There only where they have been used.
  std::unique_ptr<brood::detail::waiters<>> drained_;
  std::unique_ptr<incoming_body> incoming_;
  std::unique_ptr<outgoing_file> file_;  // leaves behind out_, and ends the answer

  std::uint64_t number_ = 0;  // of the current request; never again the same in this object's life
  std::size_t requests_ = 0;
  std::uint32_t references_ = 0;
  std::uint32_t copies_ = 0;  // of the response to the current request
  tick began_ = 0;            // when the current request, or the connection, did
  tick lingers_until_ = 0;
  phase phase_ = phase::closed;
  bool ended_ = false;       // the answer has, the handler may still be running
  bool in_handler_ = false;  // it has not returned, or goes on
  bool goes_on_ = false;     // it is a coroutine, and has not ended
  bool running_ = false;     // out_ is flushed further down the stack
  bool receiving_ = false;   // the loop will put bytes behind those of in_, or of a streamed body, which must not move
  bool blocked_ = false;     // waits for the peer to take what is in out_
  bool closing_ = false;     // after out_ has left
  bool more_input_ = false;  // the last read filled all the room it had
};

}  // namespace brood::http::detail
