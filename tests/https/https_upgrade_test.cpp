// Connections that leave HTTPS for another protocol.
#include <gtest/gtest.h>

#include <list>
#include <string>

#include "https/tls_peer.hpp"

namespace brood_test {
namespace {

namespace https = brood::https;

const std::string asked = "GET /u HTTP/1.1\r\nHost: h\r\nConnection: upgrade\r\nUpgrade: shout\r\n\r\n";
const std::string switched = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: shout\r\n\r\n";

class https_upgrade : public testing::TestWithParam<int> {
 protected:
  peer_context context{GetParam()};
};
INSTANTIATE_TEST_SUITE_P(versions, https_upgrade, testing::Values(TLS1_2_VERSION, TLS1_3_VERSION),
                         [](const auto& one) { return one.param == TLS1_3_VERSION ? "tls13" : "tls12"; });

TEST_P(https_upgrade, hands_over_the_stream_and_what_was_read) {
  std::list<https::upgraded> taken;
  served_securely server{[&](const auto& request, auto& response) {
    if (request.upgrade() != "shout") return echo(request, response);
    auto& it = taken.emplace_back(https::upgrade(response));
    EXPECT_FALSE(response.open());
    asio::write(it.stream, asio::buffer(switched));
  }};
  tls_peer client{context, server.where()};
  // In one record with the request, and in records that come with it: nothing of either may be lost.
  asio::ip::tcp::socket& socket = client.socket();
  socket.set_option(asio::ip::tcp::no_delay(false));
  client.send(get("/1") + asked + "early");
  client.send("and ");
  client.send("later");
  EXPECT_EQ(client.until("\r\n\r\n/1 "), ok("/1 "));
  EXPECT_EQ(client.until("\r\n\r\n"), switched);
  const auto said = server->on_loop([&] {
    auto& it = taken.front();
    std::string text(it.rest());
    const std::string all = "earlyand later";
    const auto missing = all.size() - text.size();
    std::string more(missing, '\0');
    asio::read(it.stream, asio::buffer(more));
    EXPECT_EQ(it.received.substr(0, it.head_size), asked);
    return text + more;
  });
  EXPECT_EQ(said, "earlyand later");
  EXPECT_EQ(server->statistics().connections, 0U);
  // The stream outlives the server.
  server->close().get();
  server->drop();
  server->on_loop([&] { return asio::write(taken.front().stream, asio::buffer("still here", 10)); });
  EXPECT_EQ(client.until("here"), "still here");
  client.notify();
  server->on_loop([&] {
    boost::system::error_code ec;
    taken.front().stream.shutdown(ec);
    return 0;
  });
  EXPECT_EQ(client.rest(), "");
  server->on_loop([&] { return taken.clear(), 0; });
}

TEST(https_upgrade_once, is_not_mixed_up_with_the_plain_one) {
  std::list<boost::system::error_code> why;
  const auto tries = [&](auto upgrade) {
    return [&why, upgrade](const auto&, auto& response) {
      try {
        const auto never = upgrade(response);
        ADD_FAILURE();
      } catch (const boost::system::system_error& error) {
        why.push_back(error.code());
      }
      response.end("as before");
    };
  };
  served_securely secure{tries([](auto& response) { return response.upgrade(); })};
  peer_context context;
  tls_peer client{context, secure.where()};
  client.send(asked);
  EXPECT_EQ(client.until("before"), ok("as before"));
  served plain{tries([](auto& response) { return https::upgrade(response); })};
  EXPECT_EQ(peer{plain}.talk(asked), ok("as before"));
  secure->drop();
  plain.drop();
  EXPECT_EQ(why, (std::list<boost::system::error_code>(2, asio::error::operation_not_supported)));
}

}  // namespace
}  // namespace brood_test
