#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

namespace brood::detail::wire {

/// Parses a JSON text that arrives in parts. Accepts what parse_json_text() accepts.
class json_parts {
 public:
  json_parts();
  json_parts(json_parts&&) noexcept;
  json_parts& operator=(json_parts&&) noexcept;
  ~json_parts();

  /// Adds a part. If `part` ends inside a string, `more` is the number of its remaining bytes, as far as the sender
  /// knows, so that memory can be allocated at once. The error is that of parse_json_text(); no part may be added after
  /// one.
  void add(std::string_view part, std::size_t more, boost::system::error_code& ec);
  /// Returns the value after all parts were added. May be called once.
  boost::json::value end(boost::system::error_code& ec);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace brood::detail::wire
