#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <brood/stream.hpp>
#include <chrono>
#include <filesystem>
#include <string>

namespace brood_test {

namespace asio = boost::asio;

/// The path of a program of tests/actors.
inline std::string actor(const std::string& name) { return std::string(BROOD_ACTORS_DIR) + "/" + name; }

/// How many descriptors this process has open.
inline std::size_t open_descriptors() {
  std::size_t count = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++count;
  return count - 1;  // the one that reads the directory
}

/// A loop that a test runs until nothing is left to do. What hangs is ended by ctest's time limit.
struct loop : asio::io_context {
  loop() : asio::io_context(1) {}
};

/// Runs the loop, again if need be, to its end and gives all that came from the stream meanwhile.
inline std::string all_of(loop& io, brood::readable& stream) {
  std::string text;
  stream.on_data([&](std::string_view data) { text += data; });
  io.restart();
  io.run();
  return text;
}

}  // namespace brood_test
