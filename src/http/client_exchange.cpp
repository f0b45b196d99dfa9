#include "http/client_exchange.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/write.hpp>
#include <boost/beast/http/read.hpp>
#include <cstring>
#include <stdexcept>

#include "brood/detail/time_limit.hpp"
#include "http/text.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

using http_error = boost::beast::http::error;

// The shortest status line that is accepted.
constexpr std::string_view bare_status_line = "HTTP/1.1 200";
// The size of the read that receives the status line.
constexpr std::size_t first_read = 4 * 1024;

/// Adds the space after the status code if it is missing. RFC 9112, 4 requires it even without a reason phrase, but
/// some servers omit it, and llhttp and curl accept that. Beast's parser does not. `buffer` must be longer than
/// bare_status_line.
void complete_status_line(boost::beast::flat_buffer& buffer) {
  const auto end = bare_status_line.size();
  const auto size = buffer.size();
  if (static_cast<const char*>(buffer.cdata().data())[end] != '\r') return;
  buffer.prepare(1);
  buffer.commit(1);
  auto* text = static_cast<char*>(buffer.data().data());
  std::memmove(text + end + 1, text + end, size - end);
  text[end] = ' ';
}

void check(const client_field& field) {
  if (!is_token(field.name)) throw std::invalid_argument("http: invalid header name: " + field.name);
  if (!is_field_value(field.value)) throw std::invalid_argument("http: invalid value of header " + field.name);
  for (std::string_view own : {"Connection", "Content-Length", "Transfer-Encoding"}) {
    if (same_name(field.name, own)) throw std::invalid_argument("http: " + field.name + " is written by the client");
  }
}

std::string write_head(const client_request& request, const url& to) {
  if (!is_token(request.method)) throw std::invalid_argument("http: invalid method: " + request.method);
  std::string head = request.method + ' ' + to.target + " HTTP/1.1\r\n";
  bool named = false;
  for (const auto& field : request.headers) {
    check(field);
    named = named || same_name(field.name, "Host");
    head.append(field.name).append(": ").append(field.value).append("\r\n");
  }
  if (!named) head.append("Host: ").append(to.authority).append("\r\n");
  // RFC 9110, 8.6: a method that may have a body announces an empty one; others send no Content-Length.
  const bool may_have_body = request.method == "POST" || request.method == "PUT" || request.method == "PATCH";
  if (may_have_body || !request.body.empty()) {
    head.append("Content-Length: ").append(std::to_string(request.body.size())).append("\r\n");
  }
  return head.append("Connection: close\r\n\r\n");
}

}  // namespace

client_exchange::client_exchange(const asio::any_io_executor& ex, const client_options& options, client_request request)
    : options_(options),
      url_(parse_url(request.url)),
      head_(write_head(request, url_)),
      body_(std::move(request.body)),
      head_only_(request.method == "HEAD"),
      began_(asio::steady_timer::clock_type::now()),
      timer_(ex),
      resolver_(ex),
      stream_(ex),
      waiters_(ex) {
  if (url_.secure && !options_.tls) throw std::invalid_argument("http: " + request.url + " needs client_options::tls");
}

void client_exchange::start() {
  auto limit = options_.timeout;
  const bool sooner = options_.connect_timeout.count() > 0 && (limit.count() == 0 || options_.connect_timeout < limit);
  if (sooner) limit = options_.connect_timeout;
  if (limit.count() > 0) expire_at(began_ + brood::detail::countable(limit));
  resolve();
}

void client_exchange::wait(brood::detail::waiters<client_response>::handler handler) {
  if (done_) return waiters_.post(std::move(handler), error_, response_);
  waiters_.add(std::move(handler), [this](asio::cancellation_type) {
    if (waiters_.empty()) end(asio::error::operation_aborted);
  });
}

