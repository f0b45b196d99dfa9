#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "brood/exec.hpp"

namespace brood::detail::process {

/// One output of a command as exec() collects it: text up to a limit, then what the options say about the rest. Either
/// it comes piece by piece from a pipe, or the child writes into a memory file that is looked at in the end.
class captured {
 public:
  captured(std::size_t limit, exec_options::overflow policy) noexcept : limit_(limit), policy_(policy) {}

  /// Makes the memory file: its descriptor, for the child, or -1 with errno.
  int open_memory() noexcept;

  /// A piece from the pipe. A failure to spill it is told once; what is spilled from then on is lost, and truncated().
  error_code add(std::string_view piece);
  /// Whether there is more by now than the limit allows. Of a memory file this asks the system.
  bool over_limit() const noexcept;
  /// Reads what the memory file holds. To be called when the child has ended.
  error_code finish();

  std::string take_text() noexcept { return std::move(text_); }
  std::shared_ptr<const unique_fd> file() const noexcept { return file_; }
  bool truncated() const noexcept { return truncated_; }

 private:
  error_code spill(std::string_view piece);

  const std::size_t limit_;
  const exec_options::overflow policy_;
  std::string text_;
  std::shared_ptr<const unique_fd> file_;  // of spilled output: all of it
  unique_fd memory_;
  bool truncated_ = false;
};

}  // namespace brood::detail::process
