#include "wire/json_text.hpp"

#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>
#include <cmath>
#include <limits>

namespace {

namespace json = boost::json;
using brood::detail::wire::parse_json_text;
using brood::detail::wire::to_json_text;

struct text_and_value {
  const char* name;
  std::string text;
  json::value value;
};

class json_text : public testing::TestWithParam<text_and_value> {};

TEST_P(json_text, is_read) {
  boost::system::error_code ec;
  EXPECT_EQ(parse_json_text(GetParam().text, ec), GetParam().value);
  EXPECT_FALSE(ec) << ec.message();
}

const std::string high = "\xed\xa0\xbd";  // \ud83d in WTF-8
const std::string low = "\xed\xb8\x80";   // \ude00
json::value text(const std::string& utf8) { return json::string(utf8); }

INSTANTIATE_TEST_SUITE_P(
    as_node_reads_it, json_text,
    testing::Values(
        text_and_value{"null", "null", nullptr}, text_and_value{"boolean", "true", true},
        text_and_value{"integer", "-7", -7}, text_and_value{"fraction", "2.5", 2.5},
        text_and_value{"exponent", "1e+21", 1e21}, text_and_value{"small", "1e-7", 1e-7},
        // Boost's parser gives the number beside each of these.
        text_and_value{"exact", "1.3927926388013963e-143", 1.3927926388013963e-143},
        text_and_value{"exact_large", "1.7976931348623157e+308", std::numeric_limits<double>::max()},
        text_and_value{"exact_least", "5e-324", std::numeric_limits<double>::denorm_min()},
        text_and_value{"large_integer", "12345678901234567000", 12345678901234567000U},
        text_and_value{"string", "\"plain\"", "plain"},
        text_and_value{"array", "[1,[],{}]", {1, json::array(), json::object()}},
        text_and_value{"object", R"({"a":1,"b":{"c":[true]}})", {{"a", 1}, {"b", {{"c", {true}}}}}},
        text_and_value{"duplicate_key", R"({"a":1,"a":2})", {{"a", 2}}},
        text_and_value{"white_space", " \t{ \"a\" : 1 } \r", {{"a", 1}}},
        text_and_value{"utf8", "\"caf\u00e9 \u20ac \U0001f600\"", "caf\u00e9 \u20ac \U0001f600"},
        text_and_value{"line_separators", "\"\u2028\u2029\"", "\u2028\u2029"},
        text_and_value{"escapes", R"("\"\\\/\b\f\n\r\t\u00e9\u20ac")", "\"\\/\b\f\n\r\t\u00e9\u20ac"},
        text_and_value{"surrogate_pair", R"("\ud83d\ude00")", "\U0001f600"},
        text_and_value{"nul", R"("a\u0000b")", json::string(std::string_view("a\0b", 3))},
        // JSON.stringify writes a lone surrogate as an escape; C++ strings are UTF-8, which has no such character.
        text_and_value{"lone_high", R"("a\ud83d")", text("a" + high)},
        text_and_value{"lone_low", R"("\ude00b")", text(low + "b")},
        text_and_value{"high_then_text", R"("\ud83dx")", text(high + "x")},
        text_and_value{"high_then_escape", R"("\ud83d\n")", text(high + "\n")},
        text_and_value{"high_then_other_escape", R"("\ud83d\u00e9")", text(high + "\u00e9")},
        text_and_value{"high_then_pair", R"("\ud83d\ud83d\ude00")", text(high + "\U0001f600")},
        text_and_value{"pair_then_low", R"("\ud83d\ude00\ude00")", text("\U0001f600" + low)},
        text_and_value{"swapped", R"("\ude00\ud83d")", text(low + high)},
        text_and_value{"upper_case", R"("\uD83D\uDE00\uD83D")", text("\U0001f600" + high)},
        text_and_value{"lone_key", R"({"\udfff":"\ud800"})", {{"\xed\xbf\xbf", text("\xed\xa0\x80")}}},
        text_and_value{"escaped_backslash", R"(["\\ud83d","\ud83d"])", {"\\ud83d", text(high)}},
        text_and_value{"escaped_backslash_behind", R"("\ud83d\\ude00")", text(high + "\\ude00")}),
    [](const auto& one) { return one.param.name; });

class json_garbage : public testing::TestWithParam<std::string> {};

