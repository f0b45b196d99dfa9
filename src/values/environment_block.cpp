#include "values/environment_block.hpp"

#include <unistd.h>

#include <cstring>

namespace brood {
namespace {

constexpr std::string_view channel_variables[] = {"NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE",
                                                  "NODE_UNIQUE_ID", "BROOD_CHANNEL"};

bool belongs_to_this_process(std::string_view name) {
  if (name.front() != 'N' && name.front() != 'B') return false;
  for (std::string_view own : channel_variables) {
    if (name == own) return true;
  }
  return false;
}

std::string_view name_in(std::string_view line) { return line.substr(0, line.find('=')); }

}  // namespace

environment_block::environment_block(const environment& from) {
  if (from.inherits_) inherit(from);
  for (const auto& [name, value] : from.changes_) {
    if (value) add(name, *value);
  }
}

void environment_block::inherit(const environment& from) {
  constexpr std::size_t default_text = 4096;
  constexpr std::size_t default_lines = 64;
  text_.reserve(default_text);
  lines_.reserve(default_lines);
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const char* const equals = std::strchr(*entry, '=');
    if (equals == nullptr || equals == *entry) continue;
    const std::string_view name(*entry, static_cast<std::size_t>(equals - *entry));
    if (belongs_to_this_process(name) || (!from.changes_.empty() && from.changes_.contains(name))) continue;
    const std::size_t size = name.size() + std::strlen(equals);
    lines_.push_back({text_.size(), size});
    text_.append(*entry, size + 1);  // including its NUL
  }
}

void environment_block::add(std::string_view name, std::string_view value) {
  lines_.push_back({text_.size(), name.size() + 1 + value.size()});
  text_.append(name).append(1, '=').append(value).push_back('\0');
}

std::optional<std::string_view> environment_block::value_of(std::string_view name) const noexcept {
  for (std::size_t i = 0; i < size(); ++i) {
    const std::string_view line = (*this)[i];
    if (name_in(line) == name && line.size() > name.size()) return line.substr(name.size() + 1);
  }
  return std::nullopt;
}

void environment_block::set(std::string_view name, std::string_view value) {
  std::erase_if(lines_,
                [&](const place& one) { return name_in(std::string_view(text_).substr(one.begin, one.size)) == name; });
  add(name, value);
}

std::vector<const char*> environment_block::pointers() const {
  std::vector<const char*> all;
  all.reserve(lines_.size() + 1);
  for (const auto& one : lines_) all.push_back(text_.data() + one.begin);
  all.push_back(nullptr);
  return all;
}

}  // namespace brood
