// Forked, it starts a child of its own and sends what that one sees of the channel and of descriptors.
#include <brood/channel.hpp>
#include <brood/child_process.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/string.hpp>
#include <string>

int main() {
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  std::string text;
  auto child = brood::spawn(loop, "sh", {"-c", "echo channel: ${NODE_CHANNEL_FD-none}; exec ls /proc/self/fd"});
  child.out().on_data([&](std::string_view data) { text += data; });
  child.closed.on([&](const brood::exit_status&) {
    parent.send(boost::json::string(text));
    parent.disconnect();
  });
  loop.run();
}
