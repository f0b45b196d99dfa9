#include "brood/shell.hpp"

#include <gtest/gtest.h>

#include <stdexcept>

namespace {

TEST(shell, quotes_what_a_shell_would_look_at) {
  EXPECT_EQ(brood::shell_quote("plain-1.txt"), "plain-1.txt");
  EXPECT_EQ(brood::shell_quote(""), "''");
  EXPECT_EQ(brood::shell_quote("two words"), "'two words'");
  EXPECT_EQ(brood::shell_quote("it's"), "'it'\\''s'");
  EXPECT_EQ(brood::shell_quote("$HOME;`rm`\n*"), "'$HOME;`rm`\n*'");
  EXPECT_EQ(brood::shell_quote("~root"), "'~root'");
  EXPECT_THROW(brood::shell_quote(std::string_view("a\0b", 3)), std::invalid_argument);
}

TEST(shell, refuses_an_empty_line) { EXPECT_THROW(brood::shell(""), std::invalid_argument); }

TEST(shell, joins_a_line_of_words) { EXPECT_EQ(brood::shell_line("ls", {"-l", "a b"}), "ls -l 'a b'"); }

TEST(shell, fills_in_quoted_arguments) {
  EXPECT_EQ(brood::shell_format("sort {} | head -n {}", {"my file", "3"}), "sort 'my file' | head -n 3");
  EXPECT_EQ(brood::shell_format("echo {}", {"{}"}), "echo '{}'");
  EXPECT_THROW(brood::shell_format("echo {}", {}), std::invalid_argument);
  EXPECT_THROW(brood::shell_format("echo", {"x"}), std::invalid_argument);
}

}  // namespace
