// The state machine of a connection, with its input and its output cut at each byte.
#include <gtest/gtest.h>

#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "behaviour/http_peer.hpp"
#include "support/http_cases.hpp"
#include "unit/http/cut_channel.hpp"

namespace brood_test {
namespace {

/// Where to cut: each byte of what is short; of what is long its ends, and some in between.
std::vector<std::size_t> places(std::size_t size) {
  constexpr std::size_t ends = 200;
  constexpr std::size_t stride = 499;
  std::vector<std::size_t> result;
  for (std::size_t at = 0; at < size; ++at) {
    if (at < ends || at + ends > size || at % stride == 0) result.push_back(at);
  }
  return result;
}

class a_connection : public testing::TestWithParam<http_case> {
 protected:
  explicit a_connection(http::handler handler = [](const http::request& request,
                                                   http::response& response) { echo(request, response); })
      : server_(std::move(handler), with(channels_)) {}

  std::string answer_with(cut where) {
    channels_->next = where;  // the server's thread looks at it when it has accepted
    peer client{server_};
    client.send(GetParam().sent);
    if (GetParam().ends) client.half_close();
    return client.rest();
  }

  /// `input`: of what it gets; else of what it sends.
  void expect_the_same_at_every_cut(bool input) {
    for (const auto at : places(input ? GetParam().sent.size() : GetParam().answered.size() + 37)) {
      const auto answer = answer_with(input ? cut{.received = at, .sent = at % 50} : cut{.received = 0, .sent = at});
      ASSERT_EQ(without_continue(answer), without_continue(GetParam().answered)) << "cut at " << at;
    }
  }

 private:
  static http::server_options with(const std::shared_ptr<cutting>& channels) {
    http::server_options options;
    options.tls = channels;
    return options;
  }

  std::shared_ptr<cutting> channels_ = std::make_shared<cutting>();
  served server_;
};

class a_connection_that_streams : public a_connection {
 protected:
  /// Reads the body itself.
  a_connection_that_streams()
      : a_connection([](const http::request& request, http::request_body& body,
                        http::response& response) -> asio::awaitable<void> {
          std::string text = std::string(request.target()) + ' ';
          for (;;) {
            boost::system::error_code ec;
            const auto piece = co_await body.async_read(asio::redirect_error(asio::use_awaitable, ec));
            if (ec) co_return;
            if (piece.empty()) break;
            text += piece;
          }
          response.end(text);
        }) {}
};

const auto name_of = [](const auto& tested) { return test_name(tested.param); };
INSTANTIATE_TEST_SUITE_P(http, a_connection, testing::ValuesIn(http_cases()), name_of);
INSTANTIATE_TEST_SUITE_P(http, a_connection_that_streams, testing::ValuesIn(http_cases()), name_of);

TEST_P(a_connection, answers_the_same_wherever_its_input_is_cut) { expect_the_same_at_every_cut(true); }
TEST_P(a_connection, answers_the_same_wherever_its_output_is_cut) { expect_the_same_at_every_cut(false); }
TEST_P(a_connection_that_streams, answers_the_same_wherever_its_input_is_cut) { expect_the_same_at_every_cut(true); }

}  // namespace
}  // namespace brood_test
