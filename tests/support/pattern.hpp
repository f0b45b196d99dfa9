#pragma once

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <random>
#include <string>
#include <string_view>

namespace brood_test {

/// An endless text that both ends of a pipe can make up: what is lost, doubled or in the wrong place does not fit it.
class pattern {
 public:
  explicit pattern(unsigned seed) : period_(1'048'573, '\0') {  // a prime: no buffer size divides it
    std::minstd_rand random(seed + 1);
    for (char& one : period_) one = static_cast<char>(random() >> 8);
  }

  /// What stands from `offset` on, as far as it lies in one piece.
  std::string_view from(std::uint64_t offset) const {
    return std::string_view(period_).substr(static_cast<std::size_t>(offset % period_.size()));
  }

 private:
  std::string period_;
};

/// Holds a text against the pattern while it comes in, piece by piece.
class pattern_check {
 public:
  explicit pattern_check(unsigned seed) : pattern_(seed) {}

  void take(std::string_view data) {
    while (!data.empty()) {
      const std::string_view expected = pattern_.from(size_).substr(0, data.size());
      right_ = right_ && std::memcmp(expected.data(), data.data(), expected.size()) == 0;
      size_ += expected.size();
      data.remove_prefix(expected.size());
    }
  }

  bool right() const noexcept { return right_; }
  std::uint64_t size() const noexcept { return size_; }

 private:
  pattern pattern_;
  std::uint64_t size_ = 0;
  bool right_ = true;
};

}  // namespace brood_test
