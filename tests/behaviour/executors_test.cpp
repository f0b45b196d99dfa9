#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/bind_allocator.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/asio/write.hpp>
#include <brood/async_exec.hpp>
#include <brood/async_spawn.hpp>
#include <brood/cluster.hpp>
#include <brood/http.hpp>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "support.hpp"
#include "support/apart.hpp"

// The same work on each executor that runs one handler at a time; and what happens on one that does not.

namespace {

namespace asio = boost::asio;
using brood::error_code;
using brood_test::actor;

/// An executor, and how its context is run to the end.
struct place {
  std::function<void()> run;       // owns the context
  asio::any_io_executor executor;  // ends before it
};

place one_thread() {
  auto io = std::make_shared<asio::io_context>(1);
  return {[io] { io->run(); }, io->get_executor()};
}

place strand_over_four_threads() {
  auto io = std::make_shared<asio::io_context>(4);
  const auto run = [io] {
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([io] { io->run(); });
  };
  return {run, asio::make_strand(*io)};
}

place strand_of_a_pool() {
  auto pool = std::make_shared<asio::thread_pool>(4);
  return {[pool] { pool->join(); }, asio::make_strand(*pool)};
}

struct kind {
  const char* name;
  place (*make)();
};

class each_executor : public testing::TestWithParam<kind> {
 protected:
  /// Runs `start` on the executor, and then all that follows from it.
  void run(std::function<void()> start) {
    asio::post(where_.executor, std::move(start));
    where_.run();
  }

  place where_ = GetParam().make();
};

TEST_P(each_executor, runs_commands) {
  std::vector<std::string> out;
  run([&] {
    for (int i = 0; i < 20; ++i) {
      brood::async_exec(where_.executor, "echo " + std::to_string(i), [&](error_code ec, const brood::exec_result& r) {
        EXPECT_FALSE(ec);
        out.push_back(r.out);
      });
    }
  });
  EXPECT_EQ(out.size(), 20U);
}

TEST_P(each_executor, carries_output_and_input) {
  std::string text;
  bool closed = false;
  std::optional<brood::child_process> child;
  run([&] {
    child.emplace(brood::spawn(where_.executor, "cat"));
    child->out().on_data([&](std::string_view data) { text += data; });
    child->closed.on([&](const brood::exit_status& status) { closed = status.ok(); });
    child->in().end(std::string(1'000'000, 'x'));
  });
  EXPECT_EQ(text.size(), 1'000'000U);
  EXPECT_TRUE(closed);
}

TEST_P(each_executor, carries_messages) {
  int received = 0;
  std::optional<brood::child_process> child;
  run([&] {
    child.emplace(brood::fork(where_.executor, actor("channel_child")));
    child->messages.on([&](const brood::message&) {
      if (++received == 2000) child->disconnect();
    });
    child->send({{"op", "burst"}, {"count", 2000}});
  });
  EXPECT_EQ(received, 2000);
}

TEST_P(each_executor, starts_children_by_the_launcher) {
  bool exited = false;
  std::optional<brood::pending_spawn> starting;
  std::optional<brood::child_process> kept;
  run([&] {
    starting.emplace(brood::async_spawn(where_.executor, "true"));
    starting->async_child([&](error_code ec, std::optional<brood::child_process> child) {
      ASSERT_FALSE(ec);
      kept.emplace(std::move(*child));
      kept->exited.on([&](const brood::exit_status& status) { exited = status.ok(); });
    });
  });
  EXPECT_TRUE(exited);
}

TEST_P(each_executor, runs_a_cluster) {
  std::optional<brood::cluster::primary> primary;
  int exited = 0;
  run([&] {
    primary.emplace(where_.executor,
                    brood::cluster::settings{.exec = actor("echo_worker"), .args = brood::arguments{"0"}});
    auto listening = std::make_shared<int>(0);
    primary->listening.on([&, listening](brood::cluster::worker&, const brood::cluster::address&) {
      if (++*listening == 2) primary->async_disconnect([](error_code ec) { EXPECT_FALSE(ec); });
    });
    primary->exited.on([&](brood::cluster::worker&, const brood::exit_status&) { ++exited; });
    primary->fork();
    primary->fork();
  });
  EXPECT_EQ(exited, 2);
}

TEST_P(each_executor, serves_http) {
  std::optional<brood::http::server> server;
  int answered = 0;
  run([&] {
    server.emplace(where_.executor, [](const auto&, auto& response) { response.end("hello\n"); });
    server->listen(asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    for (int i = 0; i < 20; ++i) {
      auto client = std::make_shared<asio::ip::tcp::socket>(where_.executor);
      auto text = std::make_shared<std::string>();
      client->async_connect(server->local_endpoint(), [&, client, text](error_code ec) {
        ASSERT_FALSE(ec);
        *text = "GET / HTTP/1.0\r\n\r\n";
        asio::async_write(*client, asio::buffer(*text), [&, client, text](error_code, std::size_t) {
          text->clear();
          asio::async_read(*client, asio::dynamic_buffer(*text), [&, client, text](error_code end, std::size_t) {
            EXPECT_EQ(end, asio::error::eof);
            EXPECT_TRUE(text->ends_with("hello\n"));
            if (++answered == 20) server->async_close([](error_code) {});
          });
        });
      });
    }
  });
  EXPECT_EQ(answered, 20);
}

INSTANTIATE_TEST_SUITE_P(with, each_executor,
                         testing::Values(kind{"one_thread", one_thread},
                                         kind{"a_strand_over_four_threads", strand_over_four_threads},
                                         kind{"a_strand_of_a_pool", strand_of_a_pool}),
                         [](const auto& one) { return std::string(one.param.name); });

TEST(async_exec, may_be_called_on_any_thread) {
  asio::io_context context{4};
  auto work = asio::make_work_guard(context);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&] { context.run(); });
  asio::thread_pool pool{4};
  const auto run = [](const brood::executor& ex) {
    for (int i = 0; i < 100; ++i) {
      const std::string word = std::to_string(i);
      EXPECT_EQ(brood::async_exec(ex, "echo " + word, asio::use_future).get().out, word + '\n');
      EXPECT_EQ(brood::async_exec_file(ex, "echo", {word}, asio::use_future).get().out, word + '\n');
    }
  };
  for (const asio::any_io_executor& ex :
       {asio::any_io_executor(asio::make_strand(context)), asio::any_io_executor(asio::make_strand(pool))}) {
    const std::jthread one([&] { run(ex); });
    const std::jthread other([&] { run(ex); });
  }
  work.reset();
  pool.join();
}

