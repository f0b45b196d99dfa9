// Stops to listen in the way that its argument names: then nothing keeps it, and it ends with 5. `end` waits for the
// end of the channel instead, and ends with 6 when it has heard of it.
#include <brood/channel.hpp>

#include <boost/asio/io_context.hpp>
#include <string>

int main(int, char** argv) {
  const std::string how = argv[1];
  int code = 5;
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  brood::subscription reading;
  if (how == "end") {
    parent.disconnected.on([&](brood::error_code) { code = 6; });
  } else if (how == "end_cancelled") {
    parent.disconnected.on([](brood::error_code) {}).cancel();
  } else if (how == "scoped") {
    const auto until_here = parent.messages.on([](const brood::message&) {}).scoped();
  } else {
    reading = parent.messages.on([&](const brood::message&) { reading.cancel(); });
    if (how == "at_once") reading.cancel();
  }
  parent.send("ready");
  loop.run();
  return code;
}
