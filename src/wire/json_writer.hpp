#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::detail::wire {

/// Takes the beginning of a long text while the rest is still being written.
class outlet {
 public:
  /// The size at which a text is passed on, and the size of the pieces afterwards: they stay in the processor's cache.
  static constexpr std::size_t long_text = 128 * 1024;
  static constexpr std::size_t piece = 32 * 1024;

  /// Takes as much of the text as there is room for, and clears it if that is all of it. Otherwise it is called again
  /// when the text has grown; the text keeps the part that was taken, and the outlet remembers its size. At least
  /// `more` bytes of the current string follow; 0 outside a string.
  virtual void take(std::string& text, std::size_t more) = 0;
  /// The same for bytes outside the text, while the text is empty. Returns the number of bytes that were taken.
  virtual std::size_t take_directly(std::string_view bytes, std::size_t more) = 0;

 protected:
  ~outlet() = default;
};

/// Appends the value as JSON.stringify writes it: compact, numbers in their shortest form, and null for NaN and the
/// infinities, because anything else would crash a Node peer. A lone surrogate in WTF-8 becomes its escape, `\ud83d`.
/// Boost's own serializer inspects strings byte by byte, which is most of the cost of a large message, and writes 1.5
/// as 1.5E0.
void append_json_text(std::string& buffer, const boost::json::value& value, outlet* out = nullptr);

}  // namespace brood::detail::wire
