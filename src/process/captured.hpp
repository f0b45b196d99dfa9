#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "brood/exec.hpp"

namespace brood::detail::process {

/// One output of a command, collected by exec(): text up to a limit, and the overflow rule of the options beyond it.
/// The output arrives in pieces from a pipe, or the child writes it to a memory file that is read at the end.
class captured {
 public:
  captured(std::size_t limit, exec_options::overflow policy) noexcept : limit_(limit), policy_(policy) {}

  /// Creates the memory file. Returns its descriptor for the child, or -1 with errno.
  int open_memory() noexcept;

  /// Adds a piece from the pipe. A failure to spill is reported once; later output is lost, and truncated() is true.
  error_code add(std::string_view piece);
  /// Whether the output exceeds the limit. For a memory file this asks the system.
  bool over_limit() const noexcept;
  /// Reads the memory file. Must be called after the child has ended.
  error_code finish();

  std::string take_text() noexcept { return std::move(text_); }
  std::shared_ptr<const unique_fd> file() const noexcept { return file_; }
  bool truncated() const noexcept { return truncated_; }

 private:
  error_code spill(std::string_view piece);

  const std::size_t limit_;
  const exec_options::overflow policy_;
  std::string text_;
  std::shared_ptr<const unique_fd> file_;  // all of the output, if it was spilled
  unique_fd memory_;
  bool truncated_ = false;
};

}  // namespace brood::detail::process
