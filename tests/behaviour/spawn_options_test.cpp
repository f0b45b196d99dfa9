#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <brood/child_process.hpp>
#include <brood/exec.hpp>
#include <fstream>
#include <thread>

#include "support.hpp"

namespace {

using brood::exit_status;
using brood::stdio;
using brood_test::loop;
using namespace std::chrono_literals;

std::string output_of_line(const std::string& line, brood::spawn_options options) {
  loop io;
  std::string text;
  options.out = stdio::pipe;
  auto child = brood::spawn(io, "sh", {"-c", line}, options);
  child.out().on_data([&](std::string_view data) { text += data; });
  io.run();
  return text;
}

std::string content_of(const std::filesystem::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

struct scratch_file {
  std::filesystem::path path = std::filesystem::temp_directory_path() / ("brood_options_" + std::to_string(::getpid()));
  ~scratch_file() { std::filesystem::remove(path); }
};

TEST(spawn_options, files_are_read_written_and_appended_to) {
  const scratch_file file;
  output_of_line("echo one >&2", {.err = stdio::write(file.path)});
  output_of_line("echo two >&2", {.err = stdio::append(file.path)});
  EXPECT_EQ(content_of(file.path), "one\ntwo\n");
  EXPECT_EQ(output_of_line("cat", {.in = stdio::read(file.path)}), "one\ntwo\n");
  output_of_line("echo new >&2", {.err = stdio::write(file.path)});
  EXPECT_EQ(content_of(file.path), "new\n");
}

TEST(spawn_options, a_file_that_cannot_be_opened_is_named) {
  loop io;
  try {
    brood::spawn(io, "true", {}, {.in = stdio::read("/no/such/file")});
    FAIL();
  } catch (const brood::spawn_error& error) {
    EXPECT_STREQ(error.what(), "spawn: cannot open /no/such/file: No such file or directory");
  }
}

TEST(spawn_options, further_descriptors_are_streams_both_ways) {
  loop io;
  auto child =
      brood::spawn(io, "sh", {"-c", "read line <&4; echo \"got $line\" >&4"}, {.more = {stdio::ignore, stdio::pipe}});
  boost::asio::local::stream_protocol::socket end(io, boost::asio::local::stream_protocol(),
                                                  child.release_stdio(4).release());
  EXPECT_THROW(static_cast<void>(child.release_stdio(4)), std::logic_error) << "it is handed over once";
  EXPECT_THROW(static_cast<void>(child.release_stdio(3)), std::logic_error) << "that one is no pipe";
  std::string answer;
  boost::asio::write(end, boost::asio::buffer("this\n", 5));
  boost::asio::async_read(end, boost::asio::dynamic_buffer(answer), [](brood::error_code, std::size_t) {});
  io.run();
  EXPECT_EQ(answer, "got this\n");
}

TEST(spawn_options, limits_hold_in_the_child) {
  const auto text =
      output_of_line("ulimit -n; umask; nice; grep Cpus_allowed_list /proc/self/status",
                     {.limits = {.resources = {{RLIMIT_NOFILE, 77, 77}}, .nice = 5, .umask = 027, .cpus = {0}}});
  EXPECT_EQ(text, "77\n0027\n5\nCpus_allowed_list:\t0\n");
}

TEST(spawn_options, a_processor_that_cannot_be_is_refused) {
  loop io;
  EXPECT_THROW(brood::spawn(io, "true", {}, {.limits = {.cpus = {-1}}}), brood::spawn_error);
}

TEST(spawn_options, a_group_of_its_own_and_a_session_of_its_own) {
  const std::string ids = "ps -o pgid=,sid= -p $$ | tr -s ' '; echo $$";
  std::istringstream group(output_of_line(ids, {.group = true}));
  std::istringstream session(output_of_line(ids, {.detached = true}));
  pid_t pgid = 0;
  pid_t sid = 0;
  pid_t pid = 0;
  group >> pgid >> sid >> pid;
  EXPECT_EQ(pgid, pid);
  EXPECT_EQ(sid, ::getsid(0));
  session >> pgid >> sid >> pid;
  EXPECT_EQ(pgid, pid);
  EXPECT_EQ(sid, pid);
}

TEST(spawn_options, another_user_keeps_none_of_our_groups) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root";
  EXPECT_EQ(output_of_line("id -u; id -g; id -G", {.as = {.uid = 65534, .gid = 65533}}), "65534\n65533\n65533\n");
  EXPECT_EQ(output_of_line("id -G", {.as = {.uid = 65534, .gid = 65533, .groups = std::vector<gid_t>{7, 8}}}),
            "65533 7 8\n");
  EXPECT_EQ(output_of_line("grep NoNewPrivs /proc/self/status", {.as = {.no_new_privs = true}}), "NoNewPrivs:\t1\n");
}

TEST(spawn_options, an_identity_without_the_right_to_it_names_the_step) {
  if (::getuid() != 0) GTEST_SKIP() << "needs root";
  // A child that has dropped its rights starts one that wants them back.
  loop io;
  const auto line = output_of_line("setpriv --reuid 0 true 2>&1 | head -1", {.as = {.uid = 65534, .gid = 65534}});
  EXPECT_NE(line.find("setresuid"), std::string::npos) << line;
}

TEST(spawn_options, a_time_limit_ends_the_child) {
  loop io;
  auto child = brood::spawn(io, "tail", {"-f", "/dev/null"}, {.timeout = 30ms});
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::killed(SIGTERM));
  EXPECT_TRUE(child.killed());
}

TEST(spawn_options, stop_goes_on_to_the_next_step_when_the_first_is_ignored) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "trap '' TERM; echo ready; exec tail -f /dev/null"});
  child.out().on_data([&](std::string_view) { child.stop({{SIGTERM, 20ms}, {SIGKILL, 0ms}}); });
  io.run();
  EXPECT_EQ(*child.exited.value(), exit_status::killed(SIGKILL));
}

TEST(spawn_options, the_exit_tells_what_the_child_used) {
  loop io;
  auto child = brood::spawn(io, "sh", {"-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done"});
  io.run();
  const auto& usage = child.exited.value()->usage();
  EXPECT_GT(usage.user_time.count() + usage.system_time.count(), 0);
  EXPECT_GT(usage.max_rss, 100'000U);
  EXPECT_GT(usage.minor_page_faults, 0U);
  EXPECT_GT(usage.voluntary_context_switches + usage.involuntary_context_switches, 0U);
}

TEST(spawn_options, a_child_that_dies_with_its_parent_outlives_the_thread_that_asked_for_it) {
  // The kernel ties it to the thread that made it: so that is one of brood's own, and not this one.
  loop io;
  std::optional<brood::child_process> child;
  std::thread([&] {
    child.emplace(brood::spawn(io, "sh", {"-c", "read word; exit 5"}, {.die_with_parent = true}));
  }).join();
  child->in().end("word\n");
  io.run();
  EXPECT_EQ(*child->exited.value(), exit_status::exited(5));
}

TEST(spawn_options, a_child_that_dies_with_its_parent_does) {
  // `parent` starts a grandchild tied to it and says its pid; killed, it takes the grandchild along.
  loop io;
  auto parent = brood::spawn(io, brood_test::actor("tied_parent"));
  std::string line;
  parent.out().on_data([&](std::string_view data) {
    line += data;
    if (line.ends_with('\n')) parent.kill(SIGKILL);
  });
  // The grandchild holds stdout as well: the end of it is the end of both.
  bool ended = false;
  parent.out().on_end([&] { ended = true; });
  io.run();
  EXPECT_TRUE(ended);
  EXPECT_GT(std::stoi(line), 1);
}

}  // namespace
