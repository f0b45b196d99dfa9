#include "brood/shell.hpp"

#include <stdexcept>

namespace brood {

std::string shell_quote(std::string_view text) {
  constexpr std::string_view harmless = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+./:,@%";
  if (text.find('\0') != std::string_view::npos)
    throw std::invalid_argument("shell_quote: the text contains a NUL byte");
  if (!text.empty() && text.find_first_not_of(harmless) == std::string_view::npos) return std::string(text);
  std::string quoted = "'";
  for (const char c : text) {
    if (c == '\'') {
      quoted += "'\\''";
    } else {
      quoted += c;
    }
  }
  return quoted + '\'';
}

std::string shell_line(std::string_view file, const arguments& args) {
  std::string line = shell_quote(file);
  for (const auto& one : args) line += ' ' + shell_quote(one);
  return line;
}

std::string shell_format(std::string_view pattern, const arguments& args) {
  std::string line;
  std::size_t used = 0;
  for (auto at = pattern.find("{}"); at != std::string_view::npos; at = pattern.find("{}")) {
    if (used == args.size()) throw std::invalid_argument("shell_format: more {} than arguments");
    line += pattern.substr(0, at);
    line += shell_quote(args[used++]);
    pattern.remove_prefix(at + 2);
  }
  if (used != args.size()) throw std::invalid_argument("shell_format: more arguments than {}");
  line += pattern;
  return line;
}

}  // namespace brood
