// Talks to whoever forked it: echoes each message as {"echo": message}, and obeys {"op": ...}.
#include <brood/channel.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <iostream>

int main() {
  if (!brood::parent_channel::exists()) {
    std::cout << "no channel\n";
    return 3;
  }
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  parent.messages.on([&](brood::message m) {
    const auto* object = m.body.if_object();
    const auto* op = object != nullptr ? object->if_contains("op") : nullptr;
    const std::string what = op != nullptr ? std::string(op->as_string()) : "";
    if (what == "disconnect") return parent.disconnect();
    if (what == "exit") std::_Exit(5);
    if (what == "environment") {
      const char* fd = std::getenv("NODE_CHANNEL_FD");
      parent.send({{"fd", fd != nullptr ? fd : "none"}});
      return;
    }
    if (what == "burst") {
      for (std::int64_t i = 0; i < object->at("count").as_int64(); ++i) parent.send({{"n", i}});
      return;
    }
    if (what == "large") {
      for (const auto& size : object->at("sizes").as_array()) {
        parent.send({{"size", size}, {"text", std::string(static_cast<std::size_t>(size.as_int64()), 'x')}});
      }
      return parent.disconnect();
    }
    parent.send({{"echo", m.body}});
  });
  loop.run();
}
