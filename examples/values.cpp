// Sends Node values that JSON cannot represent, and prints Node's view of them: examples/values.js.
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <filesystem>
#include <iostream>

int main(int, char** argv) {
  boost::asio::io_context loop{1};
  const auto here = std::filesystem::path(argv[0]).parent_path();
  brood::fork_options options;
  options.serialization = brood::serialization::advanced;
  auto child = brood::fork(loop, here / "values.js", {}, options);

  brood::value o = brood::js::object{{"7", "café"}};
  (*o.get_if<brood::js::object>())["list"] = brood::js::array{brood::value::link(o), brood::js::buffer("hi")};
  child.send(o);

  child.messages.on([&](const brood::message& m) {
    if (m.body.is_string()) std::cout << "Node says: " << m.body.as_string().c_str() << '\n';
    const brood::value all = m.content();
    if (const auto* seen = all.get_if<brood::js::map>()) {
      for (const auto& [name, when] : seen->entries) {
        std::cout << *name.get_if<std::string>() << " at " << when.get_if<brood::js::date>()->milliseconds << '\n';
      }
      child.disconnect();
    }
  });
  loop.run();
}
