#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <tuple>

#include "http/byte_buffer.hpp"
#include "http/date.hpp"
#include "http/message_reader.hpp"
#include "http/text.hpp"

namespace brood::http::detail {
namespace {

TEST(date, is_written_as_rfc_9110_says) {
  const auto text = [](std::time_t t) {
    const auto date = imf_fixdate(t);
    return std::string(date.data(), date.size());
  };
  EXPECT_EQ(text(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(text(1709164799), "Wed, 28 Feb 2024 23:59:59 GMT");
  EXPECT_EQ(text(1709164800), "Thu, 29 Feb 2024 00:00:00 GMT");
  EXPECT_EQ(text(4102444799), "Thu, 31 Dec 2099 23:59:59 GMT");
}

TEST(date, is_a_whole_line) {
  date_line line;
  const std::string text{line.now()};
  EXPECT_EQ(text.substr(0, 6), "Date: ");
  EXPECT_EQ(text.substr(35), "\r\n");
}

TEST(text, compares_names_without_case) {
  EXPECT_TRUE(same_name("Content-Length", "cONTENT-lENGTH"));
  EXPECT_FALSE(same_name("a", "ab"));
  EXPECT_FALSE(same_name("[", "{"));  // differ in the very bit that tells upper from lower case
  EXPECT_TRUE(is_token("x-!#$%&'*+.^_`|~0"));
  EXPECT_FALSE(is_token("a b"));
  EXPECT_FALSE(is_token(""));
  EXPECT_TRUE(is_field_value("\t a \xff"));
  EXPECT_FALSE(is_field_value("\r"));
}

TEST(byte_buffer, keeps_bytes_while_it_grows_and_is_consumed) {
  byte_buffer b;
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 7), static_cast<char>('a' + i % 26));
    b.append(piece);
    expected += piece;
    if (i % 3 == 0 && b.size() > 5) {
      b.consume(5);
      expected.erase(0, 5);
    }
    ASSERT_EQ(b.view(), expected);
  }
  EXPECT_LT(b.capacity(), 2 * expected.size() + 64);
  b.truncate(3);
  EXPECT_EQ(b.view(), expected.substr(0, 3));
  byte_buffer moved = std::move(b);
  EXPECT_EQ(moved.view(), expected.substr(0, 3));
  EXPECT_TRUE(b.empty());  // NOLINT(bugprone-use-after-move): that it is empty is its promise
  EXPECT_EQ(b.capacity(), 0u);
}

TEST(byte_buffer, uses_the_room_in_front_before_it_grows) {
  byte_buffer b;
  b.append(std::string(100, 'x'));
  const auto capacity = b.capacity();
  b.consume(90);
  b.append(std::string(90, 'y'));
  EXPECT_EQ(b.capacity(), capacity);
  EXPECT_EQ(b.view(), std::string(10, 'x') + std::string(90, 'y'));
}

class request_target : public testing::TestWithParam<std::tuple<const char*, const char*, const char*>> {};

TEST_P(request_target, is_cut_into_path_and_query) {
  const auto [target, path, query] = GetParam();
  const message_reader::limits limits{.header_size = 1000, .headers_count = 10, .body_size = 0};
  message_reader reader{limits};
  byte_buffer buffer;
  buffer.append("OPTIONS " + std::string(target) + " HTTP/1.1\r\nHost: a\r\nX: 1\r\nx: 2\r\n\r\n");
  ASSERT_EQ(reader.advance(buffer), message_reader::verdict::ready);
  const auto& r = reader.message();
  EXPECT_EQ(r.target(), target);
  EXPECT_EQ(r.path(), path);
  EXPECT_EQ(r.query(), query);
  EXPECT_EQ(r.method(), verb::options);
  EXPECT_EQ(r.header("x"), "1");
  EXPECT_EQ(r.header("HOST"), "a");
  EXPECT_EQ(r.header("y"), "");
  EXPECT_TRUE(r.has_header("hOst"));
  EXPECT_FALSE(r.has_header("hos"));
  EXPECT_EQ(r.headers().size(), 3u);
}

INSTANTIATE_TEST_SUITE_P(forms, request_target,
                         testing::Values(std::tuple{"/", "/", ""}, std::tuple{"/a%20b?c=d?e", "/a%20b", "c=d?e"},
                                         std::tuple{"/?", "/", ""}, std::tuple{"*", "*", ""},
                                         std::tuple{"http://a/b/c?d", "/b/c", "d"}, std::tuple{"HTTP://a", "/", ""},
                                         std::tuple{"https://a?b=/c", "/", "b=/c"},
                                         std::tuple{"/x?u=http://a/b", "/x", "u=http://a/b"}));

}  // namespace
}  // namespace brood::http::detail
