// Boost.Process v2 in the spawn group: its default launcher and three Asio pipes, read to their end, on one loop.
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/readable_pipe.hpp>
#include <boost/asio/writable_pipe.hpp>
#include <boost/process/v2/process.hpp>
#include <boost/process/v2/stdio.hpp>
#include <memory>

#include "stall.hpp"

namespace {

namespace asio = boost::asio;
namespace bp = boost::process::v2;
using boost::system::error_code;

class child : public std::enable_shared_from_this<child> {
 public:
  explicit child(asio::io_context& loop)
      : in_(loop),
        out_(loop),
        err_(loop),
        process_(loop, "/bin/true", std::vector<std::string>{}, bp::process_stdio{in_, out_, err_}) {}

  // Calls `done(exit code)` when it has ended and both pipes are at their end.
  template <class Done>
  void wait(Done done) {
    in_.close();
    const auto step = [self = shared_from_this(), done] {
      if (--self->open_ == 0) done(self->code_);
    };
    read(out_, out_room_, step);
    read(err_, err_room_, step);
    process_.async_wait([self = shared_from_this(), step](error_code ec, int code) {
      self->code_ = ec ? -1 : code;
      step();
    });
  }

 private:
  template <class Step>
  void read(asio::readable_pipe& from, std::array<char, 4096>& room, Step step) {
    from.async_read_some(asio::buffer(room), [this, &from, &room, step](error_code ec, std::size_t) {
      if (ec) return step();
      read(from, room, step);
    });
  }

  asio::writable_pipe in_;
  asio::readable_pipe out_;
  asio::readable_pipe err_;
  bp::process process_;
  std::array<char, 4096> out_room_{};
  std::array<char, 4096> err_room_{};
  int code_ = -1;
  int open_ = 3;
};

}  // namespace

int main() {
  asio::io_context loop{1};
  auto commands = bench::spawn_commands([&loop] {
    const auto start = bench::clock::now();
    const auto one = std::make_shared<child>(loop);
    const auto blocked = bench::ns_since(start);
    int code = -1;
    one->wait([&code](int told) { code = told; });
    loop.run();
    loop.restart();
    if (code != 0) throw std::runtime_error("/bin/true: code " + std::to_string(code));
    return blocked;
  });
  commands["stall"] = [&loop](double count) {
    return bench::stall(loop, count,
                        [&loop](auto done) { std::make_shared<child>(loop)->wait([done](int) { done(); }); });
  };
  return bench::serve(commands);
}
