#include "values/environment_block.hpp"

#include <gtest/gtest.h>

namespace {

using brood::environment_block;

std::vector<std::string> lines_of(const environment_block& block) {
  std::vector<std::string> all;
  for (const char* line : block.pointers()) {
    if (line != nullptr) all.emplace_back(line);
  }
  return all;
}

TEST(environment_block, ends_with_a_null_pointer) {
  EXPECT_EQ(environment_block().pointers(), std::vector<const char*>{nullptr});
  EXPECT_EQ(environment_block({{"A", "1"}}).pointers().back(), nullptr);
}

TEST(environment_block, finds_a_variable_by_all_of_its_name) {
  const environment_block block({{"AB", "1"}, {"A", "x=y"}, {"C", ""}});
  EXPECT_EQ(block.value_of("A"), "x=y");
  EXPECT_EQ(block.value_of("C"), "");
  EXPECT_EQ(block.value_of("B"), std::nullopt);
  EXPECT_EQ(block.value_of(""), std::nullopt);
}

TEST(environment_block, takes_a_new_value_in_the_place_of_the_old) {
  environment_block block({{"A", "1"}, {"AB", "2"}});
  block.set("A", "a longer one");
  block.set("C", "3");
  EXPECT_EQ(lines_of(block), (std::vector<std::string>{"AB=2", "A=a longer one", "C=3"}));
}

TEST(environment_block, keeps_a_nul_inside_a_value_for_others_to_find) {
  const environment_block block({{"A", std::string("x\0y", 3)}});
  EXPECT_EQ(block[0], std::string_view("A=x\0y", 5));
}

}  // namespace
