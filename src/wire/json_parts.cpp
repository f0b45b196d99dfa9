#include "wire/json_parts.hpp"

#include "wire/json_builder.hpp"

namespace brood::wire {

struct json_parts::parser : boost::json::basic_parser<json_builder> {
  static boost::json::parse_options options() {
    boost::json::parse_options result;
    result.max_depth = json_events::deepest;
    result.allow_invalid_utf8 = true;
    return result;
  }
  parser() : basic_parser(options()) {}
};

json_parts::json_parts() : parser_(std::make_unique<parser>()) {}
json_parts::json_parts(json_parts&&) noexcept = default;
json_parts& json_parts::operator=(json_parts&&) noexcept = default;
json_parts::~json_parts() = default;

void json_parts::add(std::string_view part, std::size_t more, boost::system::error_code& ec) {
  parser_->handler().expect(more);
  const std::size_t read = parser_->write_some(true, part.data(), part.size(), ec);
  if (!ec && read < part.size()) ec = boost::json::error::extra_data;
}

boost::json::value json_parts::end(boost::system::error_code& ec) {
  parser_->write_some(false, nullptr, 0, ec);
  return ec ? boost::json::value() : parser_->handler().release();
}

}  // namespace brood::wire
