#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "brood/http/request.hpp"
#include "brood/http/response.hpp"
#include "brood/unique_fd.hpp"

namespace brood::http {

struct static_files_options {
  /// The file that is served for a directory. Empty: none, 404.
  std::string index = "index.html";
  /// Whether symbolic links are followed. Links that lead outside the root never are.
  bool symlinks = true;
  /// The Cache-Control field; empty for none.
  std::string cache_control{};
};

/// A handler that serves the files below a directory, for GET and HEAD:
///
///     http::server server{loop, http::static_files{"public"}};
///
/// Files are sent by sendfile(2), with Content-Type by their suffix, an ETag and Last-Modified. If-Match,
/// If-Unmodified-Since, If-None-Match and If-Modified-Since are evaluated (RFC 9110, 13.2.2), and Range with one range
/// of bytes, under If-Range. Several ranges are answered with the whole file. A date in If-Range counts only if the
/// file was modified before the current second, because a newer file may change again without a new date (RFC 9110,
/// 13.1.5). A directory without a trailing slash is redirected.
///
/// Nothing outside the root can be reached: the kernel resolves the path beneath it (openat2(2), RESOLVE_BENEATH).
/// Neither ".." in any encoding, nor a link, nor a link that is exchanged meanwhile leads outside. Names that begin
/// with a dot are not served, except ".well-known". Only regular files and directories are served.
///
/// Statuses: 200, 206, 301, 304, 400 (an invalid path), 404 (also without read permission), 405, 412, 416, 500. Copies
/// share the root.
///
/// Thread safety: all calls are const, and several threads may make them at the same time.
class static_files {
 public:
  /// Throws: boost::system::system_error if the root cannot be opened, or if the kernel lacks openat2(2).
  explicit static_files(const std::filesystem::path& root, static_files_options options = {});

  void operator()(const request& message, response& answer) const { serve(message, answer, message.path()); }
  /// The same with a path that the program chose, encoded as in a request: to serve files below a prefix.
  void serve(const request& message, response& answer, std::string_view path) const;

 private:
  std::shared_ptr<const unique_fd> root_;
  static_files_options options_;
};

/// "text/html; charset=utf-8" for "a/index.html"; application/octet-stream for an unknown suffix.
std::string_view content_type_of(std::string_view file_name) noexcept;

}  // namespace brood::http
