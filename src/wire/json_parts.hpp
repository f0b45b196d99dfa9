#pragma once

#include <boost/json/value.hpp>
#include <boost/system/error_code.hpp>
#include <cstddef>
#include <memory>
#include <string_view>

namespace brood::detail::wire {

/// Reads a JSON text that comes in parts, each as it comes: what parse_json_text() takes.
class json_parts {
 public:
  json_parts();
  json_parts(json_parts&&) noexcept;
  json_parts& operator=(json_parts&&) noexcept;
  ~json_parts();

  /// If `part` ends in a string, `more` bytes of it follow, as far as the sender knows: the memory for it can be had at
  /// once. The error is that of parse_json_text(), and there is no use in going on after one.
  void add(std::string_view part, std::size_t more, boost::system::error_code& ec);
  /// The value, when all parts have been added; once.
  boost::json::value end(boost::system::error_code& ec);

 private:
  struct parser;
  std::unique_ptr<parser> parser_;
};

}  // namespace brood::detail::wire
