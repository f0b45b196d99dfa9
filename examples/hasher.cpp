// A child with a message channel: answers {"op": "hash", "path": P} with {"path": P, "hash": H}. Any parent can fork
// it, including Node: child_process.fork('./hasher', ['--fast'], {execPath: './hasher', execArgv: []}).
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <brood/channel.hpp>
#include <fstream>
#include <functional>
#include <iostream>
#include <iterator>
#include <string>

int main() {
  if (!brood::parent_channel::exists()) {
    std::cerr << "hasher: run by hand, it has nobody to answer; it is forked by examples/tour\n";
    return 1;
  }
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  parent.messages.on([&](const brood::message& m) {
    const auto* path = m.body.is_object() ? m.body.get_object().if_contains("path") : nullptr;
    if (path == nullptr || !path->is_string()) {
      parent.send({{"error", "a message needs a path"}});
      return;
    }
    std::ifstream file(path->get_string().c_str(), std::ios::binary);
    const std::string content{std::istreambuf_iterator<char>(file), {}};
    parent.send({{"path", *path}, {"hash", std::hash<std::string>{}(content)}});
  });
  loop.run();  // until the parent disconnects
}
