#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/detail/scheduler.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <brood/stream.hpp>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <exception>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "support/open_descriptors.hpp"

namespace brood_test {

namespace asio = boost::asio;

/// The path of a program of tests/actors.
inline std::string actor(const std::string& name) { return std::string(BROOD_ACTORS_DIR) + "/" + name; }

/// Where the suite runs, by BROOD_EXECUTOR in the environment: `strand` is one of an io_context that four threads run,
/// `pool` one of a thread_pool with four threads. Not given: an io_context that one thread runs.
enum class place { one_thread, strand, pool };
inline place where() {
  static const char* const given = std::getenv("BROOD_EXECUTOR");
  const std::string_view name = given == nullptr ? "" : given;
  if (name == "strand") return place::strand;
  return name == "pool" ? place::pool : place::one_thread;
}
inline bool on_a_strand() { return where() != place::one_thread; }

/// Why a test does not run on a strand: it needs a loop that returns though something is still waited for.
inline constexpr const char* needs_an_io_context =
    "only on an io_context does run() leave a pending wait out of account";

/// A loop that a test runs until nothing is left to do. A test that hangs is ended by ctest's time limit.
///
/// It has the members of an io_context, and goes where one goes. get_executor() is a strand, and run() uses four
/// threads, if on_a_strand(). Underneath is what io_context and thread_pool have in common, Asio's scheduler: a
/// thread_pool itself can be run only once.
class loop {
 public:
  using executor_type = asio::any_io_executor;

  executor_type get_executor() const noexcept { return executor_; }
  operator asio::execution_context&() noexcept { return *context_; }

  /// As io_context::run. An exception ends it on all threads, and it may be called again. If several threads throw,
  /// each further call throws one of the other exceptions.
  void run() {
    if (!on_a_strand()) return run_here();
    if (thrown_.empty()) run_on_all_threads();
    if (thrown_.empty()) return;
    restart();
    const auto first = thrown_.front();
    thrown_.pop_front();
    std::rethrow_exception(first);
  }
  std::size_t run_one() {
    boost::system::error_code none;
    return scheduler_.run_one(none);
  }
  std::size_t poll() {
    boost::system::error_code none;
    return scheduler_.poll(none);
  }
  std::size_t run_for(std::chrono::microseconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    std::size_t count = 0;
    boost::system::error_code none;
    for (auto left = limit; left.count() > 0;
         left = std::chrono::duration_cast<std::chrono::microseconds>(end - std::chrono::steady_clock::now())) {
      if (scheduler_.stopped()) break;
      count += scheduler_.wait_one(left.count(), none);
    }
    return count;
  }
  void stop() { scheduler_.stop(); }
  bool stopped() const { return scheduler_.stopped(); }
  void restart() { scheduler_.restart(); }

 private:
  static constexpr int threads = 4;

  template <class Context>
  Context& make(auto... args) {
    auto made = std::make_shared<Context>(args...);
    context_ = made;
    return *made;
  }

  asio::any_io_executor make_executor() {
    switch (where()) {
      case place::one_thread: return make<asio::io_context>(1).get_executor();
      case place::strand: return asio::make_strand(make<asio::io_context>(threads));
      case place::pool: break;
    }
    // Of an any_io_executor: brood refuses what is made on a strand that it knows to be a pool's while other code than
    // the pool's runs, and a test is such code. Here no thread runs then.
    auto& pool = make<asio::thread_pool>(0);
    return asio::make_strand(asio::any_io_executor(pool.get_executor()));
  }

  static asio::detail::scheduler& scheduler_of(asio::execution_context& context) {
    auto& scheduler = asio::use_service<asio::detail::scheduler>(context);
    if (where() == place::pool) {
      scheduler.work_finished();  // a pool counts one until it is joined
      scheduler.restart();
    }
    return scheduler;
  }

  void run_here() {
    boost::system::error_code none;  // each thread its own: the scheduler writes it
    scheduler_.run(none);
  }

  void run_on_all_threads() {
    std::mutex mutex;
    const auto turn = [&] {
      try {
        run_here();
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

  std::shared_ptr<asio::execution_context> context_;  // its destructor is not virtual; a shared_ptr calls the right one
  asio::any_io_executor executor_ = make_executor();
  asio::detail::scheduler& scheduler_ = scheduler_of(*context_);
  std::deque<std::exception_ptr> thrown_;
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
