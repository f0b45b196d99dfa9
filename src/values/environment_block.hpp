#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "brood/options.hpp"

namespace brood {

/// A child's environment as execve(2) wants it: "NAME=value" lines, each followed by a NUL, in one piece of memory. It
/// is made on the loop, which others wait for, so it costs two allocations and not one a variable.
class environment_block {
 public:
  environment_block() = default;
  /// What a child gets that starts now: the inherited variables in their own order, then those that were set, in the
  /// order of their names.
  explicit environment_block(const environment& from);

  std::size_t size() const noexcept { return lines_.size(); }
  std::string_view operator[](std::size_t i) const noexcept {
    return std::string_view(text_).substr(lines_[i].begin, lines_[i].size);
  }
  std::optional<std::string_view> value_of(std::string_view name) const noexcept;

  void set(std::string_view name, std::string_view value);

  /// One a line, and a null pointer at the end. Valid as long as the block stays as it is, and where it is.
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
