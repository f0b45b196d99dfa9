#include <gtest/gtest.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <brood/cluster.hpp>
#include <csignal>
#include <optional>

#include "support.hpp"
#include "support/apart.hpp"

// Listeners may do what they like: destroy the object they hear, send, kill, disconnect, throw. And everything goes
// when its owner goes. AddressSanitizer looks on.

namespace {

using brood::child_process;
using brood::exit_status;
using brood_test::actor;
using brood_test::loop;
namespace asio = boost::asio;

struct thrown {};

/// Runs the loop to its end, whatever leaves it on the way; tells how often something did.
int run_through(loop& io) {
  for (int count = 0;; ++count) {
    try {
      io.run();
      return count;
    } catch (const thrown&) {}
  }
}

/// Where in a child's life a listener stands.
struct place {
  const char* name;
  std::function<void(child_process&, std::function<void()>)> listen;
};

const place places[] = {
    {"message", [](child_process& c, auto f) { c.messages.on([f](const brood::message&) { f(); }); }},
    {"disconnected", [](child_process& c, auto f) { c.disconnected.on([f](brood::error_code) { f(); }); }},
    {"exited", [](child_process& c, auto f) { c.exited.on([f](exit_status) { f(); }); }},
    {"closed", [](child_process& c, auto f) { c.closed.on([f](exit_status) { f(); }); }},
    {"data", [](child_process& c, auto f) { c.out().on_data([f](std::string_view) { f(); }); }},
    {"end", [](child_process& c, auto f) { c.out().on_end(f); }},
    {"input_closed", [](child_process& c, auto f) { c.in().closed.on([f](brood::error_code) { f(); }); }},
};

class a_listener_of_a_child : public testing::TestWithParam<place> {
 protected:
  /// A child that comes to every place: it sends, writes, and ends.
  void start() {
    child.emplace(brood::fork(io, "sh", {"-c", "printf '1\\n2\\n3\\n' >&3; echo out; exit 4"},
                              {.in = brood::stdio::pipe, .out = brood::stdio::pipe}));
    exited.emplace(child->exited);
    closed.emplace(child->closed);
    disconnected.emplace(child->disconnected);
  }

  void expect_all_told() {
    EXPECT_TRUE(exited->happened());
    EXPECT_TRUE(closed->happened());
    EXPECT_TRUE(disconnected->happened());
    EXPECT_EQ(*exited->value(), exit_status::exited(4));
  }

