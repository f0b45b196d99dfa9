#include "wire/frame_buffer.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace {

using brood::serialization;
using brood::detail::wire::frame_buffer;

void put(frame_buffer& buffer, std::string_view bytes) {
  std::memcpy(buffer.prepare(bytes.size()), bytes.data(), bytes.size());
  buffer.commit(bytes.size());
}

std::vector<std::string> take(frame_buffer& buffer) {
  std::vector<std::string> lines;
  while (auto line = buffer.next()) lines.emplace_back(*line);
  return lines;
}

struct cut {
  const char* name;
  std::string bytes;
  std::vector<std::string> lines;
  bool rest;
};

class lines : public testing::TestWithParam<cut> {};

TEST_P(lines, are_the_same_in_pieces_of_any_size) {
  const cut& c = GetParam();
  for (std::size_t step = 1; step <= c.bytes.size() + 1; ++step) {
    frame_buffer buffer(serialization::json, 1000);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < c.bytes.size(); at += step) {
      put(buffer, std::string_view(c.bytes).substr(at, step));
      for (auto& line : take(buffer)) found.push_back(std::move(line));
    }
    EXPECT_EQ(found, c.lines) << "in pieces of " << step;
    EXPECT_EQ(buffer.empty(), !c.rest);
    EXPECT_FALSE(buffer.too_long());
  }
}

INSTANTIATE_TEST_SUITE_P(of, lines,
                         testing::Values(cut{"nothing", "", {}, false}, cut{"one", "one\n", {"one"}, false},
                                         cut{"two", "one\ntwo\n", {"one", "two"}, false},
                                         cut{"empty_ones", "\n\n\n", {"", "", ""}, false},
                                         cut{"half", "one\ntw", {"one"}, true},
                                         cut{"return", "one\r\ntwo", {"one\r"}, true},
                                         cut{"nul", std::string("a\0b\nc\0", 6), {std::string("a\0b", 3)}, true},
                                         cut{"utf8", "caf\u00e9\n\u20ac\n", {"caf\u00e9", "\u20ac"}, false}),
                         [](const auto& one) { return one.param.name; });

TEST(frame_buffer, says_when_a_line_is_too_long) {
  frame_buffer buffer(serialization::json, 10);
  put(buffer, "0123456789");
  EXPECT_FALSE(buffer.next());
  EXPECT_FALSE(buffer.too_long());
  put(buffer, "x");
  EXPECT_FALSE(buffer.next());
  EXPECT_TRUE(buffer.too_long());
}

TEST(frame_buffer, does_not_count_lines_that_are_given_out) {
  frame_buffer buffer(serialization::json, 10);
  for (int i = 0; i < 100; ++i) {
    put(buffer, "12345678\n9");
    EXPECT_TRUE(buffer.next());
    EXPECT_FALSE(buffer.next());
    EXPECT_FALSE(buffer.too_long()) << i;
    put(buffer, "\n");
    EXPECT_EQ(buffer.next(), "9");
  }
  EXPECT_TRUE(buffer.empty());
}

TEST(frame_buffer, gives_room_without_touching_what_is_there) {
  frame_buffer buffer(serialization::json, 1'000'000);
  std::string expected;
  for (int i = 1; i < 200; ++i) {
    const std::string piece(static_cast<std::size_t>(i), static_cast<char>('a' + i % 26));
    put(buffer, piece);
    expected += piece;
    buffer.prepare(5000);  // room that is not used
    if (i % 7 == 0) {
      put(buffer, "\n");
      EXPECT_EQ(buffer.next(), expected);
      expected.clear();
      put(buffer, "kept\nhalf");
      EXPECT_EQ(buffer.next(), "kept");
      expected = "half";
    }
  }
}

// ---- blocks

std::string block(std::string_view content) {
  std::string bytes(4, '\0');
  for (std::size_t i = 0; i < 4; ++i) bytes[i] = static_cast<char>(content.size() >> 8 * (3 - i) & 0xff);
  return bytes += content;
}

class blocks : public testing::TestWithParam<cut> {};

TEST_P(blocks, are_the_same_in_pieces_of_any_size) {
  const cut& c = GetParam();
  for (std::size_t step = 1; step <= c.bytes.size() + 1; ++step) {
    frame_buffer buffer(serialization::advanced, 1000);
    std::vector<std::string> found;
    for (std::size_t at = 0; at < c.bytes.size(); at += step) {
      put(buffer, std::string_view(c.bytes).substr(at, step));
      for (auto& one : take(buffer)) found.push_back(std::move(one));
    }
    EXPECT_EQ(found, c.lines) << "in pieces of " << step;
    EXPECT_EQ(buffer.empty(), !c.rest);
    EXPECT_FALSE(buffer.too_long());
  }
}

INSTANTIATE_TEST_SUITE_P(
    of, blocks,
    testing::Values(cut{"nothing", "", {}, false}, cut{"one", block("one"), {"one"}, false},
                    cut{"two", block("one") + block("two"), {"one", "two"}, false},
                    cut{"empty_ones", block("") + block(""), {"", ""}, false},
                    cut{"half", block("one") + block("two").substr(0, 6), {"one"}, true},
                    cut{"half_a_length", block("one") + std::string(3, '\0'), {"one"}, true},
                    cut{"newline", block("a\nb"), {"a\nb"}, false},
                    cut{"more_than_a_byte_counts", block(std::string(999, 'x')), {std::string(999, 'x')}, false}),
    [](const auto& one) { return one.param.name; });

TEST(frame_buffer, says_when_a_block_announces_too_much) {
  frame_buffer buffer(serialization::advanced, 10);
  put(buffer, block("0123456789"));
  EXPECT_FALSE(buffer.too_long());
  EXPECT_EQ(buffer.next(), "0123456789");
  put(buffer, std::string_view("\x80\0\0", 3));
  EXPECT_FALSE(buffer.next());
  EXPECT_FALSE(buffer.too_long());
  put(buffer, std::string_view("\0", 1));
  EXPECT_FALSE(buffer.next());
  EXPECT_TRUE(buffer.too_long());
}

/// Else some processors take several times as long to copy it (values/copying.hpp).
TEST(frame_buffer, has_the_kernel_copy_to_a_place_where_it_is_quick) {
  frame_buffer buffer(brood::serialization::json, 1'000'000'000);
  for (const std::size_t size : {1UL, 100UL, 65'536UL, 300'000UL, 40'000'000UL}) {
    std::memset(buffer.prepare(size), 'x', size);
    buffer.commit(size);
    *buffer.prepare(1) = '\n';
    buffer.commit(1);
    const auto line = buffer.next();
    ASSERT_TRUE(line);
    EXPECT_EQ(*line, std::string(size, 'x'));
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.prepare(1)) % 64, 0U) << size;
  }
}

}  // namespace
