#pragma once

#include <string>
#include <string_view>

#include "brood/options.hpp"

namespace brood {

/// The text as one word of a POSIX shell, whatever is in it: shell_quote("it's") is 'it'\''s'. Text of nothing but
/// harmless characters stays as it is. A NUL cannot be passed to a program at all: std::invalid_argument.
std::string shell_quote(std::string_view text);

/// A line of shell that runs `file` with just these arguments.
std::string shell_line(std::string_view file, const arguments& args);

/// A line of shell with each "{}" replaced by the next argument, quoted: shell_format("sort {} | head -{}", {name,
/// "3"}). Throws std::invalid_argument where there are more or fewer "{}" than arguments.
std::string shell_format(std::string_view pattern, const arguments& args);

}  // namespace brood
