// brood in the idle group: holds children which do nothing, with three pipes and listeners each.
//   supervise COUNT -> COUNT   starts them
//   release 0       -> COUNT   closes their stdin, which ends them; how many ended well
// Between two commands its one thread waits in the loop for all of them, and for the next line.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <brood/child_process.hpp>
#include <iostream>
#include <sstream>
#include <vector>

namespace {

namespace asio = boost::asio;

class supervisor {
 public:
  explicit supervisor(asio::io_context& loop) : loop_(loop), input_(loop, ::dup(0)) { next_line(); }

 private:
  void next_line() {
    asio::async_read_until(input_, line_, '\n', [this](boost::system::error_code ec, std::size_t) {
      if (ec) return;
      std::istream words(&line_);
      std::string command;
      int amount = 0;
      words >> command >> amount;
      words.ignore();
      obey(command, amount);
      next_line();
    });
  }

  void obey(const std::string& command, int amount) {
    if (command == "supervise") return supervise(amount);
    if (command == "release") return release();
    std::cout << "error unknown command " << command << std::endl;
  }

  void supervise(int count) {
    try {
      for (int i = 0; i < count; ++i) start_one();
      std::cout << children_.size() << std::endl;
    } catch (const std::exception& problem) {
      std::cout << "error " << problem.what() << std::endl;
    }
  }

  void start_one() {
    auto& child = children_.emplace_back(brood::spawn(loop_, "/bin/cat"));
    child.out().on_data([](std::string_view) {});
    child.err().on_data([](std::string_view) {});
    child.closed.on([this](brood::exit_status status) {
      well_ += status.ok() ? 1 : 0;
      if (++ended_ < children_.size()) return;
      std::cout << well_ << std::endl;
      children_.clear();
      ended_ = well_ = 0;
    });
  }

  void release() {
    if (children_.empty()) std::cout << 0 << std::endl;
    for (auto& child : children_) child.in().end();
  }

  asio::io_context& loop_;
  asio::posix::stream_descriptor input_;
  asio::streambuf line_;
  std::vector<brood::child_process> children_;
  std::size_t ended_ = 0;
  std::size_t well_ = 0;
};

}  // namespace

int main() {
  asio::io_context loop{1};
  supervisor one(loop);
  loop.run();
}
