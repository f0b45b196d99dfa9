// Boost.Process v2 in the stdout group: an Asio pipe and reads of 64 KiB, on one loop.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <vector>

#include "stdout_command.hpp"

namespace {

namespace asio = boost::asio;
namespace bp = boost::process::v2;
using boost::system::error_code;

struct reading {
  asio::readable_pipe out;
  std::vector<char> room = std::vector<char>(64 * 1024);
  long long bytes = 0;

  void next() {
    out.async_read_some(asio::buffer(room), [this](error_code ec, std::size_t size) {
      bytes += static_cast<long long>(size);
      if (!ec) next();
    });
  }
};

}  // namespace

int main(int, char** argv) {
  asio::io_context loop{1};
  return bench::serve_stdout([&](const std::string& amount) {
    reading it{.out = asio::readable_pipe(loop)};
    const std::vector<std::string> arguments{amount};
    bp::process child(loop, argv[1], arguments, bp::process_stdio{nullptr, it.out, {}});
    int code = -1;
    child.async_wait([&code](error_code ec, int told) { code = ec ? -1 : told; });
    it.next();
    loop.run();
    loop.restart();
    if (code != 0) throw std::runtime_error("the child: code " + std::to_string(code));
    return it.bytes;
  });
}
