#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <deque>

#include "support.hpp"
#include "support/node_version.hpp"
#include "support/random_value.hpp"

// Values at random to Node and back, in both serializations.

namespace {

using brood::value;
using brood_test::actor;
using brood_test::loop;

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int how_many = 250;
#else
constexpr int how_many = 5000;
#endif

/// Keeps so many under way that neither side ever waits, and few enough that neither side fills up.
constexpr std::size_t under_way = 400;

struct traffic {
  brood::child_process child;
  std::function<void(brood::child_process&, const value&)> send;
  std::function<value()> next;
  std::deque<value> sent{};
  int left = how_many;
  int heard = 0;
  int different = 0;

  void fill() {
    for (; left > 0 && sent.size() < under_way; --left) {
      sent.push_back(brood::js::array{next()});  // Node's send() takes no BigInt or undefined by itself
      send(child, sent.back());
    }
    if (sent.empty()) child.disconnect();
  }

  void run(loop& io) {
    child.messages.on([this](const brood::message& m) {
      if (!(m.content() == sent.front()) && ++different < 5)
        ADD_FAILURE() << "message " << heard << " came back changed";
      sent.pop_front();
      ++heard;
      // In batches: one by one the two would wake each other for each, which takes its time on a busy machine.
      if (sent.size() <= under_way / 2) fill();
    });
    fill();
    io.run();
    EXPECT_EQ(heard, how_many);
    EXPECT_EQ(different, 0);
  }
};

/// Four times as many in all, in parts that a busy machine does in the time a test has.
class random_values : public testing::TestWithParam<std::uint64_t> {};

INSTANTIATE_TEST_SUITE_P(seed, random_values, testing::Values(1, 2, 3, 20'240'229),
                         [](const auto& one) { return std::to_string(one.param); });

TEST_P(random_values, come_back_from_node_as_they_were_sent_in_the_advanced_serialization) {
  const int node = brood_test::node_version();
  if (node != 0 && node < 20) GTEST_SKIP() << "Node " << node << " waits for ever when a length comes in two pieces";
  loop io;
  brood::fork_options options;
  options.serialization = brood::serialization::advanced;
  brood_test::random_values random(GetParam(), true);
  traffic all{.child = brood::fork(io, actor("node_echo.js"), {}, options),
              .send = [](brood::child_process& to, const value& v) { to.send(v); },
              .next = [&] { return random.next(); }};
  all.run(io);
}

TEST_P(random_values, come_back_from_node_as_they_were_sent_in_json) {
  loop io;
  brood_test::random_values random(GetParam(), false);
  traffic all{.child = brood::fork(io, actor("node_echo.js")),
              .send = [](brood::child_process& to, const value& v) { to.send(*brood::to_json(v)); },
              .next = [&] { return random.next(); }};
  all.run(io);
}

}  // namespace
