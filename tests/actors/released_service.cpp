// A service of one worker that says which file it runs. "reload" on stdin reloads it, the end of stdin ends it.
// Prints "worker runs FILE as NAME" for each worker, and "replaced N by FILE" for each reload.
//   released_service [elsewhere]     changes to another directory once the primary is there
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/json/object.hpp>
#include <brood/cluster.hpp>
#include <filesystem>
#include <iostream>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

int be_worker(const char* name) {
  asio::io_context loop{1};
  cluster::this_worker self{loop};
  self.send({{"file", std::filesystem::read_symlink("/proc/self/exe").string()}, {"name", name}});
  self.ready();
  loop.run();
  return 0;
}

class service {
 public:
  explicit service(asio::io_context& loop)
      : primary_(loop, {.restart = {.min_uptime = {}}, .explicit_ready = true}), input_(loop, STDIN_FILENO) {
    primary_.message.on([](cluster::worker&, const brood::message& m) {
      std::cout << "worker runs " << m.body.at("file").as_string().c_str() << " as "
                << m.body.at("name").as_string().c_str() << std::endl;
    });
    primary_.fork();
    obey();
  }

 private:
  void obey() {
    asio::async_read_until(input_, asio::dynamic_buffer(text_), '\n', [this](brood::error_code ec, std::size_t size) {
      if (ec) return primary_.async_disconnect([](brood::error_code) {});
      text_.erase(0, size);
      primary_.async_reload({}, [this](brood::error_code, const cluster::reload_result& verdict) {
        std::cout << "replaced " << verdict.replaced << " by " << verdict.program.string() << ' ' << verdict.reason
                  << std::endl;
        obey();
      });
    });
  }

  cluster::primary primary_;
  asio::posix::stream_descriptor input_;
  std::string text_;
};

}  // namespace

int main(int argc, char** argv) {
  if (cluster::is_worker()) return be_worker(argv[0]);
  asio::io_context loop{1};
  service mine{loop};
  if (argc > 1 && std::string(argv[1]) == "elsewhere") std::filesystem::current_path("/");
  loop.run();
}
