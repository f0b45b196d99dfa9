#include "support/http_cases.hpp"

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <cstddef>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <regex>
#include <stdexcept>

namespace brood_test {
namespace {

namespace json = boost::json;

/// A text, or pieces of it, of which one may be told as how many times what.
std::string bytes_of(const json::value& told) {
  if (const auto* text = told.if_string()) return std::string(*text);
  std::string all;
  for (const auto& piece : told.as_array()) {
    const auto* repeated = piece.if_object();
    if (repeated == nullptr) {
      all += std::string_view(piece.as_string());
      continue;
    }
    const std::string_view text = repeated->at("of").as_string();
    const auto times = repeated->at("times").to_number<std::size_t>();
    const std::size_t begin = all.size();
    all.resize(begin + times * text.size());
    if (text.size() == 1) {
      std::memset(all.data() + begin, text.front(), times);
      continue;
    }
    for (std::size_t i = 0; i < times; ++i) text.copy(all.data() + begin + i * text.size(), text.size());
  }
  return all;
}

json::value read_table() {
  const std::filesystem::path path(BROOD_SOURCE_DIR "/tests/conformance/cases.json");
  std::ifstream file(path);
  if (!file) throw std::runtime_error("there is no tests/conformance/cases.json");
  std::string text(std::filesystem::file_size(path), ' ');  // each test makes the table: a stream iterator is slow
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  return json::parse(text);
}

}  // namespace

std::ostream& operator<<(std::ostream& out, const http_case& c) { return out << c.name; }

std::vector<http_case> http_cases() {
  const auto table = read_table();
  const auto& probe = table.at("probe");
  std::vector<http_case> cases;
  for (const auto& row : table.at("cases").as_array()) {
    const std::string_view then = row.at("then").as_string();
    if (then != "stays" && then != "closes" && then != "ends") throw std::runtime_error("then: " + std::string(then));
    http_case c{.name = std::string(row.at("name").as_string()),
                .sent = bytes_of(row.at("send")),
                .answered = bytes_of(row.at("answer")),
                .ends = then == "ends"};
    if (!c.ends) c.sent += bytes_of(probe.at("send"));
    if (then == "stays") c.answered += bytes_of(probe.at("answer"));
    cases.push_back(std::move(c));
  }
  return cases;
}

std::string test_name(const http_case& c) {
  auto name = c.name;
  std::replace_if(
      name.begin(), name.end(), [](unsigned char one) { return std::isalnum(one) == 0; }, '_');
  return name;
}

std::string without_continue(const std::string& text) {
  constexpr std::string_view go_on = "HTTP/1.1 100 Continue\r\n\r\n";
  if (go_on.starts_with(text)) return "";
  std::string result = text;
  for (auto at = result.find(go_on); at != result.npos; at = result.find(go_on, at)) result.erase(at, go_on.size());
  return result;
}

std::string without_date(const std::string& text) {
  static const std::regex date{"Date: \\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT\r\n"};
  return std::regex_replace(text, date, "");
}

}  // namespace brood_test
