#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <brood/stream.hpp>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

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

/// Whether the suite runs on a strand of an io_context that four threads run: with BROOD_EXECUTOR=strand.
inline bool on_a_strand() {
  static const char* const name = std::getenv("BROOD_EXECUTOR");
  return name != nullptr && std::string_view(name) == "strand";
}

/// Why a test does not run on a strand: it needs a loop that returns though something is still waited for.
inline constexpr const char* needs_an_io_context =
    "only on an io_context does run() leave a pending wait out of account";

/// A loop that a test runs until nothing is left to do. A test that hangs is ended by ctest's time limit.
///
/// It hides three members of io_context: get_executor() is a strand, and run() uses four threads, if on_a_strand().
class loop : public asio::io_context {
 public:
  using executor_type = asio::any_io_executor;

  loop() : asio::io_context(on_a_strand() ? threads : 1) {
    if (on_a_strand()) {
      executor_ = asio::make_strand(asio::io_context::get_executor());
    } else {
      executor_ = asio::io_context::get_executor();
    }
  }

  executor_type get_executor() const noexcept { return executor_; }

  /// As io_context::run. An exception ends it on all threads, and it may be called again. If several threads throw,
  /// each further call throws one of the other exceptions.
  void run() {
    if (!on_a_strand()) return static_cast<void>(asio::io_context::run());
    if (thrown_.empty()) run_on_all_threads();
    if (thrown_.empty()) return;
    restart();
    const auto first = thrown_.front();
    thrown_.pop_front();
    std::rethrow_exception(first);
  }

 private:
  static constexpr int threads = 4;

  void run_on_all_threads() {
    std::mutex mutex;
    const auto turn = [&] {
      try {
        asio::io_context::run();
      } catch (...) {
        const std::lock_guard lock(mutex);
        thrown_.push_back(std::current_exception());
        stop();
      }
    };
    std::vector<std::jthread> others;
    for (int i = 1; i < threads; ++i) others.emplace_back(turn);
    turn();
  }

  std::deque<std::exception_ptr> thrown_;
  asio::any_io_executor executor_;
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
