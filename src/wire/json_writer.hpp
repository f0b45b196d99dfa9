#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::detail::wire {

/// Where a long text can go while the rest of it is still being written.
class outlet {
 public:
  /// How long a text is before it begins to go, and how long are the pieces then: they stay in the processor's cache.
  static constexpr std::size_t long_text = 128 * 1024;
  static constexpr std::size_t piece = 32 * 1024;

  /// Takes what there is room for of the text, and clears it when that is all of it. Otherwise it is asked again when
  /// there is more; the text keeps what has been taken, and the outlet knows how much that is. `more` bytes at least
  /// will follow of the string that is being written, 0 where none is.
  virtual void take(std::string& text, std::size_t more) = 0;
  /// The same for what is not in a text, where the text is empty: says how much was taken.
  virtual std::size_t take_directly(std::string_view bytes, std::size_t more) = 0;

 protected:
  ~outlet() = default;
};

/// Appends its text as JSON.stringify would write it: compact, numbers in their shortest form, what JSON has no number
/// for (NaN, the infinities) as null, as anything else would kill a Node peer. A lone surrogate in WTF-8 becomes its
/// escape, `\ud83d`. Boost's own serializer looks at strings
/// byte by byte, which is most of what a large message costs, and writes 1.5 as 1.5E0.
void append_json_text(std::string& buffer, const boost::json::value& value, outlet* out = nullptr);

}  // namespace brood::detail::wire
