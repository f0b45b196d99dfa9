#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <brood/channel.hpp>
#include <brood/child_process.hpp>
#include <optional>

#include "support.hpp"

namespace {

using brood_test::actor;
using brood_test::loop;
namespace json = boost::json;

class fork_with_each_kind_of_child : public testing::TestWithParam<const char*> {
 protected:
  brood::child_process start(loop& io) { return brood::fork(io, actor(GetParam())); }
};

TEST_P(fork_with_each_kind_of_child, carries_messages_both_ways) {
  loop io;
  auto child = start(io);
  EXPECT_TRUE(child.connected());
  const json::value sent = {{"text", "caf\u00e9 \u20ac\n"}, {"list", {1, 2.5, nullptr, true}}};
  std::vector<json::value> received;
  child.messages.on([&](brood::message m) {
    received.push_back(std::move(m.body));
    child.send({{"op", "disconnect"}});
  });
  EXPECT_TRUE(child.send(sent));
  io.run();
  ASSERT_EQ(received.size(), 1U);
  EXPECT_EQ(received[0], json::value({{"echo", sent}}));
  EXPECT_TRUE(child.disconnected.happened());
  EXPECT_FALSE(child.connected());
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
  EXPECT_TRUE(child.closed.happened());
}

TEST_P(fork_with_each_kind_of_child, delivers_all_that_was_sent_before_the_exit) {
  loop io;
  auto child = start(io);
  std::int64_t expected = 0;
  child.messages.on([&](brood::message m) {
    EXPECT_FALSE(child.exited.happened());
    EXPECT_EQ(m.body.at("n").as_int64(), expected++);
    if (expected == 20'000) child.disconnect();
  });
  child.send({{"op", "burst"}, {"count", 20'000}});
  io.run();
  EXPECT_EQ(expected, 20'000);
}

/// Large ones go through memory that both have mapped, as far as there is room.
TEST(fork, carries_large_messages_both_ways) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  json::array numbers;
  for (int i = 0; i < 50'000; ++i) numbers.emplace_back(i + 0.5);
  std::vector<json::value> sent;
  for (const std::size_t size : {0UL, 131'072UL, 3'000'000UL, 10'000'000UL, 10UL, 5'000'000UL}) {
    sent.push_back({{"text", std::string(size, 'x') + "\n\"\u00e9"}, {"numbers", numbers}, {"last", size}});
  }
  std::size_t next = 0;
  child.messages.on([&](const brood::message& m) {
    EXPECT_TRUE(m.body.at("echo") == sent[next]) << next;
    if (++next == sent.size()) return child.disconnect();
    child.send(sent[next]);
  });
  child.send(sent[0]);
  io.run();
  EXPECT_EQ(next, sent.size());
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
}

TEST(fork, delivers_large_messages_that_were_sent_before_the_exit) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  const json::array sizes{200'000, 200'000, 3'000'000, 1, 9'000'000, 200'000};
  json::array heard;
  child.messages.on([&](const brood::message& m) {
    EXPECT_FALSE(child.exited.happened());
    if (const auto* size = m.body.get_object().if_contains("size")) {
      heard.push_back(*size);
      EXPECT_EQ(static_cast<std::int64_t>(m.body.at("text").as_string().size()), size->as_int64());
    } else {
      child.send({{"op", "large"}, {"sizes", sizes}});
    }
  });
  child.send("begin");
  io.run();
  EXPECT_EQ(heard, sizes);
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
}

/// Whatever it waits for: room in the socket, in the memory, or that there be any.
TEST(fork, hears_what_a_child_sent_that_does_nothing_else) {
  for (const std::string how : {"send", "disconnect", "async_send"}) {
    for (const std::size_t size : {50'000UL, 500'000UL, 2'000'000UL, 9'000'000UL}) {
      loop io;
      auto child = brood::fork(io, actor("large_sender"), {"once", std::to_string(size), how});
      std::size_t heard = 0;
      child.messages.on([&](const brood::message& m) { heard += m.body.as_string().size(); });
      io.run();
      EXPECT_EQ(heard, size) << how;
      EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0)) << how << ' ' << size;
    }
  }
}

/// Its inbox is full, so that its channel does not read, until an answer has left: that must not wait to be read for.
TEST(fork, with_a_child_that_answers_one_after_the_other_does_not_come_to_a_halt) {
  for (const std::size_t size : {50'000UL, 2'000'000UL, 9'000'000UL}) {
    loop io;
    auto child = brood::fork(io, actor("large_sender"), {"each", std::to_string(size), ""});
    constexpr std::size_t requests = 1300;  // more than an inbox holds
    constexpr std::size_t enough = 20;
    std::size_t answers = 0;
    child.messages.on([&](const brood::message&) {
      if (++answers == enough) child.kill(SIGKILL);
    });
    for (std::size_t i = 0; i < requests; ++i) child.send(json::value(i));
    io.run();
    EXPECT_GE(answers, enough);
  }
}

TEST_P(fork_with_each_kind_of_child, disconnect_in_the_parent_ends_the_child) {
  loop io;
  auto child = start(io);
  std::vector<std::string> order;
  child.disconnected.on([&](brood::error_code why) {
    EXPECT_FALSE(why);
    order.push_back("disconnected");
  });
  child.exited.on([&](brood::exit_status status) {
    EXPECT_EQ(status, brood::exit_status::exited(0));
    order.push_back("exited");
  });
  child.closed.on([&](brood::exit_status) { order.push_back("closed"); });
  child.disconnect();
  EXPECT_FALSE(child.connected());
  EXPECT_FALSE(child.send("too late"));
  EXPECT_TRUE(order.empty()) << "no listener is called from inside disconnect()";
  io.run();
  EXPECT_EQ(order, (std::vector<std::string>{"disconnected", "exited", "closed"}));
}

INSTANTIATE_TEST_SUITE_P(child, fork_with_each_kind_of_child, testing::Values("channel_child", "node_child.js"),
                         [](const auto& one) {
                           return std::string(one.param).substr(0, 4) == "node" ? "node" : "brood";
                         });

TEST(fork, hands_a_socket_to_node_and_closes_its_own) {
  using asio_tcp = boost::asio::ip::tcp;
  loop io;
  asio_tcp::acceptor acceptor(io, {boost::asio::ip::address_v4::loopback(), 0});
  asio_tcp::socket client(io);
  client.connect(acceptor.local_endpoint());
  asio_tcp::socket server = acceptor.accept();
  const auto before = brood_test::open_descriptors();
  auto child = brood::fork(io, actor("node_child.js"));
  child.send({{"op", "socket"}}, {brood::attachment::kind::socket, brood::unique_fd(server.release())});
  std::string answer;
  boost::asio::write(client, boost::asio::buffer("hello", 5));
  boost::asio::async_read(client, boost::asio::dynamic_buffer(answer), [&](brood::error_code, std::size_t) {
    EXPECT_EQ(brood_test::open_descriptors(), before + 2 - 1) << "pidfd and channel; the sent socket is closed";
    client.close();  // Node keeps a half-closed connection, and with it the process
    child.disconnect();
  });
  io.run();
  EXPECT_EQ(answer, "pid " + std::to_string(child.pid()) + " got hello");
}

TEST(fork, reads_messages_in_a_coroutine_until_the_end) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  child.send({{"op", "burst"}, {"count", 3000}});
  child.send({{"op", "disconnect"}});
  int count = 0;
  auto read_all = [](brood::child_process& from, int& counter) -> boost::asio::awaitable<void> {
    while (auto m = co_await from.messages.async_next()) ++counter;
  };
  boost::asio::co_spawn(io, read_all(child, count), boost::asio::detached);
  io.run();
  EXPECT_EQ(count, 3000) << "more than the inbox holds: the source is stopped and goes on";
}

TEST(fork, a_child_takes_the_channel_out_of_its_environment) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  json::value answer;
  child.messages.on([&](brood::message m) {
    answer = std::move(m.body);
    child.disconnect();
  });
  child.send({{"op", "environment"}});
  io.run();
  EXPECT_EQ(answer, json::value({{"fd", "none"}}));
}

TEST(fork, a_child_that_dies_closes_the_channel) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  child.send({{"op", "exit"}});
  io.run();
  EXPECT_TRUE(child.disconnected.happened());
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(5));
}

TEST(fork, garbage_from_the_child_closes_the_channel_with_an_error) {
  loop io;
  auto child = brood::fork(io, "sh", {"-c", "printf '{\"good\":1}\\nnonsense\\n' >&3; read line <&3"});
  std::vector<json::value> received;
  child.messages.on([&](brood::message m) { received.push_back(std::move(m.body)); });
  io.run();
  EXPECT_EQ(received.size(), 1U);
  EXPECT_EQ(*child.disconnected.value(), brood::errc::protocol_error);
  EXPECT_TRUE(child.exited.happened());
}

TEST(fork, a_throwing_listener_loses_no_other_message) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  child.send({{"op", "burst"}, {"count", 10}});
  child.send({{"op", "disconnect"}});
  int heard = 0;
  child.messages.on([&](brood::message) {
    if (++heard == 3) throw std::runtime_error("listener");
  });
  int thrown = 0;
  for (bool done = false; !done;) {
    try {
      io.run();
      done = true;
    } catch (const std::runtime_error&) {
      ++thrown;
    }
  }
  EXPECT_EQ(heard, 10);
  EXPECT_EQ(thrown, 1);
}

TEST(fork, a_program_without_a_channel_is_told_so) {
  loop io;
  std::string text;
  auto child = brood::spawn(io, actor("channel_child"));
  child.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  EXPECT_EQ(text, "no channel\n");
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(3));
  EXPECT_THROW(brood::parent_channel{io}, boost::system::system_error);
}

