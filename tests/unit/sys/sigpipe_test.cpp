// The calls that write without MSG_NOSIGNAL: none of them leaves a SIGPIPE behind, whatever it returns.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/socket.h>

#include <string>
#include <utility>

#include "brood/unique_fd.hpp"
#include "sys/calls.hpp"

namespace brood {
namespace {

constexpr std::size_t much = 500'000;

/// A TCP connection whose peer has closed. The peer's kernel answers the first packet with a reset, so a call that
/// sends several packets sends a part.
unique_fd departed_peer() {
  const unique_fd listener{::socket(AF_INET, SOCK_STREAM, 0)};
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof where;
  auto* address = reinterpret_cast<sockaddr*>(&where);
  EXPECT_EQ(::bind(listener.get(), address, size), 0);
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  EXPECT_EQ(::getsockname(listener.get(), address, &size), 0);
  const unique_fd peer{::socket(AF_INET, SOCK_STREAM, 0)};
  EXPECT_EQ(::connect(peer.get(), address, size), 0);
  return unique_fd{::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK)};
}

unique_fd pipe_without_reader() {
  int ends[2];
  EXPECT_EQ(brood::detail::sys::pipe(ends), 0);
  ::close(ends[0]);
  return unique_fd{ends[1]};
}

/// Both ends of a pipe that holds much.
std::pair<unique_fd, unique_fd> full_pipe() {
  int ends[2];
  EXPECT_EQ(brood::detail::sys::pipe(ends), 0);
  EXPECT_GE(brood::detail::sys::set_pipe_size(ends[1], 1 << 20), 1 << 20);
  const std::string text(much, 'x');
  EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  return {unique_fd{ends[0]}, unique_fd{ends[1]}};
}

unique_fd long_file() {
  unique_fd file{brood::detail::sys::memory_file()};
  EXPECT_EQ(::ftruncate(file.get(), much), 0);
  return file;
}

struct call {
  const char* name;
  ssize_t (*make)();
  bool sends_a_part;
};
const call calls[] = {
    {"write", [] { return brood::detail::sys::write_without_signal(pipe_without_reader().get(), "x", 1); }, false},
    {"splice_to_pipe",
     [] {
       const auto from = full_pipe();
       return brood::detail::sys::splice_without_signal(from.first.get(), pipe_without_reader().get(), much);
     },
     false},
    {"splice_to_socket",
     [] {
       const auto from = full_pipe();
       return brood::detail::sys::splice_without_signal(from.first.get(), departed_peer().get(), much);
     },
     true},
    {"send_file", [] { return brood::detail::sys::send_file(departed_peer().get(), long_file().get(), 0, much); },
     true},
};

sigset_t pipe_signal() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  return set;
}

bool pending() {
  sigset_t set;
  ::sigpending(&set);
  return sigismember(&set, SIGPIPE) == 1;
}

/// SIGPIPE is blocked in this thread, so that one which a call leaves behind can be seen. The test takes it away.
class sigpipe : public testing::TestWithParam<call> {
 protected:
  sigpipe() {
    const auto set = pipe_signal();
    ::pthread_sigmask(SIG_BLOCK, &set, &before_);
  }
  ~sigpipe() override {
    const auto set = pipe_signal();
    const timespec at_once{};
    ::sigtimedwait(&set, nullptr, &at_once);
    ::pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }

 private:
  sigset_t before_;
};
INSTANTIATE_TEST_SUITE_P(calls, sigpipe, testing::ValuesIn(calls), [](const auto& one) { return one.param.name; });

TEST_P(sigpipe, is_taken_away_whatever_the_call_returns) {
  const ssize_t result = GetParam().make();
  const int error = errno;
  EXPECT_FALSE(pending());
  if (GetParam().sends_a_part) {
    EXPECT_GT(result, 0);
    EXPECT_LT(result, static_cast<ssize_t>(much));
  } else {
    EXPECT_EQ(result, -1);
    EXPECT_EQ(error, EPIPE);
  }
}

TEST_P(sigpipe, stays_if_it_was_pending_before) {
  ::raise(SIGPIPE);
  GetParam().make();
  EXPECT_TRUE(pending());
}

}  // namespace
}  // namespace brood
