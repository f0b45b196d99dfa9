#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/json/object.hpp>

#include "cluster_support.hpp"

// A handle of a worker is a value: it may be kept for longer than the worker, and than the primary.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;

void end(cluster::primary& primary) {
  primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
}

void expect_dead(cluster::worker& w) {
  EXPECT_TRUE(w.is_dead());
  EXPECT_FALSE(w.is_connected());
  EXPECT_FALSE(w.kill());
  EXPECT_FALSE(w.send({{"op", "id"}}));
  w.disconnect();
}

TEST(worker_handle, may_be_kept_after_the_worker_has_exited) {
  loop io;
  cluster::primary primary{io, echo_workers()};
  auto first = primary.fork();
  std::vector<cluster::worker> kept;
  primary.listening.on([&](cluster::worker w, const cluster::address&) {
    kept.push_back(w);
    end(primary);
  });
  io.run();
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(kept.front(), first);
  EXPECT_EQ(first.id(), 1);
  EXPECT_GT(first.pid(), 0);
  EXPECT_TRUE(first.exited_after_disconnect());
  EXPECT_EQ(*first.exited.value(), brood::exit_status::exited(0));
  expect_dead(first);
  EXPECT_FALSE(primary.find(1));
}

TEST(worker_handle, may_be_kept_after_the_primary_was_destroyed) {
  loop io;
  std::optional<cluster::primary> primary;
  primary.emplace(io, echo_workers());
  auto w = primary->fork();
  bool heard = false;
  bool called = false;
  w.exited.async_wait([&](brood::error_code, const brood::exit_status&) { heard = true; });
  w.exited.on([&](const brood::exit_status&) { called = true; });
  primary->listening.on([&](const cluster::worker&, const cluster::address&) {
    asio::post(io, [&] {
      primary.reset();
      EXPECT_FALSE(w.is_dead()) << "it ends by itself, soon";
      w.disconnect();
    });
  });
  io.run();
  EXPECT_TRUE(heard);
  EXPECT_FALSE(called) << "listeners end with the primary";
  expect_dead(w);
}

asio::awaitable<void> live(cluster::primary& primary, std::string& said) {
  cluster::worker w = primary.fork();
  co_await w.ready.async_wait(asio::use_awaitable);
  w.send({{"op", "id"}});
  const auto answer = co_await w.messages.async_next(asio::use_awaitable);
  said = std::to_string(answer->body.at("id").as_int64());
  w.disconnect();
  const auto status = co_await w.exited.async_wait(asio::use_awaitable);
  said += ' ' + to_string(status);
  expect_dead(w);
}

TEST(worker_handle, lives_across_co_await) {
  loop io;
  cluster::primary primary{io, echo_workers()};
  std::string said;
  asio::co_spawn(io, live(primary, said), asio::detached);
  io.run();
  EXPECT_EQ(said, "1 exited with code 0");
}

TEST(worker_handle, ends_the_waits_for_what_a_worker_did_not_live_to_reach) {
  loop io;
  auto with = echo_workers({"0", "die"});
  cluster::primary primary{io, with};
  auto w = primary.fork();
  brood::error_code online;
  brood::error_code ready;
  bool called = false;
  w.online.async_wait([&, w](brood::error_code ec) { online = ec; });
  w.ready.async_wait([&, w](brood::error_code ec) { ready = ec; });
  w.ready.on([&, w] { called = true; });
  io.run();
  EXPECT_EQ(*w.exited.value(), brood::exit_status::exited(9));
  EXPECT_EQ(online, asio::error::operation_aborted);
  EXPECT_EQ(ready, asio::error::operation_aborted);
  EXPECT_FALSE(w.ready.happened());
  EXPECT_FALSE(called);
}

TEST(worker_handle, of_a_worker_that_is_never_started_is_dead) {
  loop io;
  auto with = echo_workers({"0", "die"});
  with.restart.initial_delay = 60'000ms;
  cluster::primary primary{io, with};
  brood::error_code exited;
  bool called = false;
  std::optional<cluster::worker> delayed;
  primary.exited.on([&](cluster::worker&, brood::exit_status) {
    delayed = primary.fork();
    EXPECT_EQ(delayed->pid(), 0);
    EXPECT_FALSE(delayed->is_dead());
    delayed->exited.async_wait([&](brood::error_code ec, const brood::exit_status&) { exited = ec; });
    delayed->exited.on([&](const brood::exit_status&) { called = true; });
    delayed->disconnect();
  });
  primary.fork();
  io.run();
  expect_dead(*delayed);
  EXPECT_EQ(exited, asio::error::operation_aborted);
  EXPECT_EQ(delayed->exited.value(), nullptr);
  EXPECT_FALSE(called);
}

TEST(worker_handle, hears_what_a_worker_writes_to_stdout) {
  loop io;
  std::map<int, std::string> out;
  std::string err;
  cluster::settings with{.exec = "/bin/sh", .args = brood::arguments{"-c", "echo out; echo err >&2"}};
  with.on_out = [&](cluster::worker& w, std::string_view data) { out[w.id()] += data; };
  with.on_err = [&](cluster::worker&, std::string_view data) { err += data; };
  cluster::primary primary{io, with};
  primary.fork();
  io.run();
  EXPECT_EQ(out[1], "out\n");
  EXPECT_EQ(err, "err\n");
  with.out = brood::stdio::ignore;
  EXPECT_THROW(cluster::primary(io, with), std::invalid_argument);
}

}  // namespace
