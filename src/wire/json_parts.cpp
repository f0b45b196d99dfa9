#include "wire/json_parts.hpp"

#include <string>

#include "values/utf8.hpp"
#include "wire/json_builder.hpp"
#include "wire/surrogate_filter.hpp"

namespace brood::detail::wire {

struct json_parts::parser : json_parser {
  /// A lone surrogate is passed on as the three bytes of WTF-8, which the parser accepts.
  void add_filtered(std::string_view part, bool last, boost::system::error_code& ec) {
    ec.clear();
    const auto read = [&](std::string_view text) {
      if (!ec) add(true, text, ec);
    };
    filter.add(part, last, read, [&](char32_t surrogate) {
      std::string bytes;
      utf8::append(bytes, surrogate);
      read(bytes);
    });
  }

  surrogate_filter filter;
};

json_parts::json_parts() : parser_(std::make_unique<parser>()) {}
json_parts::json_parts(json_parts&&) noexcept = default;
json_parts& json_parts::operator=(json_parts&&) noexcept = default;
json_parts::~json_parts() = default;

void json_parts::add(std::string_view part, std::size_t more, boost::system::error_code& ec) {
  parser_->handler().expect(more);
  parser_->add_filtered(part, false, ec);
}

boost::json::value json_parts::end(boost::system::error_code& ec) {
  parser_->add_filtered({}, true, ec);
  if (!ec) parser_->add(false, {}, ec);
  return ec ? boost::json::value() : parser_->handler().release();
}

}  // namespace brood::detail::wire
