// Boost.Process v1 in the stdout group: an async_pipe and reads of 64 KiB, on one loop.
#include <boost/asio/buffer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/process/async_pipe.hpp>
#include <boost/process/child.hpp>
#include <boost/process/io.hpp>
#include <vector>

#include "stdout_command.hpp"

namespace {

namespace asio = boost::asio;
namespace bp = boost::process;

struct reading {
  bp::async_pipe out;
  std::vector<char> room = std::vector<char>(64 * 1024);
  long long bytes = 0;

  void next() {
    out.async_read_some(asio::buffer(room), [this](boost::system::error_code ec, std::size_t size) {
      bytes += static_cast<long long>(size);
      if (!ec) next();
    });
  }
};

}  // namespace

int main(int, char** argv) {
  asio::io_context loop{1};
  return bench::serve_stdout([&](const std::string& amount) {
    reading it{.out = bp::async_pipe(loop)};
    bp::child child(argv[1], amount, bp::std_in<bp::null, bp::std_out> it.out);
    it.next();
    loop.run();
    loop.restart();
    child.wait();
    if (child.exit_code() != 0) throw std::runtime_error("the child: code " + std::to_string(child.exit_code()));
    return it.bytes;
  });
}
