#include <gtest/gtest.h>
#include <sys/resource.h>

#include <brood/async_spawn.hpp>
#include <brood/spawn_sync.hpp>
#include <fstream>
#include <functional>
#include <regex>
#include <sstream>

#include "support.hpp"
#include "support/apart.hpp"

// What a start that failed leaves behind: nothing. And the failures of processes in want: of descriptors, of processes,
// of rights.

namespace {

using brood::spawn_error;
using brood::spawn_options;
using brood::spawn_step;
using brood::stdio;
using brood_test::apart;
using brood_test::become_stranger;
using brood_test::loop;
using brood_test::needs_descriptors_itself;

struct failure {
  const char* name;
  std::string command = "true";
  brood::arguments args{};
  spawn_options options{};
};

const std::string nul("a\0b", 3);

class a_start_that_fails : public testing::TestWithParam<failure> {
 protected:
  /// Once through each door. Whatever the door, the same failure.
  void knock() {
    const failure& f = GetParam();
    loop io;
    const std::string told = told_by([&] { brood::spawn(io, f.command, f.args, f.options); });
    EXPECT_EQ(told_by([&] { brood::fork(io, f.command, f.args, f.options); }), told);
    EXPECT_EQ(told_by([&] { brood::spawn_sync(f.command, f.args, quiet(f.options)); }), told);
    auto starting = brood::async_spawn(io, f.command, f.args, f.options);
    brood::error_code seen;
    starting.async_child([&](brood::error_code ec, const std::optional<brood::child_process>&) { seen = ec; });
    io.run();
    ASSERT_TRUE(starting.error());
    EXPECT_EQ(starting.error()->what(), told);
    EXPECT_EQ(starting.error()->code(), seen);
  }

  static std::string told_by(const std::function<void()>& start) {
    try {
      start();
    } catch (const spawn_error& error) {
      return error.what();
    }
    return "it started";
  }

  static spawn_options quiet(spawn_options options) {
    for (stdio* one : {&options.in, &options.out, &options.err}) {
      if (one->type() == stdio::kind::usual) *one = stdio::pipe;
      if (one->type() == stdio::kind::pipe) *one = stdio::ignore;
    }
    return options;
  }
};

TEST_P(a_start_that_fails, leaves_descriptors_children_and_memory_as_they_were) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << "each thread has a heap of its own";
  for (int i = 0; i < 20; ++i) knock();  // until allocators and caches have what they keep
  const auto descriptors = brood_test::open_descriptors();
  const auto heap = brood_test::heap_in_use();
  for (int i = 0; i < 20; ++i) knock();
  EXPECT_EQ(brood_test::open_descriptors(), descriptors);
  EXPECT_LE(brood_test::heap_in_use(), heap + 4096) << "20 times 4 starts, each with plans of a kilobyte";
  EXPECT_FALSE(brood_test::has_children());
}

