#include <unistd.h>

#include <algorithm>

#include "brood/options.hpp"

namespace brood {
namespace {

constexpr std::string_view channel_variables[] = {"NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE",
                                                  "NODE_UNIQUE_ID"};

bool belongs_to_this_process(std::string_view name) {
  for (std::string_view own : channel_variables) {
    if (name == own) return true;
  }
  return false;
}

struct variable_line {
  std::string_view name;
  std::string_view line;  // "NAME=value"
};

/// In the order of the names. Of two of one name the first counts, as for getenv(3). Views into `environ`: a map of
/// copies would cost more than all else a start does in this process.
std::vector<variable_line> inherited() {
  std::vector<variable_line> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view line = *entry;
    const auto equals = line.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    const std::string_view name = line.substr(0, equals);
    if (!belongs_to_this_process(name)) all.push_back({name, line});
  }
  std::stable_sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  const auto twice = [](const auto& a, const auto& b) { return a.name == b.name; };
  all.erase(std::unique(all.begin(), all.end(), twice), all.end());
  return all;
}

}  // namespace

environment::environment(std::initializer_list<variable> exactly) : inherits_(false) {
  for (const auto& [name, value] : exactly) changes_.insert_or_assign(name, value);
}

environment& environment::set(std::string name, std::string value) {
  changes_.insert_or_assign(std::move(name), std::move(value));
  return *this;
}

environment& environment::unset(std::string name) {
  changes_.insert_or_assign(std::move(name), std::nullopt);
  return *this;
}

environment& environment::merge(const environment& other) {
  if (!other.inherits_) *this = environment{other};
  for (const auto& [name, value] : other.changes_) changes_.insert_or_assign(name, value);
  return *this;
}

std::vector<std::string> environment::block() const {
  const auto own = inherits_ ? inherited() : std::vector<variable_line>{};
  std::vector<std::string> lines;
  lines.reserve(own.size() + changes_.size());
  auto next = own.begin();
  for (const auto& [name, value] : changes_) {
    for (; next != own.end() && next->name < name; ++next) lines.emplace_back(next->line);
    if (next != own.end() && next->name == name) ++next;
    if (value) lines.push_back(name + '=' + *value);
  }
  for (; next != own.end(); ++next) lines.emplace_back(next->line);
  return lines;
}

}  // namespace brood