TEST(async_exec, of_a_loop_that_never_runs_leaves_nothing) {
  const auto before = brood_test::open_descriptors();
  {
    asio::io_context io;
    brood::async_exec(io, "true", [](error_code, const brood::exec_result&) { ADD_FAILURE(); });
  }
  brood_test::collect_orphans();
  EXPECT_EQ(brood_test::open_descriptors(), before);
}

template <class Make>
void check_refused(Make make) {
  asio::thread_pool pool{2};
  const auto strand = asio::make_strand(pool);
  EXPECT_THAT([&] { make(strand); }, testing::ThrowsMessage<std::logic_error>(testing::HasSubstr("on that strand")));
  asio::post(strand, asio::use_future([&] { make(strand); })).get();
}

TEST(a_strand_of_a_pool, is_where_its_objects_are_made) {
  check_refused([](const auto& ex) { brood::spawn(ex, "true"); });
  check_refused([](const auto& ex) { brood::fork(ex, "true"); });
  check_refused([](const auto& ex) { static_cast<void>(brood::exec(ex, "true")); });
  check_refused([](const auto& ex) { static_cast<void>(brood::async_spawn(ex, "true")); });
  check_refused([](const auto& ex) { const brood::cluster::primary primary(ex); });
  check_refused([](const auto& ex) { const brood::http::server server(ex, [](const auto&, auto&) {}); });
}

TEST(a_bare_io_context_with_two_threads, is_noticed_at_the_first_overlap) {
  asio::io_context io;
  auto first = brood::spawn(io, "echo", {"begin"});
  auto second = brood::spawn(io, "cat");
  std::promise<std::string> refused;
  auto text = refused.get_future().share();
  std::atomic<bool> told{false};
  first.out().on_data([&](std::string_view) {
    second.in().write("and the other thread comes in\n");
    text.wait();
    io.stop();
  });
  second.out().on_data([](std::string_view) {});
  const auto run = [&] {
    try {
      io.run();
    } catch (const std::logic_error& error) {
      if (!told.exchange(true)) refused.set_value(error.what());
      io.stop();  // the event that was about to be delivered is lost, and with it perhaps the end of the loop
    }
  };
  {
    const std::jthread other(run);
    run();
  }
  EXPECT_THAT(text.get(), testing::HasSubstr("strand"));
}

TEST(unref, is_refused_where_it_could_not_work) {
  asio::io_context io;
  const auto strand = asio::make_strand(io);
  auto child = brood::spawn(strand, "true");
  EXPECT_THROW(child.unref(), std::logic_error);
  child.ref();
  io.run();
}

/// Counts what is allocated through it.
template <class T>
struct counting_allocator {
  using value_type = T;
  explicit counting_allocator(std::shared_ptr<int> c) : count(std::move(c)) {}
  template <class U>
  counting_allocator(const counting_allocator<U>& other) : count(other.count) {}
  T* allocate(std::size_t n) {
    ++*count;
    return std::allocator<T>().allocate(n);
  }
  void deallocate(T* p, std::size_t n) { std::allocator<T>().deallocate(p, n); }
  template <class U>
  bool operator==(const counting_allocator<U>& other) const noexcept {
    return count == other.count;
  }
  std::shared_ptr<int> count;
};

