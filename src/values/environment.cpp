#include "brood/options.hpp"
#include "values/environment_block.hpp"

namespace brood {

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
  const environment_block block(*this);
  std::vector<std::string> lines;
  lines.reserve(block.size());
  for (std::size_t i = 0; i < block.size(); ++i) lines.emplace_back(block[i]);
  return lines;
}

}  // namespace brood
