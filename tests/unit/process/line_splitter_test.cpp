#include "process/line_splitter.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <vector>

namespace {

using brood::detail::process::line_splitter;

/// The lines of a text, each in brackets; a piece of a line that goes on has no closing one.
struct splitting {
  const char* name;
  std::string text;
  std::string lines;
};

std::string all_of(line_splitter& from) {
  std::string all;
  for (; const auto line = from.front(); from.pop()) all += '[' + std::string(line->text) + (line->complete ? "]" : "");
  return all;
}

constexpr std::size_t limit = 4;

std::string split_in_pieces(const std::string& text, const std::vector<std::size_t>& cuts) {
  line_splitter splitter(limit);
  std::string all;
  std::size_t from = 0;
  for (const std::size_t to : cuts) {
    splitter.add(text.substr(from, to - from));
    all += all_of(splitter);
    from = to;
  }
  splitter.add(text.substr(from));
  all += all_of(splitter);
  splitter.end();
  return all + all_of(splitter);
}

class a_text : public testing::TestWithParam<splitting> {};

TEST_P(a_text, is_cut_into_the_same_lines_wherever_its_bytes_are_cut) {
  const std::string& text = GetParam().text;
  for (std::size_t first = 0; first <= text.size(); ++first) {
    for (std::size_t second = first; second <= text.size(); ++second) {
      EXPECT_EQ(split_in_pieces(text, {first, second}), GetParam().lines) << first << ' ' << second;
    }
  }
  std::vector<std::size_t> every_byte;
  for (std::size_t at = 0; at < text.size(); ++at) every_byte.push_back(at);
  EXPECT_EQ(split_in_pieces(text, every_byte), GetParam().lines);
}

INSTANTIATE_TEST_SUITE_P(
    with, a_text,
    testing::Values(splitting{"nothing", "", ""}, splitting{"an_empty_line", "\n", "[]"},
                    splitting{"one_line", "ab\n", "[ab]"}, splitting{"cr_lf", "ab\r\ncd\r\n", "[ab][cd]"},
                    splitting{"both_ends", "a\r\n\nb\n\r\n", "[a][][b][]"},
                    splitting{"a_cr_inside", "a\rb\n\rc\n", "[a\rb][\rc]"}, splitting{"two_crs", "a\r\r\n", "[a\r]"},
                    splitting{"no_end", "ab\ncd", "[ab][cd]"}, splitting{"a_cr_as_its_end", "ab\r", "[ab\r]"},
                    splitting{"a_cr_alone", "\r", "[\r]"},
                    splitting{"a_line_as_long_as_may_be", "abcd\nabcd\r\nabcd", "[abcd][abcd][abcd]"},
                    splitting{"a_longer_line", "abcdefghi\nx\n", "[abcd[efgh[i][x]"},
                    splitting{"a_multiple_of_the_limit", "abcdefgh\r\nx", "[abcd[efgh][x]"},
                    splitting{"a_longer_last_line", "abcdefgh", "[abcd[efgh]"},
                    splitting{"a_cr_beyond_the_limit", "abcd\rx\n", "[abcd[\rx]"},
                    splitting{"nul_bytes", std::string("a\0b\n\0", 5), std::string("[a\0b][\0]", 8)}),
    [](const auto& one) { return one.param.name; });

TEST(line_splitter, refuses_a_limit_of_no_bytes) { EXPECT_THROW(line_splitter(0), std::invalid_argument); }

TEST(line_splitter, returns_the_same_line_until_it_is_removed) {
  line_splitter splitter(limit);
  splitter.add("a\nb\n");
  EXPECT_EQ(splitter.front()->text, "a");
  EXPECT_EQ(splitter.front()->text, "a");
  splitter.pop();
  EXPECT_EQ(splitter.front()->text, "b");
  splitter.add("c\n");
  EXPECT_EQ(splitter.front()->text, "b");
}

}  // namespace
