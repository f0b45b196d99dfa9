// The floor: three pipes, posix_spawn with file actions, waitpid. No event loop; nothing is read or remembered.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <system_error>

#include "spawn_commands.hpp"

namespace {

struct pipe_ends {
  int read = -1;
  int write = -1;
};

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

pipe_ends make_pipe() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) check(errno, "pipe2");
  return {ends[0], ends[1]};
}

long long spawn_and_wait() {
  const auto start = bench::clock::now();
  const pipe_ends in = make_pipe();
  const pipe_ends out = make_pipe();
  const pipe_ends err = make_pipe();
  posix_spawn_file_actions_t actions;
  check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  posix_spawn_file_actions_adddup2(&actions, in.read, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, out.write, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err.write, STDERR_FILENO);
  std::array<char, 10> name{"/bin/true"};
  std::array<char*, 2> arguments{name.data(), nullptr};
  pid_t pid = -1;
  check(posix_spawn(&pid, name.data(), &actions, nullptr, arguments.data(), environ), "posix_spawn");
  posix_spawn_file_actions_destroy(&actions);
  for (const int childs_end : {in.read, out.write, err.write}) ::close(childs_end);
  const auto blocked = bench::ns_since(start);

  int status = 0;
  if (::waitpid(pid, &status, 0) != pid || status != 0) throw std::runtime_error("/bin/true failed");
  for (const int our_end : {in.write, out.read, err.read}) ::close(our_end);
  return blocked;
}

}  // namespace

int main() { return bench::serve(bench::spawn_commands(spawn_and_wait)); }
