#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <string>
#include <string_view>

namespace brood::wire {

/// Where a long text can go while the rest of it is still being written.
class outlet {
 public:
  /// How long a text is before it begins to go, and how long are the pieces then: they stay in the processor's cache.
  static constexpr std::size_t long_text = 128 * 1024;
  static constexpr std::size_t piece = 32 * 1024;

  /// Takes what has been written, and says how much of it there was room for. Where that is not all, it is not asked
  /// again. `more` bytes at least will follow of the string that is being written, 0 where none is.
  virtual std::size_t take(std::string_view written, std::size_t more) = 0;

 protected:
  ~outlet() = default;
};

/// Appends its text as JSON.stringify would write it: compact, numbers in their shortest form, what JSON has no number
/// for (NaN, the infinities) as null, as anything else would kill a Node peer. Boost's own serializer looks at strings
/// byte by byte, which is most of what a large message costs, and writes 1.5 as 1.5E0.
void append_json_text(std::string& buffer, const boost::json::value& value, outlet* out = nullptr);

}  // namespace brood::wire
