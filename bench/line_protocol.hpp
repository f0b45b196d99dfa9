// What bench/groups/spawn.py asks a subject, a line each, and gets back, a line each:
//   run SECONDS    -> COUNT ELAPSED_NS   processes started and ended, one after the other
//   hold MB        -> held MB            from now on hold that much touched memory
//   block SECONDS  -> COUNT MEDIAN_NS    how long the spawn call itself keeps the caller
// A line "error ..." is a failure. The subject ends when its stdin does.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <exception>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace bench {

using clock = std::chrono::steady_clock;

inline long long ns_since(clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - start).count();
}

// Anonymous memory with every page written, as the heap of a large program.
class held_memory {
 public:
  held_memory() = default;
  held_memory(const held_memory&) = delete;
  held_memory& operator=(const held_memory&) = delete;
  ~held_memory() { drop(); }

  void hold(std::size_t megabytes) {
    drop();
    if (megabytes == 0) return;
    const std::size_t bytes = megabytes << 20U;
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::runtime_error("no memory");
    start_ = static_cast<char*>(at);
    size_ = bytes;
    constexpr std::size_t page = 4096;
    for (std::size_t i = 0; i < size_; i += page) start_[i] = 1;
  }

 private:
  void drop() {
    if (start_ != nullptr) ::munmap(start_, size_);
    start_ = nullptr;
    size_ = 0;
  }

  char* start_ = nullptr;
  std::size_t size_ = 0;
};

// `spawn_and_wait` starts one process, waits until all of it is over, and returns how many nanoseconds of that the
// spawn call itself took.
template <class SpawnAndWait>
void run(double seconds, SpawnAndWait& spawn_and_wait) {
  const auto start = clock::now();
  const auto budget = static_cast<long long>(seconds * 1e9);
  long long count = 0;
  for (; ns_since(start) < budget; ++count) spawn_and_wait();
  const auto elapsed = ns_since(start);
  std::cout << count << ' ' << elapsed << std::endl;
}

template <class SpawnAndWait>
void block(double seconds, SpawnAndWait& spawn_and_wait) {
  constexpr std::size_t fewest = 5;
  const auto start = clock::now();
  const auto budget = static_cast<long long>(seconds * 1e9);
  std::vector<long long> calls;
  spawn_and_wait();  // the first one after a change of memory pays for things the others do not
  while (calls.size() < fewest || ns_since(start) < budget) calls.push_back(spawn_and_wait());
  const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(calls.size() / 2);
  std::nth_element(calls.begin(), middle, calls.end());
  std::cout << calls.size() << ' ' << *middle << std::endl;
}

template <class SpawnAndWait>
int serve(SpawnAndWait spawn_and_wait) {
  held_memory memory;
  std::string command;
  double amount = 0;
  while (std::cin >> command >> amount) {
    try {
      if (command == "run") {
        run(amount, spawn_and_wait);
      } else if (command == "block") {
        block(amount, spawn_and_wait);
      } else if (command == "hold") {
        memory.hold(static_cast<std::size_t>(amount));
        std::cout << "held " << amount << std::endl;
      } else {
        std::cout << "error unknown command " << command << std::endl;
      }
    } catch (const std::exception& problem) {
      std::cout << "error " << problem.what() << std::endl;
    }
  }
  return 0;
}

}  // namespace bench
