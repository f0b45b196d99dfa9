#include "wire/json_parts.hpp"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/string.hpp>
#include <string>
#include <vector>

#include "support/apart.hpp"
#include "wire/json_text.hpp"
#include "wire/json_writer.hpp"

namespace {

namespace json = boost::json;
using brood::detail::wire::json_parts;
using brood::detail::wire::parse_json_text;
using brood::detail::wire::to_json_text;

struct outcome {
  json::value value{};
  bool failed = false;
  bool operator==(const outcome&) const = default;
};

outcome in_one_piece(std::string_view text) {
  boost::system::error_code ec;
  json::value value = parse_json_text(text, ec);
  return {std::move(value), ec.failed()};
}

/// The text cut at these places.
outcome in_parts(std::string_view text, const std::vector<std::size_t>& places, std::size_t more = 0) {
  json_parts parts;
  boost::system::error_code ec;
  std::size_t from = 0;
  for (const std::size_t to : places) {
    parts.add(text.substr(from, to - from), more, ec);
    if (ec) return {{}, true};
    from = to;
  }
  parts.add(text.substr(from), 0, ec);
  if (ec) return {{}, true};
  json::value value = parts.end(ec);
  return {std::move(value), ec.failed()};
}

TEST(json_parts, are_read_alike_wherever_they_are_cut) {
  const std::vector<std::string> texts = {"null",
                                          " true ",
                                          "-7",
                                          "12345678901234567000",
                                          "[1,-2.5e-3,0.1,1.7976931348623157e+308]",
                                          "\"caf\u00e9 \U0001f600\"",
                                          R"({"a":1,"b":{"c":[true,null,"x"]},"a":2})",
                                          R"("\"\\\/\b\f\n\r\t\u00e9\ud83d\ude00")",
                                          R"({"\ud83d":"\ude00\ud83d\ud83d\ude00\ud83d\n\\ud83d"})",
                                          R"("\ud83d\u00e9\ud83d\\ude00\ud83d)",
                                          R"([\ud83d])",
                                          "1.3927926388013963e-143",
                                          "\"\xff\xc3(\"",
                                          R"([{"key with \u00e9 and \n":"\u0000"},[[[]]],{}])",
                                          "",
                                          "[1,",
                                          "{\"a\"}",
                                          "1 2",
                                          "\"open",
                                          "[1] x"};
  for (const auto& text : texts) {
    const outcome expected = in_one_piece(text);
    for (std::size_t first = 0; first <= text.size(); ++first) {
      for (std::size_t second = first; second <= text.size(); ++second) {
        EXPECT_EQ(in_parts(text, {first, second}), expected) << text << " cut at " << first << " and " << second;
      }
    }
  }
}

/// Those beyond 64 KiB are put together elsewhere than the others, and come to their places at the end.
TEST(json_parts, bring_long_strings_to_where_they_belong) {
  const auto long_one = [](std::size_t size, char first) {
    std::string text(size, 'x');
    for (std::size_t i = 0; i < size; i += 1000) text[i] = static_cast<char>(first + static_cast<char>(i / 1000 % 20));
    text[size / 2] = '\n';
    return json::string(text);
  };
  const json::value value{
      {"first", long_one(100'000, 'a')},
      {"list", {1, long_one(65'536, 'b'), 2.5, {{"deep", long_one(300'000, 'c')}}, long_one(65'535, 'd')}},
      {"short", "text"},
      {"last", long_one(1'000'000, 'e')}};
  const std::string text = to_json_text(value);
  EXPECT_EQ(in_one_piece(text).value, value);
  for (const std::size_t size : {1000UL, 16'384UL, 99'999UL, 700'000UL}) {
    std::vector<std::size_t> places;
    for (std::size_t at = size; at < text.size(); at += size) places.push_back(at);
    for (const std::size_t more : {0UL, 1'000'000UL}) {
      EXPECT_EQ(in_parts(text, places, more), (outcome{value, false})) << "in parts of " << size;
    }
  }
}

TEST(json_parts, of_which_none_came_are_no_value) {
  json_parts parts;
  boost::system::error_code ec;
  EXPECT_EQ(parts.end(ec), json::value());
  EXPECT_TRUE(ec);
}

#ifndef BROOD_SANITIZED  // which has more addresses than this by itself
TEST(json_parts, need_no_memory_for_what_may_never_come) {
  const auto in_a_child = [] {
    const rlimit little{.rlim_cur = 400UL * 1024 * 1024, .rlim_max = RLIM_INFINITY};
    ::setrlimit(RLIMIT_AS, &little);
    json_parts parts;
    boost::system::error_code ec;
    parts.add('"' + std::string(100'000, 'x'), 500UL * 1024 * 1024, ec);
    parts.add("end\"", 0, ec);
    const json::value value = parts.end(ec);
    return std::to_string(value.as_string().size());
  };
  EXPECT_EQ(brood_test::apart(in_a_child), "100003");
}
#endif

/// Has room for so many bytes, and for a few more each time it is asked.
struct limited final : brood::detail::wire::outlet {
  limited(std::size_t most, std::size_t more) : room(most), freed(more) {}
  void take(std::string& text, std::size_t) override {
    gone += take_directly(std::string_view(text).substr(gone), 0);
    if (gone != text.size()) return;
    text.clear();
    gone = 0;
  }
  std::size_t take_directly(std::string_view bytes, std::size_t) override {
    const std::size_t size = std::min(bytes.size(), room);
    taken += bytes.substr(0, size);
    room = room - size + freed;
    return size;
  }
  std::string taken;
  std::size_t gone = 0;  // of the text
  std::size_t room;
  std::size_t freed;
};

TEST(an_outlet, gets_the_beginning_of_a_long_text_and_the_buffer_keeps_the_rest) {
  std::string escapes;
  for (int i = 0; i < 200'000; ++i) escapes += i % 3 == 0 ? '"' : 'e';
  json::array numbers;
  for (int i = 0; i < 100'000; ++i) numbers.emplace_back(i);
  const std::vector<json::value> values = {"short",
                                           json::string(std::string(1'000'000, 'x')),
                                           json::string(escapes),
                                           numbers,
                                           {{"text", json::string(std::string(500'000, 'y'))}, {"numbers", numbers}}};
  for (const auto& value : values) {
    const std::string text = to_json_text(value);
    for (const std::size_t most : {0UL, 1UL, 131'072UL, 131'073UL, 200'000UL, 444'444UL, 10'000'000UL}) {
      for (const std::size_t more : {0UL, 1UL, 1'000UL, 20'000UL, 40'000UL}) {
        limited out(most, more);
        std::string rest;
        brood::detail::wire::append_json_text(rest, value, &out);
        EXPECT_TRUE(out.taken + rest.substr(out.gone) == text)
            << text.substr(0, 10) << "... and room for " << most << " and " << more;
        if (text.size() > 200'000 && most > 100'000) {
          EXPECT_FALSE(out.taken.empty());
        }
        EXPECT_LT(out.gone, rest.size()) << "the message does not end before all of it is written";
      }
    }
  }
}

TEST(an_outlet, is_not_troubled_with_a_short_text) {
  limited out(1'000'000, 0);
  std::string text;
  brood::detail::wire::append_json_text(text, json::string(std::string(100'000, 'x')), &out);
  EXPECT_EQ(out.taken, "");
  EXPECT_EQ(text.size(), 100'002U);
}

}  // namespace
