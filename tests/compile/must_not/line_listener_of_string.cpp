// error: a function for lines takes a brood::output_line or a std::string_view
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>
#include <string>

int main() {
  boost::asio::io_context loop;
  auto child = brood::spawn(loop, "ls");
  child.out().on_line([](std::string) {});
}
