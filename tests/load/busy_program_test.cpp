#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <brood/spawn_sync.hpp>
#include <cerrno>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/apart.hpp"
#include "support/temporary_folder.hpp"

// A program is written, closed and run, while other threads start children: each of these holds a copy of the writer's
// descriptor for a moment, and execve(2) fails with ETXTBSY meanwhile.

namespace {

void write_program(const std::string& path) {
  const brood::unique_fd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755));
  constexpr std::string_view text = "#!/bin/true\n";
  ASSERT_EQ(::write(file.get(), text.data(), text.size()), static_cast<ssize_t>(text.size()));
}

TEST(a_program_just_written, can_be_run_while_other_threads_start_children) {
  const int count = brood_test::load(500, 20'000, 50);
  const brood_test::temporary_folder folder;
  std::atomic<bool> stop = false;
  std::vector<std::thread> others;
  for (int i = 0; i < 3; ++i) {
    others.emplace_back([&] {
      while (!stop) brood::spawn_sync("/bin/true");
    });
  }
  int busy = 0;
  for (int i = 0; i < count; ++i) {
    const std::string path = folder.path() / "program";
    write_program(path);
    try {
      EXPECT_EQ(brood::spawn_sync(path), brood::exit_status::exited(0));
    } catch (const brood::spawn_error& error) {
      EXPECT_EQ(error.code().value(), ETXTBSY) << error.what();
      ++busy;
    }
    ::unlink(path.c_str());
  }
  stop = true;
  for (auto& one : others) one.join();
  EXPECT_EQ(busy, 0);
}

}  // namespace
