// What bench/groups/spawn.py asks a subject, and gets back:
//   run SECONDS    -> COUNT ELAPSED_NS   processes started and ended, one after the other
//   block SECONDS  -> COUNT MEDIAN_NS    how long starting one keeps the caller
//   hold MB        -> held MB            from now on hold that much touched memory
//   stall COUNT    -> STARTED GAP_NS     the longest gap of a 1 ms timer while that many are started at once
#pragma once

#include <algorithm>
#include <memory>
#include <vector>

#include "held_memory.hpp"
#include "line_protocol.hpp"

namespace bench {

// A subject that takes longer to start them all is stopped here: it has shown its gap.
constexpr std::chrono::seconds longest_burst{2};

// `spawn_and_wait` starts one process, waits until all of it is over, and returns for how many nanoseconds of that
// the caller could do nothing else.
template <class SpawnAndWait>
std::string run(double seconds, SpawnAndWait& spawn_and_wait) {
  const auto start = clock::now();
  const auto budget = static_cast<long long>(seconds * 1e9);
  long long count = 0;
  for (; ns_since(start) < budget; ++count) spawn_and_wait();
  return words(count, ns_since(start));
}

template <class SpawnAndWait>
std::string block(double seconds, SpawnAndWait& spawn_and_wait) {
  constexpr std::size_t fewest = 3;
  const auto start = clock::now();
  const auto budget = static_cast<long long>(seconds * 1e9);
  std::vector<long long> calls;
  spawn_and_wait();  // the first one after a change of memory pays for things the others do not
  while (calls.size() < fewest || ns_since(start) < budget) calls.push_back(spawn_and_wait());
  const auto middle = calls.begin() + static_cast<std::ptrdiff_t>(calls.size() / 2);
  std::nth_element(calls.begin(), middle, calls.end());
  return words(static_cast<long long>(calls.size()), *middle);
}

template <class SpawnAndWait>
commands spawn_commands(SpawnAndWait spawn_and_wait) {
  const auto memory = std::make_shared<held_memory>();
  return {{"run", [=](double seconds) mutable { return run(seconds, spawn_and_wait); }},
          {"block", [=](double seconds) mutable { return block(seconds, spawn_and_wait); }},
          {"hold", [memory](double megabytes) {
             memory->hold(static_cast<std::size_t>(megabytes));
             return "held " + std::to_string(static_cast<long long>(megabytes));
           }}};
}

}  // namespace bench