  loop io;
  std::optional<child_process> child;
  std::optional<brood::one_shot_event<exit_status>> exited;
  std::optional<brood::one_shot_event<exit_status>> closed;
  std::optional<brood::one_shot_event<brood::error_code>> disconnected;
};

TEST_P(a_listener_of_a_child, may_destroy_it) {
  start();
  int called = 0;
  GetParam().listen(*child, [&] {
    ++called;
    child.reset();
  });
  if (std::string(GetParam().name) != "data") child->out().on_data([](std::string_view) {});
  io.run();
  EXPECT_GE(called, 1);
  EXPECT_TRUE(exited->happened());
  // Its output is closed with the handle: what it writes after that may end it.
  const exit_status status = *exited->value();
  EXPECT_TRUE(status == exit_status::exited(4) || status == exit_status::killed(SIGPIPE)) << status;
}

TEST_P(a_listener_of_a_child, may_throw) {
  start();
  std::vector<std::string> heard;
  std::string read;
  // One before and one behind the one that throws, at every place.
  const auto everywhere = [&] {
    for (const place& one : places) one.listen(*child, [&heard, name = one.name] { heard.emplace_back(name); });
  };
  everywhere();
  int called = 0;
  const bool message = std::string(GetParam().name) == "message";
  GetParam().listen(*child, [&] {
    ++called;
    throw thrown();
  });
  for (const place& one : places) {
    if (!message || std::string(one.name) != "message") {
      one.listen(*child, [&heard, name = one.name] { heard.emplace_back(name); });
    }
  }
  EXPECT_EQ(run_through(io), called) << "each leaves run() once";
  EXPECT_EQ(called, message ? 3 : 1);
  expect_all_told();
  for (const place& one : places) {
    const auto times = std::count(heard.begin(), heard.end(), one.name);
    if (std::string(one.name) == "message") {
      EXPECT_EQ(times, message ? 0 : 3) << "each message goes to the last reader";
    } else {
      EXPECT_EQ(times, 2) << one.name;
    }
  }
}

TEST_P(a_listener_of_a_child, may_call_everything) {
  start();
  int called = 0;
  GetParam().listen(*child, [&] {
    ++called;
    child->send("hello");
    child->in().write("hello");
    child->in().end();
    child->kill(0);
    if (!brood_test::on_a_strand()) child->unref();
    child->ref();
    child->out().pause();
    child->out().resume();
    child->disconnect();
    child->disconnect();
    child->send("too late");
    child->exited.on([](exit_status) {});
    child->messages.on([](const brood::message&) {});
  });
  if (std::string(GetParam().name) != "data") child->out().on_data([](std::string_view) {});
  io.run();
  EXPECT_GE(called, 1);
  expect_all_told();
}

TEST_P(a_listener_of_a_child, is_let_go_of_in_the_end) {
  // The idiom of Node programs: the listener keeps the child it listens to. It must not keep it for ever.
  auto kept = std::make_shared<std::optional<child_process>>();
  std::weak_ptr<void> watch = kept;
  start();
  kept->emplace(std::move(*child));
  for (const place& one : places) one.listen(**kept, [kept] {});
  kept.reset();
  io.run();
  EXPECT_TRUE(watch.expired());
}

INSTANTIATE_TEST_SUITE_P(at, a_listener_of_a_child, testing::ValuesIn(places),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(lifetime, a_loop_that_goes_away_early_takes_everything_with_it) {
  const auto before = brood_test::open_descriptors();
  int aborted = 0;
  {
    loop io;
    auto child = brood::fork(io, actor("channel_child"), {}, {.in = brood::stdio::pipe, .out = brood::stdio::pipe});
    child.messages.on([](const brood::message&) {});
    child.out().on_data([](std::string_view) {});
    child.exited.async_wait([&](brood::error_code, exit_status) { ++aborted; });
    child.send("x");
    child.in().write(std::string(1'000'000, 'x'));
    char byte = 0;
    child.in().async_write_some(asio::buffer(&byte, 1), [&](brood::error_code, std::size_t) { ++aborted; });
    child.in().async_drained([&](brood::error_code) { ++aborted; });
    io.poll();
  }
  EXPECT_EQ(aborted, 0) << "no handler is called by a loop that is gone";
  brood_test::collect_orphans();  // its channel is closed, so it ends
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

TEST(lifetime, a_coroutine_that_waits_is_destroyed_with_the_loop) {
  auto witness = std::make_shared<int>();
  std::weak_ptr<void> watch = witness;
  {
    loop io;
    auto child = std::make_shared<child_process>(brood::fork(io, actor("channel_child")));
    const auto wait = [](std::shared_ptr<child_process> c, std::shared_ptr<int> w) -> asio::awaitable<void> {
      const auto m = co_await c->messages.async_next(asio::use_awaitable);
      *w = m ? 1 : 2;
    };
    asio::co_spawn(io, wait(child, std::move(witness)), asio::detached);
    child.reset();
    io.poll();
  }
  EXPECT_TRUE(watch.expired());
  brood_test::collect_orphans();
}

TEST(lifetime, a_wait_may_be_cancelled_twice_and_after_its_end) {
  loop io;
  std::optional<child_process> child(brood::fork(io, actor("channel_child"), {}, {.out = brood::stdio::pipe}));
  asio::cancellation_signal signals[4];
  int aborted = 0;
  const auto count = [&](brood::error_code ec, const auto&...) { aborted += ec == asio::error::operation_aborted; };
  char byte = 0;
  child->exited.async_wait(asio::bind_cancellation_slot(signals[0].slot(), count));
  child->closed.async_wait(asio::bind_cancellation_slot(signals[1].slot(), count));
  child->messages.async_next(asio::bind_cancellation_slot(signals[2].slot(), count));
  child->out().async_read_some(asio::buffer(&byte, 1), asio::bind_cancellation_slot(signals[3].slot(), count));
  for (int i = 0; i < 2; ++i) {
    for (auto& one : signals) one.emit(asio::cancellation_type::terminal);
  }
  io.poll();
  EXPECT_EQ(aborted, 4);
  for (auto& one : signals) one.emit(asio::cancellation_type::terminal);
  child->disconnect();
  child.reset();
  io.restart();
  io.run();
  for (auto& one : signals) one.emit(asio::cancellation_type::terminal);
  EXPECT_EQ(aborted, 4);
}

TEST(lifetime, a_wait_for_the_next_message_that_was_cancelled_loses_none) {
  loop io;
  auto child = brood::fork(io, actor("channel_child"));
  asio::cancellation_signal signal;
  bool cancelled = false;
  child.messages.async_next(asio::bind_cancellation_slot(signal.slot(), [&](brood::error_code ec, auto) {
    EXPECT_EQ(ec, asio::error::operation_aborted);
    cancelled = true;
    child.send({{"op", "burst"}, {"count", 3}});
    child.messages.async_next([&](brood::error_code none, std::optional<brood::message> m) {
      EXPECT_FALSE(none);
      ASSERT_TRUE(m);
      EXPECT_EQ(m->body.at("n").as_int64(), 0);
      child.disconnect();
    });
  }));
  asio::post(io, [&] { signal.emit(asio::cancellation_type::all); });
  io.run();
  EXPECT_TRUE(cancelled);
}

// ---- cluster

brood::cluster::settings echo_workers() {
  return {.exec = actor("echo_worker"),
          .args = brood::arguments{"0"},
          .restart = {.min_uptime = std::chrono::milliseconds(0)}};
}

/// Where in a worker's life a listener of the primary stands.
struct stage {
  const char* name;
  std::function<void(brood::cluster::primary&, std::function<void()>)> listen;
};

const stage stages[] = {
    {"forked", [](auto& p, auto f) { p.forked.on([f](brood::cluster::worker&) { f(); }); }},
    {"online", [](auto& p, auto f) { p.online.on([f](brood::cluster::worker&) { f(); }); }},
    {"listening", [](auto& p, auto f) { p.listening.on([f](brood::cluster::worker&, const auto&) { f(); }); }},
    {"message", [](auto& p, auto f) { p.message.on([f](brood::cluster::worker&, const auto&) { f(); }); }},
    {"disconnected", [](auto& p, auto f) { p.disconnected.on([f](brood::cluster::worker&, const auto&) { f(); }); }},
    {"exited", [](auto& p, auto f) { p.exited.on([f](brood::cluster::worker&, const auto&) { f(); }); }},
};

class a_listener_of_a_primary : public testing::TestWithParam<stage> {};

TEST_P(a_listener_of_a_primary, may_destroy_it) {
  loop io;
  std::optional<brood::cluster::primary> primary;
  primary.emplace(io, echo_workers());
  bool called = false;
  primary->listening.on([&](brood::cluster::worker& w, const auto&) { w.send({{"op", "id"}}); });
  primary->message.on([&](brood::cluster::worker& w, const auto&) { w.disconnect(); });
  GetParam().listen(*primary, [&] {
    called = true;
    primary.reset();
  });
  auto w = primary->fork();
  auto exited = w.exited;
  io.run();
  EXPECT_TRUE(called);
}

TEST_P(a_listener_of_a_primary, may_throw) {
  loop io;
  brood::cluster::primary primary{io, echo_workers()};
  int called = 0;
  std::vector<std::string> heard;
  GetParam().listen(primary, [&] {
    ++called;
    throw thrown();
  });
  for (const stage& one : stages) one.listen(primary, [&heard, name = one.name] { heard.emplace_back(name); });
  primary.listening.on([&](brood::cluster::worker& w, const auto&) { w.send({{"op", "id"}}); });
  bool all_gone = false;
  primary.message.on([&](brood::cluster::worker&, const auto&) {
    primary.async_disconnect([&](brood::error_code ec) {
      EXPECT_FALSE(ec);
      all_gone = true;
    });
  });
  primary.fork();
  EXPECT_EQ(run_through(io), 1);
  EXPECT_EQ(called, 1);
  EXPECT_EQ(heard, (std::vector<std::string>{"forked", "online", "listening", "message", "disconnected", "exited"}));
  EXPECT_TRUE(all_gone);
}

INSTANTIATE_TEST_SUITE_P(at, a_listener_of_a_primary, testing::ValuesIn(stages),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(lifetime, a_loop_that_goes_away_early_takes_a_cluster_with_it) {
  const auto before = brood_test::open_descriptors();
  {
    loop io;
    brood::cluster::primary primary{io, echo_workers()};
    int listening = 0;
    primary.listening.on([&](brood::cluster::worker&, const auto&) {
      if (++listening == 2) io.stop();
    });
    for (int i = 0; i < 2; ++i) primary.fork();
    primary.async_disconnect([](brood::error_code) {});
    primary.workers();
    io.run_one();
    primary.fork();
  }
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

}  // namespace
