#include "brood/http/request.hpp"

#include <algorithm>

#include "http/percent.hpp"
#include "http/text.hpp"

namespace brood::http {

std::string_view request::path() const noexcept {
  auto rest = target();
  // In the absolute form the path begins after "scheme://authority".
  if (!rest.empty() && rest.front() != '/') {
    if (const auto scheme = rest.find("://"); scheme != rest.npos) {
      rest.remove_prefix(scheme + 3);
      const auto path = rest.find_first_of("/?");
      rest.remove_prefix(std::min(path, rest.size()));
      if (rest.empty() || rest.front() == '?') return "/";
    }
  }
  return rest.substr(0, rest.find('?'));
}

std::string_view request::query() const noexcept {
  const auto all = target();
  const auto mark = all.find('?');
  return mark == all.npos ? std::string_view{} : all.substr(mark + 1);
}

std::string request::decoded_path() const { return detail::percent_decoded(path()); }

std::vector<query_parameter> request::parameters() const { return parse_query(query()); }

std::optional<std::string> request::parameter(std::string_view name) const {
  for (auto& one : parameters()) {
    if (one.name == name) return std::move(one.value);
  }
  return std::nullopt;
}

std::string_view request::header(std::string_view name) const noexcept {
  for (const auto& field : fields_) {
    if (field.name.size == name.size() && detail::same_name(text(field.name), name)) return text(field.value);
  }
  return {};
}

std::string_view request::upgrade() const noexcept {
  if (version_ < 11) return {};
  for (const auto& field : fields_) {
    if (detail::same_name(text(field.name), "Connection") && detail::lists(text(field.value), "upgrade")) {
      return header("Upgrade");
    }
  }
  return {};
}

bool request::has_header(std::string_view name) const noexcept {
  return std::any_of(fields_.begin(), fields_.end(),
                     [&](const auto& field) { return detail::same_name(text(field.name), name); });
}

}  // namespace brood::http