class a_child_that_stops_listening : public testing::TestWithParam<std::string> {};

INSTANTIATE_TEST_SUITE_P(how, a_child_that_stops_listening,
                         testing::Values("at_once", "inside", "scoped", "end_cancelled"),
                         [](const auto& one) { return one.param; });

/// As in Node, where removeListener() lets go of the channel.
TEST_P(a_child_that_stops_listening, ends) {
  loop io;
  auto child = brood::fork(io, actor("leaving_child"), {GetParam()});
  child.messages.on([&](const brood::message&) {
    if (GetParam() == "inside") child.send("the last one");
  });
  io.run();
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(5));
}

TEST(fork, a_child_that_waits_for_the_end_of_the_channel_stays_for_it) {
  loop io;
  auto child = brood::fork(io, actor("leaving_child"), {"end"});
  child.messages.on([&](const brood::message&) { child.disconnect(); });
  io.run();
  EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(6));
}

TEST(fork, node_can_be_the_parent) {
  loop io;
  std::string text;
  auto node = brood::spawn(io, "node", {actor("node_parent.js"), actor("channel_child")});
  node.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  EXPECT_EQ(text,
            "{\"echo\":{\"a\":1,\"text\":\"caf\u00e9 \u20ac\"}}\n"
            "{\"echo\":[1,2.5,null]}\n"
            "{\"echo\":\"plain\"}\n"
            "{\"echo\":7}\n"
            "{\"echo\":true}\n"
            "{\"echo\":null}\n"
            "disconnect\n"
            "exit 0 null\n");
}

}  // namespace