TEST_P(json_garbage, is_refused) {
  boost::system::error_code ec;
  parse_json_text(GetParam(), ec);
  EXPECT_TRUE(ec) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(of_kinds, json_garbage,
                         testing::Values("", " ", "nonsense", "{", "{\"a\"}", "[1,]", "[1 2]", "\"open", "1 2", "nul",
                                         "'a'", "{a:1}", "NaN", "Infinity", "0x10", "+1", ".5", "\"\\x\"", "\"\\u12\"",
                                         "\"\\ud83", "\"\\ud83d", "\"\\ud83d\\", "\"\\ud83d\\u", "\"\\ud83d\\ude0\"",
                                         "\"a\tb\"", "\xef\xbb\xbf{}", std::string("1\0", 2), "{}}", "\xff"));

TEST(json_text, may_hold_bytes_that_are_no_utf8) {
  boost::system::error_code ec;
  EXPECT_EQ(parse_json_text("\"\xff\xc3(\"", ec).as_string().size(), 3U);
  EXPECT_FALSE(ec);
}

TEST(json_text, may_be_nested_as_deep_as_has_been_seen_from_node_and_not_without_end) {
  boost::system::error_code ec;
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_EQ(json::serialize(parse_json_text(nested(3000), ec)), nested(3000));
  EXPECT_FALSE(ec) << ec.message();
  parse_json_text(std::string(1'000'000, '['), ec);
  EXPECT_TRUE(ec);
  parse_json_text(nested(100'000), ec);
  EXPECT_TRUE(ec);
}

TEST(json_text, is_written_compact_and_without_a_newline) {
  const json::value value = {{"text", "caf\u00e9\n\u20ac"}, {"list", {1, 2.5, nullptr, true, json::object()}}};
  const std::string text = to_json_text(value);
  EXPECT_EQ(text, "{\"text\":\"caf\u00e9\\n\u20ac\",\"list\":[1,2.5,null,true,{}]}");
  boost::system::error_code ec;
  EXPECT_EQ(parse_json_text(text, ec), value);
}

TEST(json_text, never_holds_a_control_character) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  for (const char c : to_json_text(text(all))) EXPECT_FALSE(c >= 0 && c < ' ') << static_cast<int>(c);
}

TEST(json_text, writes_null_for_what_json_has_no_number_for) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  EXPECT_EQ(to_json_text(std::nan("")), "null");
  EXPECT_EQ(to_json_text({{"a", infinity}, {"b", {-infinity, 1}}}), "{\"a\":null,\"b\":[null,1]}");
}

/// Wherever in a text the character stands that is written as an escape, and however long the text is.
TEST(json_text, escapes_what_json_must_at_any_place_of_a_string) {
  for (const std::size_t size : {1U, 7U, 8U, 63U, 64U, 65U, 200U, 8191U, 8192U, 8193U, 20'000U}) {
    for (const std::size_t at : {std::size_t{0}, size / 2, size - 1}) {
      for (const auto& [character, written] : std::vector<std::pair<char, std::string>>{
               {'"', "\\\""}, {'\\', "\\\\"}, {'\n', "\\n"}, {'\x01', "\\u0001"}, {'\x1f', "\\u001f"}}) {
        std::string all(size, 'x');
        all[at] = character;
        const std::string expected = '"' + all.substr(0, at) + written + all.substr(at + 1) + '"';
        ASSERT_EQ(to_json_text(text(all)), expected) << size << ' ' << at;
      }
    }
  }
  const std::string untouched = " !#[]~\x7f caf\u00e9 \u20ac \U0001f600 \ud000 \ud7ff \xed";
  EXPECT_EQ(to_json_text(text(untouched)), '"' + untouched + '"');
}

TEST(json_text, writes_a_lone_surrogate_as_its_escape_at_any_place_of_a_string) {
  for (const std::size_t size : {0U, 1U, 8U, 15U, 16U, 64U, 8190U, 8191U, 8192U, 20'000U}) {
    for (const std::size_t at : {std::size_t{0}, size / 2, size}) {
      const std::string plain(size, 'x');
      const std::string before = plain.substr(0, at);
      const std::string behind = plain.substr(at);
      ASSERT_EQ(to_json_text(text(before + high + behind)), '"' + before + "\\ud83d" + behind + '"') << size;
    }
  }
  EXPECT_EQ(to_json_text({{low, text("a" + high)}}), R"({"\ude00":"a\ud83d"})");
}

TEST(json_text, comes_back_as_node_wrote_it) {
  for (const std::string written :
       {R"("a\ud83d")", R"({"\ude00":["\ud800","\udfff\udbff"]})", R"("\ud83d\ud83d\n\udc00")"}) {
    boost::system::error_code ec;
    EXPECT_EQ(to_json_text(parse_json_text(written, ec)), written);
  }
}

TEST(is_json_text, accepts_lone_surrogates_in_strings_alone) {
  for (const auto* text : {R"("a\ud83d")", R"({"\ude00":"\ud83d\ude00"})", R"("\\ud83d")"}) {
    EXPECT_TRUE(brood::detail::wire::is_json_text(text)) << text;
  }
  for (const auto* text :
       {R"(\ud83d)", R"([\ud83d])", R"({\ud83d:1})", R"("\ud83)", R"("\ud83g")", "\"\xed\xa0\xbd\""}) {
    EXPECT_FALSE(brood::detail::wire::is_json_text(text)) << text;
  }
}

TEST(json_text, writes_numbers_as_short_as_they_can_be) {
  EXPECT_EQ(to_json_text({0, -1, 1.5, 0.1, 1e21, 5e-324, -0.0, std::numeric_limits<std::uint64_t>::max(),
                          std::numeric_limits<std::int64_t>::min()}),
            "[0,-1,1.5,0.1,1e+21,5e-324,0,18446744073709551615,-9223372036854775808]");
  EXPECT_EQ(to_json_text(json::array()), "[]");
  EXPECT_EQ(to_json_text({{"a", json::object()}}), R"({"a":{}})");
}

}  // namespace
