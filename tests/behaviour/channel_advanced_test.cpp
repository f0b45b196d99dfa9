#include <gtest/gtest.h>

#include <boost/asio/connect.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <cmath>

#include "support.hpp"
#include "support/deep_calls.hpp"

// The advanced serialization, with real Node at the other end and with brood.

namespace {

namespace js = brood::js;
namespace json = boost::json;
namespace asio = brood_test::asio;
using asio::buffer;
using asio::ip::tcp;
using brood::attachment;
using brood::message;
using brood::value;
using brood_test::actor;
using brood_test::loop;
using element = js::typed_array::element;

brood::fork_options advanced() {
  brood::fork_options options;
  options.serialization = brood::serialization::advanced;
  return options;
}

value cycle() {
  value top = js::object{{"name", "cyclic"}};
  top.get_if<js::object>()->add("inner", js::map{{"up", value::link(top)}});
  return top;
}

value sharing() {
  const value o = js::object{{"shared", true}};
  return js::object{{"p", o}, {"q", js::array{o, o}}};
}

value failure() {
  js::error made("no", js::error::prototype::range);
  made.stack = "RangeError: no\n    at nowhere";
  made.cause = js::object{{"code", 5}};
  return made;
}

value far() {
  js::array made{1, value::hole(), 3};
  made.add(1'000'000, "far");
  made.properties["name"] = "value";
  return made;
}

std::vector<value> all_kinds() {
  const auto lowest = std::numeric_limits<std::int64_t>::min();
  return {nullptr,
          true,
          -0.0,
          std::nan(""),
          2147483648.0,
          js::array{js::bigint(lowest)},  // Node's send() takes none by itself
          "",
          "caf\u00e9",
          "\u20ac \U0001f600",
          "half \xed\xa0\xbd",
          js::object{{"a", value()}, {"7", "seven"}},
          js::array{value(), value::hole(), nullptr},
          far(),
          js::map{{1, js::set{"x"}}, {js::object{}, js::array{}}},
          js::date(1700000000123),
          js::regexp("a+", js::regexp::global | js::regexp::unicode),
          js::array{js::boxed(3), js::boxed("s"), js::boxed(false), js::boxed(js::bigint(7))},
          js::array_buffer("bytes"),
          js::buffer("bytes"),
          js::typed_array(element::float64, std::string(16, '\x01')),
          js::typed_array(element::data_view, "abc"),
          sharing(),
          cycle(),
          js::buffer(std::string(300'000, 'x'))};
}

class a_child_in_advanced : public testing::TestWithParam<const char*> {};

TEST_P(a_child_in_advanced, sends_back_every_kind_of_value) {
  loop io;
  auto child = brood::fork(io, actor(GetParam()), {}, advanced());
  const auto values = all_kinds();
  std::size_t heard = 0;
  child.messages.on([&](const message& m) {
    ASSERT_LT(heard, values.size());
    EXPECT_TRUE(m.content() == values[heard]) << heard;
    if (++heard == values.size()) child.send({{"op", "disconnect"}});
  });
  for (const auto& one : values) child.send(one);
  io.run();
  EXPECT_EQ(heard, values.size());
  EXPECT_FALSE(*child.disconnected.value()) << child.disconnected.value()->message();
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
}

TEST_P(a_child_in_advanced, takes_json_as_before) {
  loop io;
  auto child = brood::fork(io, actor(GetParam()), {}, advanced());
  const std::vector<json::value> values = {
      {{"op", "x"}, {"list", {1, 2.5, "caf\u00e9", nullptr}}}, 7, "text", 12345678901LL, json::array(), -1.5};
  std::vector<json::value> heard;
  child.messages.on([&](const message& m) {
    EXPECT_FALSE(m.rich);
    heard.push_back(m.body);
    if (heard.size() == values.size()) child.send({{"op", "disconnect"}});
  });
  for (const auto& one : values) child.send(one);
  io.run();
  EXPECT_EQ(heard, values);
}

TEST_P(a_child_in_advanced, may_nest_values_deeply) {
  loop io;
  auto child = brood::fork(io, actor(GetParam()), {}, advanced());
  value deep = 1;
  for (int i = 0; i < 1500; ++i) deep = js::array{deep};
  bool same = false;
  child.messages.on([&](const message& m) {
    same = m.content() == deep;
    child.send({{"op", "disconnect"}});
  });
  child.send(deep);
  io.run();
  EXPECT_TRUE(same);
}

INSTANTIATE_TEST_SUITE_P(of, a_child_in_advanced, testing::Values("rich_child", "node_rich_child.js"),
                         [](const auto& one) { return std::string(one.index == 0 ? "brood" : "node"); });

TEST(advanced, node_takes_each_value_for_what_it_is) {
  loop io;
  auto child = brood::fork(io, actor("node_rich_child.js"), {}, advanced());
  const value o = js::object{};
  value question = js::object{{"op", "describe"}};
  auto& members = *question.get_if<js::object>();
  members["self"] = value::link(question);
  members["values"] = js::array{o,
                                o,
                                failure(),
                                js::map{},
                                js::set{},
                                js::date(0),
                                js::regexp("x"),
                                js::buffer("b"),
                                js::typed_array(element::uint8, "b"),
                                js::typed_array(element::bigint64),
                                js::bigint(1),
                                value(),
                                nullptr,
                                js::boxed(true),
                                js::array_buffer("x")};
  json::value answer;
  child.messages.on([&](const message& m) {
    answer = m.body;
    child.send({{"op", "disconnect"}});
  });
  child.send(question);
  io.run();
  EXPECT_EQ(answer, json::value({{"tags",
                                  {"Object", "Object", "Error", "Map", "Set", "Date", "RegExp", "Buffer", "Uint8Array",
                                   "BigInt64Array", "BigInt", "Undefined", "Null", "Boolean", "ArrayBuffer"}},
                                 {"same", true},
                                 {"cycle", true}}));
}

TEST(advanced, an_error_of_node_comes_with_its_parts) {
  loop io;
  auto child = brood::fork(io, actor("node_rich_child.js"), {}, advanced());
  value back;
  child.messages.on([&](const message& m) {
    back = m.content();
    child.send({{"op", "disconnect"}});
  });
  child.send(failure());
  io.run();
  EXPECT_TRUE(back == failure());
}

TEST(advanced, what_json_can_hold_of_a_message_is_its_body) {
  loop io;
  auto child = brood::fork(io, actor("rich_child"), {}, advanced());
  std::vector<json::value> bodies;
  std::vector<bool> rich;
  child.messages.on([&](const message& m) {
    bodies.push_back(m.body);
    rich.push_back(m.rich.has_value());
    if (bodies.size() == 3) child.send({{"op", "disconnect"}});
  });
  child.send(js::object{{"op", "store"}, {"data", js::buffer("x")}, {"gone", value()}});
  child.send(js::object{{"op", "plain"}});
  child.send(js::date(0));
  io.run();
  EXPECT_EQ(bodies, (std::vector<json::value>{
                        {{"op", "store"}, {"data", nullptr}}, {{"op", "plain"}}, "1970-01-01T00:00:00.000Z"}));
  EXPECT_EQ(rich, (std::vector<bool>{true, false, true}));
}

// ---- descriptors

/// Two ends of a TCP connection.
std::pair<tcp::socket, tcp::socket> connection(loop& io) {
  tcp::acceptor acceptor(io, {asio::ip::address_v4::loopback(), 0});
  tcp::socket client(io);
  client.connect(acceptor.local_endpoint());
  return {std::move(client), acceptor.accept()};
}

TEST(advanced, a_socket_goes_to_node_with_a_value) {
  loop io;
  auto child = brood::fork(io, actor("node_rich_child.js"), {}, advanced());
  auto [client, server] = connection(io);
  child.send(js::object{{"op", "socket"}, {"when", js::date(0)}},
             {attachment::kind::socket, brood::unique_fd(server.release())});
  child.send("after");
  asio::write(client, buffer("hi", 2));
  std::string text;
  bool after = false;
  asio::async_read(client, asio::dynamic_buffer(text), [&, &client = client](brood::error_code ec, std::size_t) {
    EXPECT_EQ(ec, asio::error::eof);
    client.close();
    child.send({{"op", "disconnect"}});
  });
  child.messages.on([&](const message& m) { after = m.body == "after"; });
  io.run();
  EXPECT_EQ(text, "1970-01-01T00:00:00.000Z hi");
  EXPECT_TRUE(after);
}

TEST(advanced, a_server_comes_from_node_with_a_value) {
  loop io;
  auto child = brood::fork(io, actor("node_rich_child.js"), {}, advanced());
  bool served = false;
  std::optional<tcp::acceptor> acceptor;
  tcp::socket client(io);
  child.messages.on([&](message m) {
    EXPECT_EQ(m.handle.type(), attachment::kind::server);
    ASSERT_TRUE(m.rich);
    const auto port = *m.rich->get_if<js::map>()->entries.at(0).second.get_if<double>();
    acceptor.emplace(io, tcp::v4(), m.handle.release().release());
    acceptor->async_accept([&](brood::error_code ec, const tcp::socket&) {
      EXPECT_FALSE(ec);
      served = true;
      acceptor.reset();
      child.send({{"op", "disconnect"}});
    });
    client.async_connect({asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(port)},
                         [](brood::error_code ec) { EXPECT_FALSE(ec); });
  });
  child.send({{"op", "server"}});
  io.run();
  EXPECT_TRUE(served);
  EXPECT_FALSE(*child.disconnected.value());
}

TEST(advanced, descriptors_go_there_and_back_between_broods) {
  loop io;
  auto child = brood::fork(io, actor("rich_child"), {}, advanced());
  const auto before = brood_test::open_descriptors();
  int back = 0;
  child.messages.on([&](message m) {
    EXPECT_EQ(m.handle.type(), attachment::kind::socket);
    EXPECT_TRUE(*m.content().find("n") == back);
    if (++back == 50) child.send({{"op", "disconnect"}});
  });
  for (int i = 0; i < 50; ++i) {
    auto [client, server] = connection(io);
    child.send(js::object{{"n", i}, {"none", value()}}, {attachment::kind::socket, brood::unique_fd(server.release())});
  }
  io.run();
  EXPECT_EQ(back, 50);
  EXPECT_LE(brood_test::open_descriptors(), before);
}

TEST(advanced, node_can_be_the_parent) {
  loop io;
  std::string text;
  auto node = brood::spawn(io, "node", {actor("node_rich_parent.js"), actor("rich_child")});
  node.out().on_data([&](std::string_view data) { text += data; });
  std::string errors;
  node.err().on_data([&](std::string_view data) { errors += data; });
  io.run();
  EXPECT_EQ(text, "socket true true\ndisconnect true\nexit 0 null\n") << errors;
}

// ---- a value on a channel in json

value ring() {
  value top = js::object{};
  top.get_if<js::object>()->add("self", value::link(top));
  return top;
}

TEST(json_channel, sends_of_a_value_what_stringify_makes_of_it) {
  loop io;
  auto child = brood::fork(io, actor("node_rich_child.js"));
  std::vector<json::value> heard;
  child.messages.on([&](const message& m) {
    EXPECT_FALSE(m.rich);
    heard.push_back(m.body);
    if (heard.size() == 3) child.send({{"op", "disconnect"}});
  });
  child.send(js::buffer("hi"));
  child.send(js::object{{"map", js::map{{1, 2}}}, {"gone", value()}, {"when", js::date(0)}});
  EXPECT_THROW(child.send(ring()), boost::system::system_error);
  EXPECT_THROW(child.send(value()), boost::system::system_error);
  try {
    child.send(value(js::bigint(1)));
  } catch (const boost::system::system_error& e) {
    EXPECT_EQ(e.code(), brood::errc::not_serializable);
  }
  child.send(value("text"));
  io.run();
  EXPECT_EQ(heard, (std::vector<json::value>{{{"type", "Buffer"}, {"data", {104, 105}}},
                                             {{"map", json::object()}, {"when", "1970-01-01T00:00:00.000Z"}},
                                             "text"}));
  EXPECT_FALSE(child.send(ring())) << "closed: nothing is sent, so nothing is wrong with it";
}

/// The peer would end the channel over it.
TEST(advanced, what_javascript_has_no_value_for_is_refused_to_its_sender) {
  loop io;
  auto child = brood::fork(io, actor("rich_child"), {}, advanced());
  for (const value& odd :
       {value(js::typed_array(element::float64, "abc")), value(js::typed_array(element(77), "abc")),
        value(js::regexp("a", 0xffff)), value(js::regexp("a", js::regexp::unicode | js::regexp::unicode_sets))}) {
    EXPECT_THROW(child.send(js::array{odd}), boost::system::system_error);
  }
  std::vector<json::value> heard;
  child.messages.on([&](const message& m) {
    heard.push_back(m.body);
    child.send({{"op", "disconnect"}});
  });
  child.send("next");
  io.run();
  EXPECT_EQ(heard, std::vector<json::value>{"next"});
}

TEST(advanced, what_is_too_deep_is_refused_to_its_sender) {
  if (!brood_test::deep_calls) GTEST_SKIP();
  loop io;
  auto child = brood::fork(io, actor("rich_child"), {}, advanced());
  value deep = 1;
  json::value deep_json = 1;
  for (int i = 0; i < 3001; ++i) {
    deep = js::array{deep};
    json::array around;
    around.push_back(std::move(deep_json));
    deep_json = std::move(around);
  }
  EXPECT_THROW(child.send(deep), boost::system::system_error);
  EXPECT_THROW(child.send(deep_json), boost::system::system_error);
  int heard = 0;
  child.messages.on([&](const message& m) {
    EXPECT_EQ(m.body, "next");
    ++heard;
    child.send({{"op", "disconnect"}});
  });
  child.send("next");
  io.run();
  EXPECT_EQ(heard, 1);
}

}  // namespace
