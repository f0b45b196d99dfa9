#include "support/apart.hpp"

#include <grp.h>
#include <malloc.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <brood/spawn_sync.hpp>
#include <cerrno>
#include <cstdlib>
#include <string_view>

namespace brood_test {

std::string apart(const std::function<std::string()>& act) {
  int ends[2];
  if (::pipe(ends) == -1) return {};
  const pid_t copy = ::fork();
  if (copy == 0) {
    ::close(ends[0]);
    std::string_view text;
    const std::string result = act();
    for (text = result; !text.empty();) {
      const ssize_t done = ::write(ends[1], text.data(), text.size());
      if (done <= 0) break;
      text.remove_prefix(static_cast<std::size_t>(done));
    }
    ::_exit(text.empty() ? 0 : 1);
  }
  ::close(ends[1]);
  std::string result;
  char piece[4096];
  for (ssize_t size = 0; (size = ::read(ends[0], piece, sizeof piece)) > 0;) {
    result.append(piece, static_cast<std::size_t>(size));
  }
  ::close(ends[0]);
  int status = 0;
  ::waitpid(copy, &status, 0);
  return status == 0 ? result : std::string();
}

void become_stranger() {
  if (::getuid() != 0) return;
  const auto id = static_cast<uid_t>(1'000'000'000 + ::getpid());
  if (::setgroups(0, nullptr) == -1 || ::setresgid(id, id, id) == -1 || ::setresuid(id, id, id) == -1) return;
  ::prctl(PR_SET_DUMPABLE, 1);  // else /proc/self belongs to root
}

bool has_children() { return ::waitpid(-1, nullptr, WNOHANG) != -1 || errno != ECHILD; }

int collect_orphans() {
  // WNOWAIT: the question itself collects nobody.
  const auto any_child = [] {
    siginfo_t info{};
    return ::waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
  };
  int started = 0;
  for (; any_child(); ++started) brood::spawn_sync("true");
  return started;
}

std::size_t heap_in_use() { return ::mallinfo2().uordblks; }

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

int load([[maybe_unused]] int usual, [[maybe_unused]] int full, [[maybe_unused]] int few) {
#ifdef BROOD_SANITIZED
  return few;
#else
  const char* wish = std::getenv("BROOD_LOAD");
  return wish != nullptr && wish == std::string_view("full") ? full : usual;
#endif
}

}  // namespace brood_test
