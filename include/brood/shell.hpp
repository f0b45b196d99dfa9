#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "brood/options.hpp"

namespace brood {

/// A line for a shell to run, in place of a command and its arguments: `spawn(loop, shell("ls | wc -l"))`. Nothing in
/// it is quoted for you; shell_format() does that.
class shell {
 public:
  /// `program` is called with "-c" and the line. Throws std::invalid_argument for an empty line, as Node does.
  explicit shell(std::string line, std::string program = "/bin/sh")
      : line_(std::move(line)), program_(std::move(program)) {
    if (line_.empty()) throw std::invalid_argument("shell: the line to run is empty");
  }

  const std::string& program() const noexcept { return program_; }
  arguments args() const { return {"-c", line_}; }

 private:
  std::string line_;
  std::string program_;
};

/// The text as one word of a POSIX shell, whatever is in it: shell_quote("it's") is 'it'\''s'. Text of nothing but
/// harmless characters stays as it is. A NUL cannot be passed to a program at all: std::invalid_argument.
std::string shell_quote(std::string_view text);

/// A line of shell that runs `file` with just these arguments.
std::string shell_line(std::string_view file, const arguments& args);

/// A line of shell with each "{}" replaced by the next argument, quoted: shell_format("sort {} | head -{}", {name,
/// "3"}). Throws std::invalid_argument where there are more or fewer "{}" than arguments.
std::string shell_format(std::string_view pattern, const arguments& args);

}  // namespace brood