INSTANTIATE_TEST_SUITE_P(
    for_want_of, a_start_that_fails,
    testing::Values(failure{.name = "a_directory", .options = {.cwd = "/nope"}},
                    failure{.name = "a_directory_that_is_one", .options = {.cwd = "/etc/passwd"}},
                    failure{.name = "a_program", .command = "/no/such"},
                    failure{.name = "a_program_in_path", .command = "no-such-command"},
                    failure{.name = "the_right_to_execute", .command = "/etc/passwd"},
                    failure{.name = "a_path_through_directories", .command = "/etc/passwd/x"},
                    failure{.name = "room_for_arguments", .args = {std::string(200'000, 'x')}},
                    failure{.name = "a_descriptor", .options = {.out = stdio::descriptor(987)}},
                    failure{.name = "a_further_descriptor", .options = {.more = {stdio::descriptor(987)}}},
                    failure{.name = "a_file", .options = {.in = stdio::read("/no/such")}},
                    failure{.name = "a_cgroup", .options = {.cgroup = "/no/such"}},
                    failure{.name = "a_limit", .options = {.limits = {.resources = {{9999, 1, 1}}}}},
                    failure{.name = "a_processor", .options = {.limits = {.cpus = {8191}}}},
                    failure{.name = "a_command", .command = ""},
                    failure{.name = "a_command_without_nul", .command = nul},
                    failure{.name = "an_argument_without_nul", .args = {nul}},
                    failure{.name = "an_argv0_without_nul", .options = {.argv0 = nul}},
                    failure{.name = "a_directory_without_nul", .options = {.cwd = nul}},
                    failure{.name = "a_variable_without_nul", .options = {.env = {{"A", nul}}}},
                    failure{.name = "a_name_without_nul", .options = {.env = {{nul, "1"}}}},
                    failure{.name = "a_user", .options = {.as = {.uid = static_cast<uid_t>(-1)}}},
                    failure{.name = "a_group", .options = {.as = {.gid = static_cast<gid_t>(-1)}}},
                    failure{
                        .name = "a_parent_to_die_with", .command = "/no/such", .options = {.die_with_parent = true}}),
    [](const auto& one) { return one.param.name; });

TEST(failed_spawn, by_a_script_without_its_interpreter_leaves_nothing_either) {
  const auto path = std::filesystem::temp_directory_path() / ("brood_orphan_script_" + std::to_string(::getpid()));
  std::ofstream(path) << "#!/no/such/interpreter\n";
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  const auto descriptors = brood_test::open_descriptors();
  loop io;
  try {
    brood::spawn(io, path);
    ADD_FAILURE() << "it started";
  } catch (const spawn_error& error) {
    EXPECT_EQ(error.step(), spawn_step::execute);
    EXPECT_EQ(error.code(), boost::system::errc::no_such_file_or_directory);
    EXPECT_NE(std::string(error.what()).find("/no/such/interpreter"), std::string::npos) << error.what();
  }
  std::filesystem::remove(path);
  EXPECT_EQ(brood_test::open_descriptors(), descriptors + 3) << "those of the loop";
  EXPECT_FALSE(brood_test::has_children());
}

/// Makes every descriptor of this process taken, then lets go of one after the other until `attempt` succeeds. Gives
/// what each failure was told, and checks that it has let go of all it had.
std::vector<std::string> told_until_there_are_enough(const std::function<void()>& attempt) {
  const rlimit few{64, 64};
  ::setrlimit(RLIMIT_NOFILE, &few);
  std::vector<int> hoarded;
  const auto hoard = [&] {
    std::size_t count = 0;
    for (int fd = 0; (fd = ::dup(0)) != -1; ++count) hoarded.push_back(fd);
    return count;
  };
  hoard();
  std::vector<std::string> told;
  for (std::size_t free = 0;; ++free) {
    for (std::size_t i = 0; i < free; ++i) {
      ::close(hoarded.back());
      hoarded.pop_back();
    }
    try {
      attempt();
      return told;
    } catch (const boost::system::system_error& error) {
      told.emplace_back(error.what());
    }
    if (hoard() != free) told.back() += ", and kept descriptors";
    if (brood_test::has_children()) told.back() += ", and left a child";
  }
}

std::string lines(const std::vector<std::string>& all) {
  std::string text;
  for (const auto& one : all) text += one + '\n';
  return text;
}

TEST(failed_spawn, for_want_of_descriptors_at_each_step) {
  if (needs_descriptors_itself()) GTEST_SKIP() << "UBSan looks at memory through a pipe of its own";
  const std::string told = apart([] {
    loop io;
    brood::spawn(io, "true");  // the loop has made its own
    io.run();
    return lines(told_until_there_are_enough([&] {
      auto child = brood::spawn(io, "true");
      io.restart();
      io.run();
      if (!child.exited.happened()) throw boost::system::system_error({}, "not heard of again");
    }));
  });
  std::string expected;
  for (int ends = 0; ends < 6; ++ends) expected += "spawn: cannot create a pipe: Too many open files (N)\n";
  expected += "spawn: cannot create a process for true: Too many open files (N)\n";
  EXPECT_EQ(std::regex_replace(told, std::regex(R"(\(RLIMIT_NOFILE is \d+\))"), "(N)"), expected);
}

// The loop makes its epoll at the first use, which may be after there is a child already.
TEST(failed_spawn, for_want_of_descriptors_for_the_loop_itself) {
  if (needs_descriptors_itself()) GTEST_SKIP() << "UBSan looks at memory through a pipe of its own";
  const auto starts = std::vector<std::function<void()>>{
      [] {
        loop io;
        auto child = brood::spawn(io, "true");
        io.run();
      },
      [] {
        loop io;
        auto starting = brood::async_spawn(io, "true");
        io.run();
        if (starting.error()) throw spawn_error(*starting.error());
      },
      [] { brood::spawn_sync("true"); },
      [] { brood::exec_sync("true"); },
  };
  for (const auto& start : starts) {
    const std::string told = apart([&] { return lines(told_until_there_are_enough(start)); });
    std::istringstream all(told);
    int count = 0;
    for (std::string line; std::getline(all, line); ++count) {
      EXPECT_TRUE(line.starts_with("spawn: cannot create a p") &&
                  line.find(": Too many open files (RLIMIT_NOFILE is ") != line.npos)
          << line;
    }
    EXPECT_GE(count, 2);
  }
}

/// What a start in want is told, and whether anything was left of it.
std::string told_in_want(const std::function<void(loop&)>& start) {
  const auto before = brood_test::open_descriptors();
  std::string text = "it started";
  {
    loop io;
    try {
      start(io);
      io.run();
    } catch (const spawn_error& error) {
      text = error.what();
    }
  }
  if (brood_test::open_descriptors() != before) text += ", and left descriptors";
  if (brood_test::has_children()) text += ", and left a child";
  return text;
}

TEST(failed_spawn, for_want_of_processes) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << "no threads can be had, either";
  const auto in_want = [](const std::function<void(loop&)>& start) {
    return apart([&] {
      become_stranger();
      const rlimit one{1, 1};
      ::setrlimit(RLIMIT_NPROC, &one);
      return told_in_want(start);
    });
  };
  const std::string expected = "spawn: cannot create a process for true: Resource temporarily unavailable";
  EXPECT_EQ(in_want([](loop& io) { brood::spawn(io, "true"); }), expected);
  EXPECT_EQ(in_want([](loop& io) { brood::fork(io, "true"); }), expected);
  EXPECT_EQ(in_want([](loop& io) { brood::spawn(io, "true", {}, {.die_with_parent = true}); }), expected);
  EXPECT_EQ(in_want([](loop& io) {
              auto starting = brood::async_spawn(io, "true");
              io.run();
              if (starting.error()) throw spawn_error(*starting.error());
            }),
            expected);
}

TEST(failed_spawn, is_none_in_a_process_that_was_forked_from_one_with_a_launcher) {
  brood::spawn_sync("true", {}, {.die_with_parent = true});
  EXPECT_EQ(apart([] {
              return to_string(brood::spawn_sync("sh", {"-c", "exit 3"}, {.die_with_parent = true}));
            }),
            "exited with code 3");
}

TEST(failed_spawn, for_want_of_rights) {
  if (::getuid() != 0) GTEST_SKIP() << "who is not root cannot become one who has no rights";
  const auto as = [](brood::identity who) {
    return apart([&] {
      become_stranger();
      return told_in_want([&](loop& io) { brood::spawn(io, "true", {}, {.as = who}); });
    });
  };
  EXPECT_EQ(as({.uid = 0}), "spawn: cannot change to user 0: Operation not permitted");
  EXPECT_EQ(as({.gid = 0}), "spawn: cannot change to group 0: Operation not permitted");
  EXPECT_EQ(as({.uid = 0, .gid = 0}), "spawn: cannot change to group 0: Operation not permitted");
  EXPECT_EQ(as({.groups = std::vector<gid_t>{7, 8}}), "spawn: cannot change to group 7, 8: Operation not permitted");
  EXPECT_EQ(as({.no_new_privs = true}), "it started");
}

}  // namespace
