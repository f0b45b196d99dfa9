// Sends texts of so many bytes: `once SIZE HOW` and ends, `each SIZE` one for each message, when the one before has
// left.
#include <boost/asio/io_context.hpp>
#include <boost/json/string.hpp>
#include <brood/channel.hpp>
#include <functional>
#include <string>

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  const boost::json::value text = boost::json::string(std::stoul(argv[2]), 'x');
  const std::string how = argv[3];
  std::function<void()> answer_next = [&] {
    parent.messages.async_next([&](brood::error_code, std::optional<brood::message> m) {
      if (!m) return;
      parent.async_send(text, [&](brood::error_code ec) {
        if (!ec) answer_next();
      });
    });
  };
  int status = 0;
  if (argv[1] == std::string("each")) {
    answer_next();
  } else if (how == "async_send") {
    status = 3;
    parent.async_send(text, [&](brood::error_code ec) { status = ec ? 4 : 0; });
  } else {
    parent.send(text);
    if (how == "disconnect") parent.disconnect();
  }
  loop.run();
  return status;
}
