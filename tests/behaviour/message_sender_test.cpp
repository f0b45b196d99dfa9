#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>

#include "support.hpp"

namespace {

using namespace brood_test;
using brood::attachment;
using brood::error_code;
namespace json = boost::json;

attachment socket_as_handle() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  ::close(ends[1]);
  return {attachment::kind::socket, brood::unique_fd(ends[0])};
}

struct with_each_child : testing::TestWithParam<std::tuple<const char*, brood::serialization>> {
  loop io;
  brood::child_process child =
      brood::fork(io, actor(std::get<0>(GetParam())), {}, {.serialization = std::get<1>(GetParam())});
  std::vector<std::string> heard;
  std::vector<std::string> done;

  with_each_child() {
    child.messages.on([this](brood::message m) { heard.push_back(json::serialize(m.body)); });
  }
  auto note(std::string what) {
    return [this, what](error_code ec) { done.push_back(what + (ec ? ": " + ec.message() : "")); };
  }
};

TEST_P(with_each_child, completes_when_a_message_has_left) {
  child.async_send({{"n", 1}}, note("sent"));
  child.async_send(brood::value(2), note("sent too"));
  child.async_send({{"n", 3}}, socket_as_handle(), note("sent with a socket"));
  EXPECT_TRUE(done.empty()) << "never inside the call";
  child.disconnect();
  io.run();
  EXPECT_EQ(done, (std::vector<std::string>{"sent", "sent too", "sent with a socket"}));
}

TEST_P(with_each_child, completes_when_a_descriptor_was_taken) {
  child.async_send_handle({{"n", 1}}, socket_as_handle(), [&](error_code ec) {
    EXPECT_FALSE(ec) << ec.message();
    done.emplace_back("taken");
    child.disconnect();
  });
  io.run();
  EXPECT_EQ(done, std::vector<std::string>{"taken"});
}

TEST_P(with_each_child, takes_text_that_is_json) {
  EXPECT_TRUE(child.send_json("{\"text\":\n\t\"a \\n b\"}\n"));
  for (const char* text : {"", "{", "{\"a\":}", "nonsense", "1 2", "\"\xff\"", "{\"a\":\n\n1}}"}) {
    EXPECT_THROW(child.send_json(text), boost::system::system_error) << text;
  }
  child.send({{"last", true}});
  child.messages.on([&](const brood::message& m) {
    heard.push_back(json::serialize(m.body));
    if (heard.size() == 2) child.disconnect();
  });
  io.run();
  EXPECT_EQ(heard, (std::vector<std::string>{R"({"echo":{"text":"a \n b"}})", R"({"echo":{"last":true}})"}));
}

TEST_P(with_each_child, takes_strings_as_they_are) {
  const std::string text = "a \"text\"";
  child.send(text);
  child.send(std::string_view(text));
  child.async_send(text, note("sent"));
  child.messages.on([&](const brood::message& m) {
    heard.push_back(json::serialize(m.body));
    if (heard.size() == 3) child.disconnect();
  });
  io.run();
  EXPECT_EQ(heard, std::vector<std::string>(3, R"({"echo":"a \"text\""})"));
  EXPECT_EQ(done, std::vector<std::string>{"sent"});
}

TEST_P(with_each_child, is_drained_once_less_than_the_mark_waits) {
  child.async_drained(note("at once"));
  const std::string large(1'000'000, 'x');
  EXPECT_FALSE(child.send({{"op", "nothing"}, {"text", large}}));
  child.async_drained([&](error_code ec) {
    note("later")(ec);
    child.disconnect();
  });
  io.run();
  EXPECT_EQ(done, (std::vector<std::string>{"at once", "later"}));
}

TEST_P(with_each_child, says_that_the_channel_was_closed) {
  child.disconnect();
  child.async_send({{"n", 1}}, note("send"));
  child.async_send_handle({{"n", 2}}, socket_as_handle(), note("acked"));
  child.async_drained(note("drained"));
  io.run();
  const std::string closed = ": the message channel is closed";
  EXPECT_EQ(done, (std::vector<std::string>{"send" + closed, "acked" + closed, "drained" + closed}));
}

