// Processes that are hard to find, until stdin is at its end:
//   forker daemon        forks twice and leaves the session, as daemons do
//   forker chain N       N processes, each of which forks and exits, again and again; each chain in a session of its
//   own forker restless N    the same, and each process makes a session of its own
#include <poll.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <string_view>

namespace {

bool is_over(int patience) {
  pollfd in{.fd = 0, .events = POLLIN, .revents = 0};
  return ::poll(&in, 1, patience) != 0;
}

void leave_by_fork() {
  if (::fork() != 0) ::_exit(0);
}

[[noreturn]] void run_chain(bool new_sessions) {
  for (::setsid(); !is_over(0);) {
    leave_by_fork();
    if (new_sessions) ::setsid();
  }
  ::_exit(0);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return 1;
  const std::string_view how = argv[1];
  if (how == "daemon") {
    leave_by_fork();
    ::setsid();
    leave_by_fork();
    is_over(-1);
    return 0;
  }
  const int count = argc > 2 ? std::atoi(argv[2]) : 1;
  for (int i = 0; i < count; ++i) {
    if (::fork() == 0) run_chain(how == "restless");
  }
  static_cast<void>(::write(1, "started\n", 8));
  is_over(-1);
}
