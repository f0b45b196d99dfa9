#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brood/http/client.hpp"
#include "http/client_stream.hpp"
#include "http/url.hpp"

namespace brood::http::detail {

namespace asio = boost::asio;

/// One request of a client and its response. Its operations keep it alive until it is done.
///
///     resolve --> connect, address after address --> (TLS) --> write, and read at the same time --> done
///
/// It ends with the first of response, error, time-out and cancellation; the others have no effect then.
class client_exchange : public std::enable_shared_from_this<client_exchange> {
 public:
  /// Throws std::invalid_argument as client documents.
  client_exchange(const asio::any_io_executor& ex, const client_options& options, client_request request);

  void start();
  void wait(brood::detail::waiters<client_response>::handler handler);

 private:
  using error_code = boost::system::error_code;
  using tcp = asio::ip::tcp;
  using parser = boost::beast::http::response_parser<boost::beast::http::string_body>;

  void resolve();
  void connect(std::size_t which);
  void connected();
  void secure();
  void exchange();
  void write();
  void read();
  void read_message();
  void answered();
  void expire_at(asio::steady_timer::time_point when);
  void end(error_code ec);

  client_options options_;
  url url_;
  std::string head_;
  std::string body_;
  bool head_only_;  // the response to HEAD has the length of a body that is not sent

  asio::steady_timer::time_point began_;
  asio::steady_timer timer_;
  tcp::resolver resolver_;
  client_stream stream_;
  std::vector<tcp::endpoint> endpoints_;
  boost::beast::flat_buffer buffer_;
  std::optional<parser> parser_;

  bool done_ = false;
  error_code error_;
  client_response response_;
  brood::detail::waiters<client_response> waiters_;
};

}  // namespace brood::http::detail
