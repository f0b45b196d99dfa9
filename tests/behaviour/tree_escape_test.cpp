#include <gtest/gtest.h>

#include <brood/child_process.hpp>
#include <filesystem>
#include <sstream>

#include "support.hpp"
#include "support/apart.hpp"
#include "support/cgroup.hpp"

// Those who do what they can not to be found: a second fork, a session of their own, another parent, another
// environment, other rights.

namespace {

namespace fs = std::filesystem;
using brood_test::loop;

/// Runs a line of shell and gives its first words, once they are there, to `then`, with the child; then waits until all
/// who held stdout are gone. Gives whether they are.
bool run_until_gone(const std::string& line, const brood::spawn_options& options, std::size_t lines,
                    const std::function<void(brood::child_process&, const std::string&)>& then) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", line}, options);
  std::string text;
  bool ended = false;
  child.out().on_end([&] { ended = true; });
  child.out().on_data([&](std::string_view data) {
    text += data;
    if (static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n')) == lines) then(child, text);
  });
  io.run_for(std::chrono::seconds(30));
  return ended;
}

TEST(tree_escape, nobody_gets_out_of_a_cgroup) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  // Three generations of double forks, each in a session of its own, the last with nothing left of the environment.
  const char* line =
      "setsid sh -c '(setsid sh -c \"(exec env -i setsid sh -c \\\"echo a; exec tail -f /dev/null\\\") & echo b\" & "
      "echo c) & echo d' & echo e; exec tail -f /dev/null";
  const bool gone = run_until_gone(line, {.cgroup = group.path()}, 5, [](auto& child, const std::string&) {
    EXPECT_TRUE(child.kill_tree().left.empty());
  });
  EXPECT_TRUE(gone);
}

TEST(tree_escape, stop_goes_step_by_step_for_all_in_a_cgroup) {
  const brood_test::cgroup group;
  if (!group.exists()) GTEST_SKIP() << group.why_not();
  const char* line =
      "(trap '' TERM; echo deaf; exec tail -f /dev/null) & exec env -i setsid sh -c 'echo b; exec tail -f /dev/null'";
  const bool gone = run_until_gone(line, {.cgroup = group.path()}, 2, [](auto& child, const std::string&) {
    child.stop({{SIGTERM, std::chrono::milliseconds(20)}, {SIGKILL, std::chrono::milliseconds(0)}});
  });
  EXPECT_TRUE(gone);
}

/// A program with the right to become root, where such a thing can be had: a copy of setpriv(1).
class privileged_program {
 public:
  privileged_program() : folder_(fs::temp_directory_path() / ("brood_rights_" + std::to_string(::getpid()))) {
    std::error_code ec;
    fs::create_directory(folder_, ec);
    fs::copy_file("/usr/bin/setpriv", path(), ec);
    fs::permissions(folder_, fs::perms::owner_all | fs::perms::others_exec | fs::perms::others_read, ec);
    fs::permissions(path(), fs::perms(04755), ec);
  }
  privileged_program(const privileged_program&) = delete;
  privileged_program& operator=(const privileged_program&) = delete;
  ~privileged_program() { fs::remove_all(folder_); }
  fs::path path() const { return folder_ / "setpriv"; }

 private:
  fs::path folder_;
};

TEST(tree_escape, who_may_not_be_signalled_is_reported) {
  if (::getuid() != 0) GTEST_SKIP() << "only root can make a program that gives its rights away";
  const privileged_program become;
  const std::string line = become.path().string() +
                           " --reuid 0 --regid 0 --clear-groups sh -c 'id -u; echo $$; exec tail -f /dev/null' & "
                           "exec tail -f /dev/null";
  const std::string told = brood_test::apart([&] {
    brood_test::become_stranger();
    loop io;
    auto child = brood::spawn(io, "sh", {"-c", line}, {.group = true});
    std::string text;
    child.out().on_data([&](std::string_view data) {
      text += data;
      if (std::count(text.begin(), text.end(), '\n') != 2) return;
      for (const pid_t pid : child.kill_tree().left) text += std::to_string(pid) + '\n';
      child.out().close();
    });
    io.run();
    return text;
  });
  std::istringstream numbers(told);
  uid_t user = 1;
  pid_t pid = 0;
  pid_t left = 0;
  pid_t more = 0;
  numbers >> user >> pid;
  if (user != 0 || pid <= 1) GTEST_SKIP() << "no program gains rights here: " << told;
  ::kill(pid, SIGKILL);
  numbers >> left;
  EXPECT_EQ(left, pid);
  EXPECT_FALSE(numbers >> more) << "all others could be";
}

}  // namespace
