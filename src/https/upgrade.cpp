#include "brood/https/upgrade.hpp"

#include <boost/system/system_error.hpp>
#include <utility>

#include "https/session.hpp"

namespace brood::https {

upgraded upgrade(http::response& response) {
  auto left = http::detail::depart(response);
  // There is no other type of channel.
  auto& channel = static_cast<detail::session&>(*left.channel);
  auto& plain = left.connection;
  plain.received += channel.take_rest();
  // The stream gives OpenSSL its own BIO, so the old one and its target are not used any more.
  auto ssl = channel.release();
  boost::asio::ssl::stream<boost::asio::ip::tcp::socket> stream{std::move(plain.socket), ssl.release()};
  return {.stream = std::move(stream), .received = std::move(plain.received), .head_size = plain.head_size};
}

}  // namespace brood::https
