// The floor of the stdout group: posix_spawn, a pipe of 1 MiB and a blocking read loop. BUFFER_KIB, the second argument
// where given, is how much it reads at once.
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <system_error>

#include "stdout_command.hpp"

namespace {

constexpr int pipe_size = 1024 * 1024;

void check(int error, const char* what) {
  if (error != 0) throw std::system_error(error, std::generic_category(), what);
}

pid_t start(const char* program, const std::string& amount, int out) {
  posix_spawn_file_actions_t actions;
  check(posix_spawn_file_actions_init(&actions), "posix_spawn_file_actions_init");
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  std::string name = program;
  std::string argument = amount;
  std::array<char*, 3> arguments{name.data(), argument.data(), nullptr};
  pid_t pid = -1;
  check(posix_spawn(&pid, program, &actions, nullptr, arguments.data(), environ), "posix_spawn");
  posix_spawn_file_actions_destroy(&actions);
  return pid;
}

struct freed {
  void operator()(char* memory) const { std::free(memory); }
};

}  // namespace

int main(int argc, char** argv) {
  const std::size_t room = (argc > 2 ? std::stoul(argv[2]) : 64) * 1024;
  // At a page, as what the kernel copies from: elsewhere some processors take several times as long, and that is no
  // floor.
  const std::unique_ptr<char, freed> buffer(static_cast<char*>(std::aligned_alloc(4096, room)));
  return bench::serve_stdout([&](const std::string& amount) {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) check(errno, "pipe2");
    if (::fcntl(ends[0], F_SETPIPE_SZ, pipe_size) == -1) check(errno, "F_SETPIPE_SZ");
    const pid_t pid = start(argv[1], amount, ends[1]);
    ::close(ends[1]);
    long long bytes = 0;
    while (const ssize_t size = ::read(ends[0], buffer.get(), room)) {
      if (size == -1) check(errno, "read");
      bytes += size;
    }
    ::close(ends[0]);
    int status = 0;
    if (::waitpid(pid, &status, 0) != pid || status != 0) throw std::runtime_error("the child failed");
    return bytes;
  });
}
