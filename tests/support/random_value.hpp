#pragma once

#include <brood/js.hpp>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace brood_test {

/// Makes values at random, the same ones for the same seed: all that Node sends back as it came. So keys of Maps and
/// entries of Sets are there once, patterns are patterns, and errors have a stack.
class random_values {
 public:
  /// `rich`: of every kind, with objects that stand in several places and with cycles. Else what JSON has.
  random_values(std::uint64_t seed, bool rich) : rich_(rich), random_(seed) {}

  brood::value next() {
    finished_.clear();
    open_.clear();
    return value(0);
  }

 private:
  std::uint64_t upto(std::uint64_t most) { return std::uniform_int_distribution<std::uint64_t>(0, most)(random_); }
  bool one_in(std::uint64_t n) { return upto(n - 1) == 0; }

  brood::value value(int depth);
  brood::value container(int depth);
  brood::value primitive();
  brood::value leaf();
  brood::value object(int depth);
  brood::value array(int depth);
  brood::value map(int depth);
  brood::value set(int depth);
  brood::value error(int depth);
  brood::value boxed();
  brood::js::bigint bigint();
  double number();
  std::string text();
  std::string bytes(std::size_t multiple);

  const bool rich_;
  std::mt19937_64 random_;
  std::vector<brood::value> finished_;
  std::vector<brood::value> open_;  // what is being filled: a link to one of these closes a cycle
};

}  // namespace brood_test
