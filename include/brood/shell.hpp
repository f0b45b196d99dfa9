#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "brood/options.hpp"

namespace brood {

/// A line for a shell to run, in place of a command and its arguments: `spawn(loop, shell("ls | wc -l"))`. Nothing in
/// it is quoted; shell_format() quotes.
class shell {
 public:
  /// `program` is called with "-c" and the line. Throws std::invalid_argument for an empty line, as Node does.
  explicit shell(std::string line, std::string program = "/bin/sh")
      : line_(std::move(line)), program_(std::move(program)) {
    if (line_.empty()) throw std::invalid_argument("shell: the line is empty");
  }

  const std::string& program() const noexcept { return program_; }
  arguments args() const { return {"-c", line_}; }

 private:
  std::string line_;
  std::string program_;
};

/// Returns the text as one word of a POSIX shell, whatever it contains: shell_quote("it's") is 'it'\''s'. Text of
/// harmless characters only is returned as it is.
/// Throws: std::invalid_argument for a NUL, which cannot be passed to a program.
std::string shell_quote(std::string_view text);

/// Returns a line of shell that runs `file` with exactly these arguments.
std::string shell_line(std::string_view file, const arguments& args);

/// Returns a line of shell with each "{}" replaced by the next argument, quoted: shell_format("sort {} | head -{}",
/// {name, "3"}).
/// Throws: std::invalid_argument if the numbers of "{}" and of arguments differ.
std::string shell_format(std::string_view pattern, const arguments& args);

}  // namespace brood