TEST_P(with_each_child, says_that_the_child_died_before_it_took_a_descriptor) {
  child.send({{"op", "exit"}});
  child.async_send_handle({{"n", 2}}, socket_as_handle(), note("acked"));
  io.run();
  // It may have taken it in the moment before.
  ASSERT_EQ(done.size(), 1U);
  EXPECT_TRUE(done[0] == "acked: the message channel is closed" || done[0] == "acked") << done[0];
}

TEST_P(with_each_child, refuses_descriptors_that_would_end_a_node_peer) {
  const auto file = [] {
    return attachment(attachment::kind::native, brood::unique_fd(::open("/dev/null", O_RDONLY)));
  };
  const auto before = open_descriptors();
  EXPECT_THROW(child.send(1, file()), boost::system::system_error);
  EXPECT_THROW(child.send(brood::js::set{1}, file()), boost::system::system_error);
  child.async_send(1, file(), note("send"));
  child.async_send_handle(1, file(), note("acked"));
  child.async_send_handle(1, {}, note("empty"));
  EXPECT_EQ(open_descriptors(), before);
  child.disconnect();
  io.run();
  const std::string refused = ": only a socket or a pipe can be sent as a handle";
  EXPECT_EQ(done, (std::vector<std::string>{"send" + refused, "acked" + refused, "empty" + refused}));
}

bool blocks(int fd) { return (::fcntl(fd, F_GETFL) & O_NONBLOCK) == 0; }

/// Node up to 18 would wait for the next connection and for nothing else.
TEST_P(with_each_child, sends_sockets_in_non_blocking_mode) {
  attachment socket = socket_as_handle();
  const brood::unique_fd ours(::dup(socket.native_handle()));
  ASSERT_TRUE(blocks(ours.get()));
  int ends[2];
  ASSERT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  const brood::unique_fd reading(ends[0]);
  const brood::unique_fd writing(::dup(ends[1]));
  child.send(1, std::move(socket));
  child.async_send_handle(1, {attachment::kind::native, brood::unique_fd(ends[1])}, note("acked"));
  EXPECT_FALSE(blocks(ours.get()));
  EXPECT_TRUE(blocks(writing.get())) << "it may be the standard output of somebody else";
  child.disconnect();
  io.run();
  EXPECT_EQ(done, std::vector<std::string>{"acked"});
}

TEST_P(with_each_child, sends_a_message_whose_sender_no_longer_waits) {
  asio::cancellation_signal changed_mind;
  child.messages.on([&](const brood::message& m) {
    heard.push_back(json::serialize(m.body));
    child.disconnect();
  });
  child.async_send({{"n", 1}}, asio::bind_cancellation_slot(changed_mind.slot(), note("send")));
  changed_mind.emit(asio::cancellation_type::terminal);
  io.run();
  EXPECT_EQ(done, std::vector<std::string>{"send: Operation canceled"});
  EXPECT_EQ(heard, std::vector<std::string>{R"({"echo":{"n":1}})"});
}

INSTANTIATE_TEST_SUITE_P(child, with_each_child,
                         testing::Combine(testing::Values("channel_child", "node_child.js"),
                                          testing::Values(brood::serialization::json, brood::serialization::advanced)),
                         [](const auto& one) {
                           const bool brood_child = std::string(std::get<0>(one.param)) == "channel_child";
                           const bool json_form = std::get<1>(one.param) == brood::serialization::json;
                           return std::string(brood_child ? "brood" : "node") + (json_form ? "_json" : "_advanced");
                         });

TEST(message_sender, that_has_no_form_for_a_value_says_so) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  error_code reason;
  child.async_send(brood::value(brood::js::bigint(1)), [&](error_code ec) { reason = ec; });
  child.disconnect();
  io.run();
  EXPECT_EQ(reason, brood::errc::not_serializable);
}

TEST(message_sender, of_a_child_without_a_channel_says_that_it_is_closed) {
  loop io;
  auto child = brood::spawn(io, "/bin/true");
  error_code reason;
  child.async_send(1, [&](error_code ec) { reason = ec; });
  io.run();
  EXPECT_EQ(reason, brood::errc::channel_closed);
}

}  // namespace