/// A numeric address needs no resolver, which uses a thread.
void client_exchange::resolve() {
  error_code not_numeric;
  const auto address = asio::ip::make_address(url_.host, not_numeric);
  if (!not_numeric) {
    endpoints_.emplace_back(address, url_.port);
    return connect(0);
  }
  resolver_.async_resolve(url_.host, std::to_string(url_.port), tcp::resolver::numeric_service,
                          [self = shared_from_this()](error_code ec, const tcp::resolver::results_type& found) {
                            if (self->done_) return;
                            if (ec) return self->end(ec);
                            for (const auto& entry : found) self->endpoints_.push_back(entry.endpoint());
                            self->connect(0);
                          });
}

void client_exchange::connect(std::size_t which) {
  stream_.socket().async_connect(endpoints_[which], [self = shared_from_this(), which](error_code ec) {
    if (self->done_) return;
    if (!ec) return self->connected();
    if (which + 1 == self->endpoints_.size()) return self->end(ec);
    error_code ignored;
    self->stream_.socket().close(ignored);
    self->connect(which + 1);
  });
}

void client_exchange::connected() {
  error_code ignored;
  stream_.socket().set_option(tcp::no_delay(true), ignored);
  if (url_.secure) return secure();
  exchange();
}

/// Part of connecting: connect_timeout includes the handshake.
void client_exchange::secure() {
  auto channel = options_.tls->connect(stream_.socket().native_handle(), url_.host);
  stream_.async_secure(std::move(channel), [self = shared_from_this()](error_code ec) {
    if (self->done_) return;
    if (ec) return self->end(ec);
    self->exchange();
  });
}

void client_exchange::exchange() {
  if (options_.timeout.count() > 0) {
    expire_at(began_ + brood::detail::countable(options_.timeout));
  } else {
    timer_.cancel();
  }
  write();
  read();
}

/// A server that refuses a long request responds before it has read it, and closes. So the response is read meanwhile,
/// and write errors are ignored: a connection that accepts no data has an end to read.
void client_exchange::write() {
  const std::array<asio::const_buffer, 2> parts{asio::buffer(head_), asio::buffer(body_)};
  asio::async_write(stream_, parts, [self = shared_from_this()](error_code, std::size_t) {});
}

/// Waits until complete_status_line() has enough of the status line.
void client_exchange::read() {
  if (buffer_.size() > bare_status_line.size()) return read_message();
  const auto room = buffer_.prepare(first_read);
  stream_.async_read_some(room, [self = shared_from_this()](error_code ec, std::size_t size) {
    if (self->done_) return;
    self->buffer_.commit(size);
    // The parser cannot detect this, and Asio would wait for ever if it read again after the end.
    if (ec == asio::error::eof)
      ec = self->buffer_.size() == 0 ? http_error::end_of_stream : http_error::partial_message;
    if (ec) return self->end(ec);
    self->read();
  });
}

void client_exchange::read_message() {
  complete_status_line(buffer_);
  parser_.emplace();
  parser_->header_limit(static_cast<std::uint32_t>(std::min<std::size_t>(options_.max_header_size, UINT32_MAX)));
  parser_->body_limit(options_.max_body_size);
  parser_->skip(head_only_);
  boost::beast::http::async_read(stream_, buffer_, *parser_, [self = shared_from_this()](error_code ec, std::size_t) {
    if (self->done_) return;
    if (ec) return self->end(ec);
    self->answered();
  });
}

void client_exchange::answered() {
  auto message = parser_->release();
  // RFC 9110, 15.2: any number of interim responses may precede the final one. 101 is final here, because the client
  // never asks to switch protocols.
  if (message.result_int() < 200 && message.result_int() != 101) return read();
  response_.status = static_cast<int>(message.result_int());
  for (const auto& field : message) {
    response_.headers.push_back({std::string(field.name_string()), std::string(field.value())});
  }
  response_.body = std::move(message.body());
  end({});
}

void client_exchange::expire_at(asio::steady_timer::time_point when) {
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this()](error_code ec) {
    const auto self = weak.lock();
    if (self && !ec) self->end(asio::error::timed_out);
  });
}

void client_exchange::end(error_code ec) {
  if (std::exchange(done_, true)) return;
  error_ = ec;
  stream_.close(!ec);
  resolver_.cancel();
  timer_.cancel();
  while (!waiters_.empty()) waiters_.complete_one(error_, response_);
}

}  // namespace brood::http::detail
