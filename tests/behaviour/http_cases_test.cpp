// The table of conformance: bytes as they come in, bytes as they go out.
#include <gtest/gtest.h>

#include <string>

#include "http_peer.hpp"
#include "support/http_cases.hpp"

namespace brood_test {
namespace {

class http_bytes : public testing::TestWithParam<http_case> {};
INSTANTIATE_TEST_SUITE_P(http, http_bytes, testing::ValuesIn(http_cases()),
                         [](const auto& tested) { return test_name(tested.param); });

TEST_P(http_bytes, is_answered_with) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  peer client{server};
  client.send(GetParam().sent);
  if (GetParam().ends) client.half_close();
  EXPECT_EQ(client.rest(), GetParam().answered);
}

TEST_P(http_bytes, is_answered_the_same_byte_by_byte) {
  served server{[](const auto& request, auto& response) { echo(request, response); }};
  peer client{server};
  client.socket().set_option(asio::ip::tcp::no_delay(true));
  boost::system::error_code refused_meanwhile;
  for (const char& c : GetParam().sent) asio::write(client.socket(), asio::buffer(&c, 1), refused_meanwhile);
  if (GetParam().ends) client.socket().shutdown(asio::ip::tcp::socket::shutdown_send, refused_meanwhile);
  std::string answered = client.rest();
  // What comes when the server has closed already, after its last answer, meets a reset.
  if (answered.ends_with('!') && !GetParam().answered.ends_with('!')) answered.pop_back();
  EXPECT_EQ(without_continue(answered), without_continue(GetParam().answered));
}

}  // namespace
}  // namespace brood_test