/// What the operations below wait on: nothing of it happens by itself.
struct things {
  asio::io_context io{1};
  brood::child_process child =
      brood::fork(io, actor("channel_child"), {}, {.in = brood::stdio::pipe, .out = brood::stdio::pipe});
  brood::child_process silent =  // it does not even know of its channel
      brood::fork(io, "tail", {"-f", "/dev/null"});
  brood::cluster::primary primary{io, {.exec = actor("echo_worker"), .args = brood::arguments{"0"}}};
  asio::ip::tcp::acceptor accepts_nobody{io, {asio::ip::address_v4::loopback(), 0}};
  brood::http::server server{io, [](const auto&, auto&) {}};
  brood::exec_run command = brood::exec(io, "exec tail -f /dev/null");
  char byte = 0;

  things() {
    child.in().write(std::string(1'000'000, 'x'));  // more than the pipe takes
    primary.fork();
  }
  ~things() {
    child.kill(SIGKILL);
    silent.kill(SIGKILL);
    command.child().kill(SIGKILL);
  }
};

/// Starts an operation with a handler that has an executor, an allocator and a slot; all of them must be used.
template <class Start>
void check_associations(const char* name, Start start) {
  SCOPED_TRACE(name);
  things on;
  asio::io_context elsewhere{1};
  asio::cancellation_signal signal;
  const auto allocated = std::make_shared<int>(0);
  std::optional<error_code> ended;
  start(on, asio::bind_executor(
                elsewhere.get_executor(),
                asio::bind_allocator(counting_allocator<char>(allocated),
                                     asio::bind_cancellation_slot(signal.slot(), [&](error_code ec, const auto&...) {
                                       EXPECT_TRUE(elsewhere.get_executor().running_in_this_thread());
                                       ended = ec;
                                     }))));
  on.io.poll();
  elsewhere.poll();
  EXPECT_FALSE(ended) << "it completes by itself";
  EXPECT_FALSE(elsewhere.stopped()) << "the wait is no work of the handler's executor";
  signal.emit(asio::cancellation_type::terminal);
  EXPECT_FALSE(ended) << "inside emit()";
  on.io.poll();
  elsewhere.restart();
  elsewhere.run();
  EXPECT_EQ(ended, asio::error::operation_aborted);
  EXPECT_GT(*allocated, 0);
}

TEST(each_operation, uses_the_executor_the_allocator_and_the_slot_of_its_handler) {
  check_associations("exited", [](things& on, auto token) { on.child.exited.async_wait(std::move(token)); });
  check_associations("closed", [](things& on, auto token) { on.child.closed.async_wait(std::move(token)); });
  check_associations("disconnected",
                     [](things& on, auto token) { on.child.disconnected.async_wait(std::move(token)); });
  check_associations("next", [](things& on, auto token) { on.child.messages.async_next(std::move(token)); });
  check_associations("next_within", [](things& on, auto token) {
    on.child.messages.async_next_within(std::chrono::hours(1), std::move(token));
  });
  check_associations("read_some", [](things& on, auto token) {
    on.child.out().async_read_some(asio::buffer(&on.byte, 1), std::move(token));
  });
  check_associations("write_some", [](things& on, auto token) {
    on.child.in().async_write_some(asio::buffer(&on.byte, 1), std::move(token));
  });
  check_associations("drained", [](things& on, auto token) { on.child.in().async_drained(std::move(token)); });
  check_associations("result", [](things& on, auto token) { on.command.async_result(std::move(token)); });
  check_associations("async_exec", [](things& on, auto token) {
    brood::async_exec(on.io, "exec tail -f /dev/null", std::move(token));
  });
  check_associations("request", [](things& on, auto token) { on.silent.async_request("?", std::move(token)); });
  check_associations("request_within", [](things& on, auto token) {
    on.silent.async_request("?", std::chrono::hours(1), std::move(token));
  });
  check_associations("send", [](things& on, auto token) {
    on.silent.async_send(std::string(4'000'000, 'x'), std::move(token));  // more than the socket takes
  });
  check_associations("acked", [](things& on, auto token) {
    on.silent.async_send_handle("take it", brood::attachment::copy_of(on.accepts_nobody), std::move(token));
  });
  check_associations("messages_drained", [](things& on, auto token) {
    on.silent.send(std::string(4'000'000, 'x'));
    on.silent.async_drained(std::move(token));
  });
  check_associations("http_get", [](things& on, auto token) {
    const brood::http::client client{on.io};
    const auto port = on.accepts_nobody.local_endpoint().port();
    auto call = client.get("http://127.0.0.1:" + std::to_string(port) + "/");
    call.async_result(std::move(token));
  });
  check_associations("worker_exited", [](things& on, auto token) {
    auto exited = on.primary.fork().exited;
    exited.async_wait(std::move(token));
  });
  check_associations("primary_disconnect",
                     [](things& on, auto token) { on.primary.async_disconnect(std::move(token)); });
}

}  // namespace
