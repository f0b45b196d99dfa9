// pump BYTES: writes so many to stdout and to stderr while it reads stdin to its end, all three at once. Exits with 0
// when stdin was as many bytes of its pattern: 0 for stdin, 1 for stdout, 2 for stderr.
#include <unistd.h>

#include <cstdlib>
#include <thread>

#include "../support/pattern.hpp"

namespace {

void write_all(int fd, std::uint64_t bytes) {
  const brood_test::pattern text(static_cast<unsigned>(fd));
  for (std::uint64_t done = 0; done < bytes;) {
    const auto piece = text.from(done).substr(0, static_cast<std::size_t>(bytes - done));
    const ssize_t size = ::write(fd, piece.data(), piece.size());
    if (size < 0) std::abort();
    done += static_cast<std::uint64_t>(size);
  }
}

}  // namespace

int main(int, char** argv) {
  const std::uint64_t bytes = std::strtoull(argv[1], nullptr, 10);
  std::thread out(write_all, 1, bytes);
  std::thread err(write_all, 2, bytes);
  brood_test::pattern_check in(0);
  static char buffer[256 * 1024];
  for (ssize_t size = 0; (size = ::read(0, buffer, sizeof buffer)) > 0;) {
    in.take({buffer, static_cast<std::size_t>(size)});
  }
  out.join();
  err.join();
  return in.right() && in.size() == bytes ? 0 : 1;
}
