#include "wire/json_parts.hpp"

#include "wire/json_builder.hpp"

namespace brood::wire {

struct json_parts::parser : json_parser {};

json_parts::json_parts() : parser_(std::make_unique<parser>()) {}
json_parts::json_parts(json_parts&&) noexcept = default;
json_parts& json_parts::operator=(json_parts&&) noexcept = default;
json_parts::~json_parts() = default;

void json_parts::add(std::string_view part, std::size_t more, boost::system::error_code& ec) {
  parser_->handler().expect(more);
  parser_->add(true, part, ec);
}

boost::json::value json_parts::end(boost::system::error_code& ec) {
  parser_->add(false, {}, ec);
  return ec ? boost::json::value() : parser_->handler().release();
}

}  // namespace brood::wire
