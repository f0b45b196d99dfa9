#include <unistd.h>

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

std::map<std::string, std::string> inherited() {
  std::map<std::string, std::string> all;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text = *entry;
    auto equals = text.find('=');
    if (equals == std::string_view::npos || equals == 0) continue;
    if (belongs_to_this_process(text.substr(0, equals))) continue;
    all.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
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
  auto all = inherits_ ? inherited() : std::map<std::string, std::string>{};
  for (const auto& [name, value] : changes_) {
    if (value) {
      all.insert_or_assign(name, *value);
    } else {
      all.erase(name);
    }
  }
  std::vector<std::string> lines;
  lines.reserve(all.size());
  for (const auto& [name, value] : all) lines.push_back(name + '=' + value);
  return lines;
}

}  // namespace brood
