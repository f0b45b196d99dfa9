#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <map>

#include "support.hpp"
#include "support/apart.hpp"

namespace {

using brood::errc;
using brood::error_code;
using brood::message;
using brood::serialization;
using brood_test::actor;
using brood_test::loop;
using namespace std::chrono_literals;
namespace asio = boost::asio;
namespace json = boost::json;

/// How one request ended.
struct outcome {
  bool told = false;
  error_code ec{};
  json::value body{};

  auto handler() {
    return [this](error_code reason, message answer) {
      told = true;
      ec = reason;
      body = std::move(answer.body);
    };
  }
};

class a_request : public testing::TestWithParam<serialization> {
 protected:
  brood::child_process start(const std::string& program = "request_peer") {
    return brood::fork(io, actor(program), {}, {.serialization = GetParam()});
  }

  /// Ends the channel when the last of `left` outcomes is there.
  auto last_of(int left, brood::child_process& kid) {
    return [&kid, left = std::make_shared<int>(left)] {
      if (--*left == 0) kid.disconnect();
    };
  }

  loop io;
};

INSTANTIATE_TEST_SUITE_P(in, a_request, testing::Values(serialization::json, serialization::advanced),
                         [](const auto& one) { return one.param == serialization::json ? "json" : "advanced"; });

TEST_P(a_request, completes_with_the_answer_that_belongs_to_it) {
  auto kid = start();
  constexpr int requests_at_once = 500;
  std::map<int, std::int64_t> sums;
  for (int i = 0; i < requests_at_once; ++i) {
    kid.async_request({{"add", {i, 1000}}}, [&, i](error_code ec, const message& answer) {
      EXPECT_FALSE(ec) << ec.message();
      sums[i] = answer.body.as_int64();
      if (sums.size() == requests_at_once) kid.disconnect();
    });
  }
  io.run();
  ASSERT_EQ(sums.size(), requests_at_once);
  for (const auto& [i, sum] : sums) EXPECT_EQ(sum, i + 1000);
}

TEST_P(a_request, completes_with_the_text_of_an_error) {
  auto kid = start();
  outcome failed;
  outcome dropped;
  kid.async_request({{"fail", "no such file"}}, failed.handler());
  kid.async_request({{"drop", true}}, dropped.handler());
  kid.async_request({{"add", {1}}}, [&](error_code, const message&) { kid.disconnect(); });
  io.run();
  EXPECT_EQ(failed.ec, errc::request_failed);
  EXPECT_EQ(failed.body, "no such file");
  EXPECT_EQ(dropped.ec, errc::request_failed);
  EXPECT_EQ(dropped.body, "the request was destroyed without an answer");
}

TEST_P(a_request, may_be_made_by_both_sides_at_once) {
  auto kid = start();
  int asked = 0;
  kid.requests.on([&](brood::request r) {
    ++asked;
    r.answer({{"parent's", r.body()}});
  });
  outcome theirs;
  outcome ours;
  kid.async_request({{"ask", "from the child"}}, theirs.handler());
  kid.async_request({{"add", {2, 3}}}, ours.handler());
  kid.async_request({{"ask", "the last"}}, [&](error_code, const message&) { kid.disconnect(); });
  io.run();
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(theirs.body, json::value({{"parent's", "from the child"}}));
  EXPECT_EQ(ours.body, 5);
}

TEST_P(a_request, is_answered_with_an_error_where_nobody_answers_requests) {
  auto kid = start("channel_child");
  outcome one;
  kid.async_request("anything", [&](error_code ec, message answer) {
    one.handler()(ec, std::move(answer));
    kid.disconnect();
  });
  int messages = 0;
  kid.messages.on([&](const message&) { ++messages; });
  io.run();
  EXPECT_EQ(one.ec, errc::request_failed);
  EXPECT_EQ(one.body, "this process does not answer requests");
  EXPECT_EQ(messages, 0);
}

TEST_P(a_request, ends_when_its_time_is_up) {
  auto kid = start();
  outcome late;
  outcome in_time;
  kid.async_request({{"add", {1}}}, 1h, in_time.handler());
  kid.async_request({{"keep", true}}, 1ms, [&](error_code ec, const message&) {
    late.ec = ec;
    kid.async_request({{"add", {1}}}, [&](error_code, const message&) { kid.disconnect(); });
  });
  io.run();
  EXPECT_EQ(late.ec, asio::error::timed_out);
  EXPECT_FALSE(in_time.ec) << in_time.ec.message();
}

TEST_P(a_request, that_was_cancelled_leaves_no_answer_among_the_messages) {
  auto kid = start();
  outcome one;
  asio::cancellation_signal signal;
  kid.async_request({{"add", {1}}}, asio::bind_cancellation_slot(signal.slot(), one.handler()));
  signal.emit(asio::cancellation_type::all);
  int messages = 0;
  kid.messages.on([&](const message& m) {
    EXPECT_EQ(m.body, "behind the answer");
    ++messages;
    kid.disconnect();
  });
  kid.send("behind the answer");
  io.run();
  EXPECT_EQ(one.ec, asio::error::operation_aborted);
  EXPECT_EQ(messages, 1);
}

TEST_P(a_request, ends_with_the_channel) {
  auto kid = start();
  std::vector<outcome> open(3);
  kid.async_request({{"keep", true}}, open[0].handler());
  kid.async_request({{"keep", true}}, 1h, open[1].handler());
  kid.async_request({{"add", {1}}}, [&](error_code, const message&) {
    kid.disconnect();
    kid.async_request({{"add", {1}}}, open[2].handler());
  });
  io.run();
  for (const auto& one : open) {
    EXPECT_TRUE(one.told);
    EXPECT_EQ(one.ec, errc::channel_closed) << one.ec.message();
  }
}

TEST_P(a_request, may_be_awaited_in_one_expression) {
  auto kid = start();
  json::value sum;
  const auto ask = [](brood::child_process& of, json::value& to) -> asio::awaitable<void> {
    const json::value numbers = {{"add", {40, 2}}};
    to = (co_await of.async_request(numbers, 1min, asio::use_awaitable)).body;
    to = (co_await of.async_request(numbers, asio::use_awaitable)).body;
    of.disconnect();
  };
  asio::co_spawn(io, ask(kid, sum), asio::detached);
  io.run();
  EXPECT_EQ(sum, 42);
}

TEST_P(a_request, is_gone_with_its_loop) {
  const auto before = brood_test::open_descriptors();
  auto witness = std::make_shared<int>();
  std::weak_ptr<void> watch = witness;
  {
    loop other;
    auto kid = brood::fork(other, actor("request_peer"), {}, {.serialization = GetParam()});
    kid.async_request({{"keep", true}}, 1h, [witness](error_code, const message&) { FAIL(); });
    witness.reset();
    other.poll();
  }
  EXPECT_TRUE(watch.expired());
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(an_advanced_request, carries_what_json_cannot_hold) {
  loop io;
  auto kid = brood::fork(io, actor("request_peer"), {}, {.serialization = serialization::advanced});
  kid.requests.on([](brood::request r) {
    brood::js::map counted;
    counted.entries.emplace_back(r.content().content().get_if<brood::js::set>()->entries.size(), nullptr);
    r.answer(counted);
  });
  brood::value answered;
  const brood::value question = brood::js::object{{"ask", brood::js::set{1, 2, 3}}};
  kid.async_request(question, [&](error_code ec, const message& answer) {
    EXPECT_FALSE(ec) << ec.message();
    answered = answer.content();
    kid.disconnect();
  });
  io.run();
  ASSERT_NE(answered.get_if<brood::js::map>(), nullptr);
  EXPECT_EQ(answered.get_if<brood::js::map>()->entries.front().first, brood::value(3));
}

TEST(a_message, that_only_looks_like_a_request_or_an_answer_is_delivered) {
  const std::vector<std::string> texts = {
      R"({"brood:request":"1","body":2})",     R"({"brood:request":0,"body":2})",
      R"({"brood:request":1.5,"body":2})",     R"({"brood:request":1,"more":2})",
      R"({"brood:request":1,"error":""})",     R"({"brood:answer":-1,"body":2})",
      R"({"brood:answer":1,"error":7})",       R"({"brood:answer":1,"body":2})",
      R"({"brood:answer":99,"error":"text"})", R"({"brood:request":1,"body":2,"error":"x"})"};
  loop io;
  std::string line;
  for (const auto& text : texts) line += text + '\n';
  auto kid = brood::fork(io, "/bin/sh", {"-c", "printf '%s' \"$0\" >&3", line});
  kid.requests.on([](const brood::request& r) { ADD_FAILURE() << json::serialize(r.body()); });
  std::vector<std::string> heard;
  kid.messages.on([&](const message& m) { heard.push_back(json::serialize(m.body)); });
  io.run();
  ASSERT_EQ(heard.size(), texts.size());
  EXPECT_EQ(heard.front(), texts.front());
}

// ---- Node, with the lines that docs/channel.md shows

const std::string page = std::string(BROOD_SOURCE_DIR) + "/docs/channel.md";

TEST_P(a_request, is_answered_by_a_node_child) {
  auto kid = brood::fork(io, actor("node_requests.js"), {page}, {.serialization = GetParam()});
  kid.requests.on([](brood::request r) { r.answer(r.body().at("add").as_array().size()); });
  std::vector<outcome> all(3);
  const auto done = last_of(3, kid);
  const std::vector<json::value> questions = {
      {{"add", {4, 5}}}, {{"fail", "on purpose"}}, {{"ask", {{"add", {1, 1, 1}}}}}};
  for (std::size_t i = 0; i < 3; ++i) {
    kid.async_request(questions[i], [&, i](error_code ec, message answer) {
      all[i].handler()(ec, std::move(answer));
      done();
    });
  }
  io.run();
  EXPECT_EQ(all[0].body, 9);
  EXPECT_EQ(all[1].ec, errc::request_failed);
  EXPECT_EQ(all[1].body, "on purpose");
  EXPECT_EQ(all[2].body, 3);
}

TEST_P(a_request, is_made_by_a_node_parent) {
  const std::string form = GetParam() == serialization::json ? "json" : "advanced";
  auto node = brood::spawn(io, "node", {actor("node_requests.js"), page, actor("request_peer"), form});
  EXPECT_EQ(brood_test::all_of(io, node.out()), "5050\n42\non purpose\n");
  EXPECT_EQ(*node.exited.value(), brood::exit_status::exited(0));
}

}  // namespace
