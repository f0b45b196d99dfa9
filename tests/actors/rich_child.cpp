// Sends back what its parent sends, be it more than JSON can hold, and the descriptor that comes with it; obeys {"op":
// "disconnect"}.
#include <brood/channel.hpp>

#include <boost/asio/io_context.hpp>

int main() {
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  parent.messages.on([&](brood::message m) {
    const brood::value what = m.content();
    const brood::value* op = what.find("op");
    if (op != nullptr && *op == "disconnect") return parent.disconnect();
    parent.send(what, std::move(m.handle));
  });
  loop.run();
}
