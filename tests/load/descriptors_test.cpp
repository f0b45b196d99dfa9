#include <fcntl.h>
#include <gtest/gtest.h>

#include <atomic>
#include <brood/child_process.hpp>
#include <random>
#include <thread>

#include "behaviour/support.hpp"
#include "support/apart.hpp"

namespace {

using brood::stdio;
using brood_test::loop;

/// What the actor has to say of one descriptor, up to the number of a pipe, which is nobody's business; nothing of one
/// that is not to be there.
struct declared {
  stdio how;
  std::string what;
};

std::string without_inodes(const std::string& text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '[')
      i = text.find(']', i);
    else
      result += text[i];
  }
  return result;
}

/// A thread's worth of children, one after the other, each with a choice of descriptors of its own.
void start_children(unsigned seed, int count, std::atomic<int>& right) {
  const int borrowed = ::open("/etc/group", O_RDONLY | O_CLOEXEC);
  const declared choice[] = {{stdio::pipe, "socket:"},
                             {stdio::ignore, ""},
                             {stdio::read("/etc/passwd"), "/etc/passwd"},
                             {stdio::descriptor(borrowed), "/etc/group"}};
  std::minstd_rand random(seed + 1);
  for (int i = 0; i < count; ++i) {
    loop io;
    brood::spawn_options options;
    std::string expected = "0 pipe:\n1 pipe:\n2 pipe:\n";
    for (unsigned number = 3; number < 3 + random() % 7; ++number) {
      const declared& one = choice[random() % std::size(choice)];
      options.more.push_back(one.how);
      if (!one.what.empty()) expected += std::to_string(number) + ' ' + one.what + '\n';
    }
    std::string text;
    auto child = brood::spawn(io, brood_test::actor("list_descriptors"), {}, options);
    child.out().on_data([&](std::string_view data) { text += data; });
    io.run();
    EXPECT_EQ(without_inodes(text), expected);
    right += without_inodes(text) == expected ? 1 : 0;
  }
  ::close(borrowed);
}

/// Opens what it can, without O_CLOEXEC, as code that knows nothing of children does.
void open_and_close(const std::atomic<bool>& stop) {
  while (!stop) {
    int all[64];
    for (int& fd : all) fd = ::open("/dev/zero", O_RDONLY);
    for (const int fd : all) ::close(fd);
  }
}

TEST(descriptors, are_exactly_those_declared_whatever_other_threads_open) {
  constexpr int threads = 8;
  const int each = brood_test::load(250, 250, 12);
  brood_test::raise_descriptor_limit();
  std::atomic<bool> stop = false;
  std::atomic<int> right = 0;
  std::thread foreign([&] { open_and_close(stop); });
  std::vector<std::thread> all;
  for (unsigned i = 0; i < threads; ++i) all.emplace_back([&, i] { start_children(i, each, right); });
  for (auto& one : all) one.join();
  stop = true;
  foreign.join();
  EXPECT_EQ(right, threads * each);
}

}  // namespace
