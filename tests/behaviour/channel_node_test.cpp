#include <gtest/gtest.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>

#include "support.hpp"

// What Node itself says to the less usual.

namespace {

using brood_test::actor;
using brood_test::loop;
namespace json = boost::json;
using asio_udp = boost::asio::ip::udp;

/// Sends one message to a Node child and gives its answer.
json::value answer_to(const json::value& question, brood::attachment handle = {}) {
  loop io;
  auto child = brood::fork(io, actor("node_odd_child.js"));
  json::value answer;
  child.messages.on([&](brood::message m) {
    answer = std::move(m.body);
    child.disconnect();
  });
  child.send(question, std::move(handle));
  io.run();
  EXPECT_FALSE(*child.disconnected.value()) << child.disconnected.value()->message();
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
  return answer;
}

/// What a Node child sends, sent back to it: its answer says whether it is what it has sent.
json::value echo_of_half_a_pair(brood::serialization form) {
  loop io;
  auto child = brood::fork(io, actor("node_odd_child.js"), {}, {.serialization = form});
  std::vector<json::value> heard;
  child.messages.on([&](const brood::message& m) {
    heard.push_back(m.body);
    if (heard.size() == 2) return child.disconnect();
    EXPECT_EQ(m.body, json::value({{"text", "a\xed\xa0\xbd"}, {"\xed\xb8\x80", "\U0001f600"}}));
    EXPECT_EQ(m.content(), brood::from_json(m.body));
    child.send(m.body);
  });
  child.send("half a pair");
  io.run();
  return heard.size() == 2 ? heard.back() : json::value();
}

TEST(node, gets_half_a_surrogate_pair_back_as_it_sent_it) {
  EXPECT_EQ(echo_of_half_a_pair(brood::serialization::json), "the same");
  EXPECT_EQ(echo_of_half_a_pair(brood::serialization::advanced), "the same");
}

TEST(node, may_send_values_nested_deeply) {
  const json::value answer = answer_to("deep");
  int depth = 0;
  for (const json::value* at = &answer; at->is_array(); at = &at->get_array().front()) ++depth;
  EXPECT_EQ(depth, 2900);
}

TEST(node, takes_datagram_sockets_of_both_internets) {
  for (const auto& local : {asio_udp::endpoint(boost::asio::ip::address_v4::loopback(), 0),
                            asio_udp::endpoint(boost::asio::ip::address_v6::loopback(), 0)}) {
    loop io;
    asio_udp::socket socket(io);
    brood::error_code ec;
    socket.open(local.protocol(), ec);
    if (!ec) socket.bind(local, ec);
    if (ec) continue;  // no IPv6 here
    const auto bound = socket.local_endpoint();
    const auto answer = answer_to("socket", {brood::attachment::kind::datagram, brood::unique_fd(socket.release())});
    EXPECT_EQ(answer, json::value({{"address", bound.address().to_string()},
                                   {"port", bound.port()},
                                   {"type", local.protocol() == asio_udp::v6() ? "udp6" : "udp4"}}));
  }
}

}  // namespace
