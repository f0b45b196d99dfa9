// The README's snippets about processes, in one program.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <brood.hpp>
#include <chrono>
#include <filesystem>
#include <iostream>

namespace asio = boost::asio;
using namespace std::chrono_literals;
using boost::system::error_code;

namespace {

asio::awaitable<void> tour(asio::io_context& loop, std::filesystem::path here) {
  auto child = brood::spawn(loop, "./child", {}, {.cwd = here, .err = brood::stdio::inherit});
  child.in().end("hi");
  child.out().on_data([](std::string_view data) { std::cout << "from child: " << data << '\n'; });
  child.exited.on([](brood::exit_status status) { std::cout << status << '\n'; });  // "exited with code 0"

  auto uptime = brood::exec_file(loop, "uname", {"-s"}, {.timeout = 5s});
  brood::exec_result result = co_await uptime.async_result();  // or any other completion token
  std::cout << result.check().out;
  brood::exec(loop, "df -h | tail -1", {}, [](error_code, brood::exec_result last) { std::cout << last.out; });

  auto kid = brood::fork(loop, here / "hasher", {"--fast"});
  kid.send({{"op", "hash"}, {"path", "/etc/hosts"}});
  if (auto answer = co_await kid.messages.async_next()) std::cout << answer->body << '\n';
  kid.disconnect();
}

}  // namespace

int main() {
  asio::io_context loop{1};
  auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  asio::co_spawn(loop, tour(loop, std::move(here)), asio::detached);
  loop.run();
}
