// Starts a child, exchanges data with it over its standard streams and waits for its end.
//
//     parent            the child is Node, running child.js
//     parent --native   the child is the C++ program beside this one
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>
#include <filesystem>
#include <iostream>
#include <string_view>

int main(int argc, char** argv) try {
  const bool native = argc == 2 && argv[1] == std::string_view("--native");
  if (argc > 1 && !native) {
    std::cerr << "parent: unknown option " << argv[1] << " (usage: parent [--native])\n";
    return 2;
  }
  const auto here = std::filesystem::read_symlink("/proc/self/exe").parent_path();

  boost::asio::io_context loop{1};
  auto child = native ? brood::spawn(loop, here / "child") : brood::spawn(loop, "node", {here / "child.js"});
  child.out().on_data([&](std::string_view data) {
    std::cout << "Data received from child process: " << data << std::endl;
    child.in().end();
  });
  child.err().on_data([](std::string_view data) { std::cerr << data; });
  child.exited.on([](const brood::exit_status& status) {
    std::cout << "Child process finished with exit code: " << status.code() << std::endl;
  });
  child.in().write("hi");
  loop.run();
} catch (const brood::spawn_error& error) {
  std::cerr << "parent: " << error.what();
  if (error.path() == "node") std::cerr << " (without Node, run: parent --native)";
  std::cerr << '\n';
  return 1;
}
