#include "http/head_scanner.hpp"

#include <algorithm>
#include <cstring>

namespace brood::http::detail {

head_scanner::verdict head_scanner::scan(std::string_view bytes) noexcept {
  while (scanned_ < bytes.size()) {
    const auto* found = static_cast<const char*>(std::memchr(bytes.data() + scanned_, '\n', bytes.size() - scanned_));
    if (found == nullptr) break;
    const auto feed = static_cast<std::size_t>(found - bytes.data());
    if (feed == line_ || bytes[feed - 1] != '\r') return verdict::garbled;
    const bool empty = feed - line_ == 1;
    line_ = scanned_ = feed + 1;
    if (!empty) {
      if (++lines_ == 1) first_line_end_ = line_;
    } else if (lines_ > 0) {
      return verdict::whole;
    } else {
      start_ = line_;
    }
  }
  scanned_ = bytes.size();
  return lines_ > 0 || plausible_start(bytes.substr(line_)) ? verdict::more : verdict::garbled;
}

bool head_scanner::plausible_start(std::string_view bytes) const noexcept {
  // A CR is valid only as the last byte so far, of an empty line or of the first line.
  return std::none_of(bytes.begin(), bytes.end(), [&](const char& c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < ' ' || byte == 127) && !(c == '\r' && &c == &bytes.back());
  });
}

}  // namespace brood::http::detail
