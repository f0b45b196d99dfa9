#include <gtest/gtest.h>
#include <sys/resource.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <brood/async_spawn.hpp>
#include <brood/spawn_sync.hpp>
#include <cerrno>
#include <filesystem>
#include <set>

#include "support/apart.hpp"
#include "support/cgroup.hpp"
#include "support/open_descriptors.hpp"
#include "sys/faults.hpp"

// The Nth system call of a scenario fails, for every N until it passes. Whatever fails: nothing is left behind, and
// nobody waits for ever.

namespace {

namespace asio = boost::asio;
using brood::detail::sys::fault_struck;
using brood::detail::sys::plant_fault;

using brood_test::has_children;
using brood_test::open_descriptors;
using namespace std::chrono_literals;

class a_system_call : public testing::TestWithParam<int> {
 protected:
  /// Runs the scenario again and again; `scenario()` may throw spawn_error.
  template <class Scenario>
  void fail_each(Scenario scenario) {
    const std::size_t before = open_descriptors();
    int count = 0;
    int thrown = 0;
    for (bool struck = true; struck; ++count) {
      plant_fault(count + 1, GetParam());
      try {
        scenario();
      } catch (const brood::spawn_error& error) {
        ++thrown;
        EXPECT_EQ(error.code().value(), GetParam()) << error.what();
        EXPECT_TRUE(fault_struck());
      }
      struck = fault_struck();
      plant_fault(0, 0);
      ASSERT_EQ(open_descriptors(), before) << "call " << count + 1;
      ASSERT_FALSE(has_children()) << "call " << count + 1;
    }
    EXPECT_GT(count, 5) << "the calls go through the seam";
    EXPECT_GE(thrown, 2);
  }
};

TEST_P(a_system_call, may_fail_in_a_spawn) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "cat");
    std::string text;
    child.out().on_data([&](std::string_view data) { text += data; });
    child.in().end("hello");
    io.run();
    EXPECT_TRUE(child.exited.happened());
    EXPECT_TRUE(child.closed.happened());
    EXPECT_TRUE(child.in().closed.happened());
    if (!fault_struck()) {
      EXPECT_EQ(text, "hello");
      EXPECT_EQ(*child.exited.value(), brood::exit_status::exited(0));
    }
  });
}

TEST_P(a_system_call, may_fail_in_a_spawn_that_nobody_reads) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "echo", {"kept"}, {.in = brood::stdio::ignore});
    io.run();
    EXPECT_TRUE(child.exited.happened());
    EXPECT_TRUE(child.closed.happened());
  });
}

// The pipe is made larger, and what is in it is moved to another: without either it is read all the same.
TEST_P(a_system_call, may_fail_while_plenty_is_read) {
  constexpr std::size_t plenty = 1'000'000;
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "head", {"-c", std::to_string(plenty), "/dev/zero"}, {.in = brood::stdio::ignore});
    std::size_t size = 0;
    child.out().on_data([&](std::string_view data) { size += data.size(); });
    io.run();
    EXPECT_TRUE(child.closed.happened());
    EXPECT_TRUE(size == plenty || fault_struck());
  });
}

TEST_P(a_system_call, may_fail_in_a_fork) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::fork(io, std::string(BROOD_ACTORS_DIR) + "/channel_child");
    int heard = 0;
    child.messages.on([&](const brood::message& m) {
      EXPECT_EQ(m.body.at("echo").as_int64(), 7);
      ++heard;
      child.disconnect();
    });
    child.send(7);
    io.run();
    EXPECT_TRUE(child.exited.happened());
    EXPECT_TRUE(child.closed.happened());
    EXPECT_TRUE(child.disconnected.happened());
    EXPECT_TRUE(heard == 1 || fault_struck());
  });
}

/// Every option that costs a system call.
brood::spawn_options all_options(const std::filesystem::path& file) {
  brood::spawn_options all;
  all.cwd = "/usr";
  all.in = brood::stdio::read("/dev/null");
  all.err = brood::stdio::append(file);
  all.more = {brood::stdio::pipe, brood::stdio::ignore, brood::stdio::write(file), brood::stdio::descriptor(0)};
  all.detached = true;
  all.die_with_parent = true;
  all.as = {.uid = ::getuid(), .gid = ::getgid(), .no_new_privs = true};
  all.limits = {.resources = {{RLIMIT_CORE, 0, 0}}, .nice = 1, .umask = 022, .cpus = {0}};
  return all;
}

TEST_P(a_system_call, may_fail_in_a_spawn_with_every_option) {
  const std::filesystem::path file =
      std::filesystem::temp_directory_path() / ("brood_fault_" + std::to_string(::getpid()));
  if (::getuid() != 0) GTEST_SKIP() << "the supplementary groups are root's to set";
  brood::spawn_sync("true", {}, {.die_with_parent = true});  // the launcher is there
  fail_each([&] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "pwd", {"-P"}, all_options(file));
    std::string text;
    child.out().on_data([&](std::string_view data) { text += data; });
    io.run();
    EXPECT_TRUE(child.closed.happened());
    EXPECT_TRUE(fault_struck() || text == "/usr\n");
  });
  std::filesystem::remove(file);
}

