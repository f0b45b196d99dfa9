// The longest gap of a 1 ms timer on an Asio loop, while a burst of children is started and until all have ended.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "spawn_commands.hpp"

namespace bench {

class ticking {
 public:
  explicit ticking(boost::asio::io_context& loop) : timer_(loop) { next(); }

  // After the last child: one more tick is awaited, which closes the gap that may be open.
  void stop() { last_ = true; }
  clock::duration longest() const { return longest_; }

 private:
  void next() {
    timer_.expires_after(std::chrono::milliseconds(1));
    timer_.async_wait([this](boost::system::error_code) {
      const auto now = clock::now();
      longest_ = std::max(longest_, now - before_);
      before_ = now;
      if (!last_) next();
    });
  }

  boost::asio::steady_timer timer_;
  clock::time_point before_ = clock::now();
  clock::duration longest_{};
  bool last_ = false;
};

// `start_one(done)` starts a child on `loop` and calls `done()` from the loop when it has ended.
template <class StartOne>
std::string stall(boost::asio::io_context& loop, double amount, StartOne start_one) {
  const int wanted = static_cast<int>(amount);
  ticking timer(loop);
  int started = 0;
  int ended = 0;
  boost::asio::post(loop, [&] {
    const auto start = clock::now();
    while (started < wanted && clock::now() - start < longest_burst) {
      ++started;
      start_one([&] {
        if (++ended == started) timer.stop();
      });
    }
  });
  loop.run();
  loop.restart();
  return words(started, std::chrono::duration_cast<std::chrono::nanoseconds>(timer.longest()).count());
}

}  // namespace bench
