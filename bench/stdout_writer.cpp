// The child of the stdout group: writes as many MiB to its stdout as it is told, each by one write(2) of 1 MiB.
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <vector>

namespace {

bool write_all(const char* data, std::size_t size) {
  while (size != 0) {
    const ssize_t done = ::write(STDOUT_FILENO, data, size);
    if (done <= 0) return false;
    data += done;
    size -= static_cast<std::size_t>(done);
  }
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  constexpr std::size_t piece = 1024 * 1024;
  const std::vector<char> buffer(piece, 'x');
  for (long left = argc > 1 ? std::atol(argv[1]) : 0; left > 0; --left) {
    if (!write_all(buffer.data(), buffer.size())) return 1;
  }
  return 0;
}
