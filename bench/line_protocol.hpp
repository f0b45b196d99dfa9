// How a subject is asked: a line "COMMAND AMOUNT" on its stdin, answered by a line on its stdout. A line "error ..." is
// a failure. The subject ends when its stdin does. Which commands there are is the group's affair.
#pragma once

#include <chrono>
#include <exception>
#include <functional>
#include <iostream>
#include <map>
#include <string>

namespace bench {

using clock = std::chrono::steady_clock;
using commands = std::map<std::string, std::function<std::string(double)>>;

inline long long ns_since(clock::time_point start) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(clock::now() - start).count();
}

inline std::string words(long long first, long long second) {
  return std::to_string(first) + ' ' + std::to_string(second);
}

inline int serve(const commands& known) {
  std::string command;
  double amount = 0;
  while (std::cin >> command >> amount) {
    const auto found = known.find(command);
    try {
      std::cout << (found == known.end() ? "error unknown command " + command : found->second(amount)) << std::endl;
    } catch (const std::exception& problem) {
      std::cout << "error " << problem.what() << std::endl;
    }
  }
  return 0;
}

}  // namespace bench
