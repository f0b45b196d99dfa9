// The floor of the ipc group: two processes, a socketpair, epoll, and 150 bytes there and back. No messages, no loop.
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "line_protocol.hpp"

namespace {

constexpr std::size_t size = 150;

int checked(long result) {
  if (result == -1) throw std::system_error(errno, std::generic_category());
  return static_cast<int>(result);
}

struct end {
  int fd;
  int poll = checked(::epoll_create1(EPOLL_CLOEXEC));
  std::array<char, size> bytes{};

  explicit end(int socket) : fd(socket) {
    epoll_event event{.events = EPOLLIN | EPOLLET, .data = {}};
    checked(::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event));
  }

  /// False at the end of the stream. Reads until there is nothing, as every loop that is told of edges must.
  bool receive() {
    for (;;) {
      epoll_event event;
      if (::epoll_wait(poll, &event, 1, -1) == -1 && errno != EINTR) return false;
      std::size_t got = 0;
      for (;;) {
        const ssize_t n = ::recv(fd, bytes.data(), size, MSG_DONTWAIT);
        if (n == 0) return false;
        if (n < 0) break;
        got += static_cast<std::size_t>(n);
      }
      if (got != 0) return true;
    }
  }
  void send() const { checked(::send(fd, bytes.data(), size, MSG_NOSIGNAL)); }
};

std::string ping(double seconds) {
  int ends[2];
  checked(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends));
  const pid_t child = checked(::fork());
  if (child == 0) {
    ::close(ends[0]);
    end other(ends[1]);
    while (other.receive()) other.send();
    ::_exit(0);
  }
  ::close(ends[1]);
  end own(ends[0]);
  long long count = 0;
  const auto start = bench::clock::now();
  while (static_cast<double>(bench::ns_since(start)) < seconds * 1e9) {
    own.send();
    if (!own.receive()) throw std::runtime_error("the other end is gone");
    ++count;
  }
  const auto elapsed = bench::ns_since(start);
  ::close(own.fd);
  ::close(own.poll);
  ::waitpid(child, nullptr, 0);
  return bench::words(count, elapsed);
}

}  // namespace

int main() { return bench::serve({{"ping", ping}}); }
