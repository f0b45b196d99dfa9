#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brood/options.hpp"

namespace brood {

/// A child's environment in the form of execve(2): "NAME=value" lines, each followed by a NUL, in one block of memory.
/// It is made on the event loop, so it needs two allocations instead of one for each variable.
class environment_block {
 public:
  environment_block() = default;
  /// The environment of a child that starts now: the inherited variables in their own order, then those that were set,
  /// sorted by name.
  explicit environment_block(const environment& from);

  std::size_t size() const noexcept { return lines_.size(); }
  std::string_view operator[](std::size_t i) const noexcept {
    return std::string_view(text_).substr(lines_[i].begin, lines_[i].size);
  }
  std::optional<std::string_view> value_of(std::string_view name) const noexcept;

  void set(std::string_view name, std::string_view value);

  /// One pointer for each line, and a null pointer at the end. Valid while the block is neither changed nor moved.
  std::vector<const char*> pointers() const;

 private:
  struct place {
    std::size_t begin;
    std::size_t size;
  };

  void add(std::string_view name, std::string_view value);
  void inherit(const environment& from);

  std::string text_;
  std::vector<place> lines_;
};

}  // namespace brood
