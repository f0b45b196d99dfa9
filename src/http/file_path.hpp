#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace brood::http::detail {

/// The file below the root that a request's path names: decoded, relative, with a '/' at its end for a directory. The
/// root is "./"; "" and "." are never returned.
///
/// `bad`: it is not a path, because of encoded slashes, zeroes or invalid escapes. `hidden`: it has a segment ".." or
/// one that begins with a dot.
struct file_path {
  enum class verdict { good, bad, hidden } is = verdict::good;
  std::string name{};
};
file_path find_file_path(std::string_view path);

}  // namespace brood::http::detail