TEST_P(a_system_call, may_fail_in_a_spawn_into_a_cgroup) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  fail_each([&] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "true", {}, {.in = brood::stdio::ignore, .group = true, .cgroup = group.path()});
    io.run();
    EXPECT_TRUE(child.closed.happened());
  });
}

TEST_P(a_system_call, may_fail_in_an_async_spawn) {
  brood::spawn_sync("true", {}, {.die_with_parent = true});
  fail_each([] {
    asio::io_context io{1};
    auto starting = brood::async_spawn(io, "echo", {"started"});
    std::string text;
    std::optional<brood::child_process> running;
    starting.async_child([&](brood::error_code ec, std::optional<brood::child_process> child) {
      EXPECT_EQ(bool(ec), !child);
      if (ec) return;
      running = std::move(child);
      running->out().on_data([&](std::string_view data) { text += data; });
    });
    io.run();
    if (starting.error()) throw brood::spawn_error(*starting.error());
    ASSERT_TRUE(running);
    EXPECT_TRUE(running->closed.happened());
    EXPECT_TRUE(fault_struck() || text == "started\n");
  });
}

TEST_P(a_system_call, may_fail_in_an_exec_but_never_cuts_its_output_unseen) {
  fail_each([] {
    asio::io_context io{1};
    auto run = brood::exec(io, "echo out; echo err >&2");
    int told = 0;
    run.async_result([&](brood::error_code ec, const brood::exec_result& result) {
      ++told;
      const bool complete = !ec && result.ok();
      EXPECT_TRUE(complete || fault_struck()) << ec.message();
      if (!complete) return;
      EXPECT_EQ(result.out, "out\n");
      EXPECT_EQ(result.err, "err\n");
    });
    io.run();
    EXPECT_EQ(told, 1);
  });
}

TEST_P(a_system_call, may_fail_in_an_exec_into_memory) {
  fail_each([] {
    asio::io_context io{1};
    const brood::exec_options options{.in = brood::stdio::ignore,
                                      .capture = brood::exec_options::capturing::memory_file};
    auto run = brood::exec(io, "echo out; echo err >&2", options);
    int told = 0;
    run.async_result([&](brood::error_code ec, const brood::exec_result& result) {
      ++told;
      const bool complete = !ec && result.ok();
      EXPECT_TRUE(complete || fault_struck()) << ec.message();
      EXPECT_TRUE(!complete || result.out + result.err == "out\nerr\n");
    });
    io.run();
    EXPECT_EQ(told, 1);
  });
}

TEST_P(a_system_call, may_fail_in_an_exec_sync) {
  fail_each([] {
    try {
      const auto result = brood::exec_sync("cat", {.input = "input"});
      EXPECT_TRUE(fault_struck() || result.out == "input");
    } catch (const brood::spawn_error&) {
      throw;
    } catch (const boost::system::system_error& error) {
      EXPECT_TRUE(fault_struck()) << error.what();
    }
  });
}

TEST_P(a_system_call, may_fail_in_a_kill_and_is_told) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.in = brood::stdio::ignore});
    try {
      EXPECT_TRUE(child.kill(SIGKILL));
      EXPECT_TRUE(child.killed());
    } catch (const boost::system::system_error& error) {
      EXPECT_EQ(error.code().value(), GetParam());
      EXPECT_FALSE(child.killed());
      EXPECT_TRUE(child.kill(SIGKILL));
    }
    io.run();
    EXPECT_EQ(*child.exited.value(), brood::exit_status::killed(SIGKILL));
  });
}

TEST_P(a_system_call, may_fail_in_a_step_of_stop_and_the_next_one_follows) {
  fail_each([] {
    asio::io_context io{1};
    auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.in = brood::stdio::ignore});
    child.stop({{SIGKILL, 1ms}, {SIGKILL, 0ms}});
    io.run();
    EXPECT_EQ(*child.exited.value(), brood::exit_status::killed(SIGKILL));
  });
}

/// The steps at which a start fails if `times` system calls in a row fail with ETXTBSY, for every first one of them.
std::set<brood::spawn_step> steps_that_fail(int times) {
  std::set<brood::spawn_step> failed;
  bool struck = true;
  for (int first = 1; struck; ++first) {
    plant_fault(first, ETXTBSY, times);
    try {
      asio::io_context io{1};
      auto child = brood::spawn(io, "/bin/true", {}, {.in = brood::stdio::ignore});
      io.run();
    } catch (const brood::spawn_error& error) {
      failed.insert(error.step());
      EXPECT_EQ(error.code().value(), ETXTBSY) << error.what();
    }
    struck = fault_struck();
    plant_fault(0, 0);
  }
  return failed;
}

TEST(a_program_file, is_executed_when_its_writer_closes_it_in_time) {
  EXPECT_EQ(steps_that_fail(3).count(brood::spawn_step::execute), 0U);
}

TEST(a_program_file, is_reported_as_busy_while_a_writer_has_it_open) {
  constexpr int for_ever = 1000;
  EXPECT_EQ(steps_that_fail(for_ever).count(brood::spawn_step::execute), 1U);
}

INSTANTIATE_TEST_SUITE_P(with, a_system_call, testing::Values(EMFILE, ENOMEM, EIO),
                         [](const auto& one) { return std::string(strerrorname_np(one.param)); });

}  // namespace
