#include <algorithm>
#include <array>
#include <utility>

#include "brood/http/static_files.hpp"
#include "http/text.hpp"

namespace brood::http {
namespace {

using entry = std::pair<std::string_view, std::string_view>;

// By suffix: types that browsers load, as in nginx's mime.types and the IANA registry. Text is UTF-8.
constexpr std::array table{
    entry{"avif", "image/avif"},
    entry{"css", "text/css; charset=utf-8"},
    entry{"csv", "text/csv; charset=utf-8"},
    entry{"gif", "image/gif"},
    entry{"gz", "application/gzip"},
    entry{"htm", "text/html; charset=utf-8"},
    entry{"html", "text/html; charset=utf-8"},
    entry{"ico", "image/x-icon"},
    entry{"jpeg", "image/jpeg"},
    entry{"jpg", "image/jpeg"},
    entry{"js", "text/javascript; charset=utf-8"},
    entry{"json", "application/json"},
    entry{"map", "application/json"},
    entry{"md", "text/markdown; charset=utf-8"},
    entry{"mjs", "text/javascript; charset=utf-8"},
    entry{"mp3", "audio/mpeg"},
    entry{"mp4", "video/mp4"},
    entry{"ogg", "audio/ogg"},
    entry{"otf", "font/otf"},
    entry{"pdf", "application/pdf"},
    entry{"png", "image/png"},
    entry{"svg", "image/svg+xml"},
    entry{"tar", "application/x-tar"},
    entry{"ttf", "font/ttf"},
    entry{"txt", "text/plain; charset=utf-8"},
    entry{"wasm", "application/wasm"},
    entry{"wav", "audio/wav"},
    entry{"webm", "video/webm"},
    entry{"webmanifest", "application/manifest+json"},
    entry{"webp", "image/webp"},
    entry{"woff", "font/woff"},
    entry{"woff2", "font/woff2"},
    entry{"xml", "text/xml; charset=utf-8"},
    entry{"zip", "application/zip"},
};

}  // namespace

std::string_view content_type_of(std::string_view file_name) noexcept {
  file_name.remove_prefix(file_name.rfind('/') + 1);  // npos + 1 is 0
  const auto dot = file_name.rfind('.');
  if (dot != file_name.npos) {
    const auto suffix = file_name.substr(dot + 1);
    const auto found =
        std::find_if(table.begin(), table.end(), [&](const entry& e) { return detail::same_name(e.first, suffix); });
    if (found != table.end()) return found->second;
  }
  return "application/octet-stream";
}

}  // namespace brood::http
