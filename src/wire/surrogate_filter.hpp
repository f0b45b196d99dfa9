#pragma once

#include <string>
#include <string_view>
#include <utility>

namespace brood::detail::wire {

/// Separates the escapes of lone surrogates (`\ud83d` without its other half) from JSON text that arrives in pieces.
/// JSON.stringify writes them, RFC 8259 (section 8.2) allows them, and Boost's parser rejects them.
class surrogate_filter {
 public:
  /// Calls `text(std::string_view)` with the text between them and `surrogate(char32_t)` with each of them, in order.
  /// An escape that is split at the end of `piece` is held until the next piece, unless this one is the `last`.
  template <class Text, class Surrogate>
  void add(std::string_view piece, bool last, Text text, Surrogate surrogate);

 private:
  struct escape {
    std::size_t size;  // 0: the bytes that decide have not arrived yet
    char32_t lone;     // 0: not a lone surrogate
  };
  static escape first(std::string_view text, bool last) noexcept;

  std::string held_;
};

template <class Text, class Surrogate>
void surrogate_filter::add(std::string_view piece, bool last, Text text, Surrogate surrogate) {
  std::string joined;
  if (!held_.empty()) {
    joined = std::exchange(held_, {});
    joined += piece;
    piece = joined;
  }
  for (auto at = piece.find('\\'); at < piece.size(); at = piece.find('\\', at)) {
    const escape found = first(piece.substr(at), last);
    if (found.size == 0) {
      held_ = piece.substr(at);
      piece = piece.substr(0, at);
    } else if (found.lone == 0) {
      at += found.size;
    } else {
      if (at != 0) text(piece.substr(0, at));
      surrogate(found.lone);
      piece.remove_prefix(at + found.size);
      at = 0;
    }
  }
  if (!piece.empty()) text(piece);
}

}  // namespace brood::detail::wire
