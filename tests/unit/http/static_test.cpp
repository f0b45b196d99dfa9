// What static files are decided by.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "brood/http/static_files.hpp"
#include "http/file_path.hpp"
#include "http/message_reader.hpp"
#include "http/preconditions.hpp"

namespace brood::http::detail {
namespace {

TEST(file_path, is_decoded_and_made_relative) {
  const auto name = [](std::string_view path) { return find_file_path(path).name; };
  EXPECT_EQ(name("/"), "./");
  EXPECT_EQ(name("//"), "./");
  EXPECT_EQ(name("/a"), "a");
  EXPECT_EQ(name("/a/"), "a/");
  EXPECT_EQ(name("//a//b"), "a/b");
  EXPECT_EQ(name("/a%20b/%C3%a9.txt"), "a b/\xC3\xA9.txt");
  EXPECT_EQ(name("/a..b/c."), "a..b/c.");
  EXPECT_EQ(name("/.well-known/acme"), ".well-known/acme");
  EXPECT_EQ(name("/a+b%2Bc"), "a+b+c");
  EXPECT_EQ(name("/%252e%252e/a"), "%2e%2e/a");  // decoded once
}

TEST(file_path, that_leads_elsewhere_is_refused) {
  for (const char* path : {"/..", "/../a", "/a/..", "/a/../b", "/%2e%2e/a", "/.%2E/a", "/%2e/a", "/.", "/.git/config",
                           "/a/.env", "/%2eenv", "/.well-knowns"}) {
    EXPECT_EQ(find_file_path(path).is, file_path::verdict::hidden) << path;
  }
  for (const char* path : {"", "a", "*", "/a%00", "/a%2fb", "/..%2fa%2F", "/%", "/%2", "/%zz", "/a%2"}) {
    EXPECT_EQ(find_file_path(path).is, file_path::verdict::bad) << path;
  }
}

TEST(content_type, goes_by_suffix) {
  EXPECT_EQ(content_type_of("a/b.html"), "text/html; charset=utf-8");
  EXPECT_EQ(content_type_of("a.tar.GZ"), "application/gzip");
  EXPECT_EQ(content_type_of("html"), "application/octet-stream");
  EXPECT_EQ(content_type_of("a.b/c"), "application/octet-stream");
  EXPECT_EQ(content_type_of(""), "application/octet-stream");
}

constexpr std::string_view tag = "\"abc-d\"";
constexpr std::time_t modified = 784111777;  // Sun, 06 Nov 1994 08:49:37 GMT

/// "STATUS FIRST SIZE" for a file of ten bytes.
std::string selected(std::string_view fields, std::string_view method = "GET", std::uint64_t size = 10,
                     std::time_t now = modified + 1) {
  static constexpr message_reader::limits limits{.header_size = 1000, .headers_count = 10, .body_size = 0};
  message_reader reader{limits};
  byte_buffer bytes;
  bytes.append(std::string(method) + " / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n");
  EXPECT_EQ(reader.advance(bytes), message_reader::verdict::ready);
  const auto s = select(reader.message(), {.etag = tag, .modified = modified, .size = size}, now);
  return std::to_string(s.status) + ' ' + std::to_string(s.first) + ' ' + std::to_string(s.size);
}

TEST(preconditions, range) {
  EXPECT_EQ(selected(""), "200 0 10");
  EXPECT_EQ(selected("Range: bytes=0-0\r\n"), "206 0 1");
  EXPECT_EQ(selected("Range: bytes=2-4\r\n"), "206 2 3");
  EXPECT_EQ(selected("Range: Bytes=9-\r\n"), "206 9 1");
  EXPECT_EQ(selected("Range: bytes=5-99999999999999999999\r\n"), "206 5 5");
  EXPECT_EQ(selected("Range: bytes=-3\r\n"), "206 7 3");
  EXPECT_EQ(selected("Range: bytes=-99\r\n"), "206 0 10");
  EXPECT_EQ(selected("Range: bytes=10-\r\n"), "416 0 0");
  EXPECT_EQ(selected("Range: bytes=-0\r\n"), "416 0 0");
  EXPECT_EQ(selected("Range: bytes=0-\r\n", "GET", 0), "416 0 0");
  EXPECT_EQ(selected("Range: bytes=-5\r\n", "GET", 0), "416 0 0");
  for (const char* ignored : {"bytes=4-2", "bytes=a-b", "bytes=-", "bytes=1", "bytes=", "lines=0-1", "bytes=0-1,4-5",
                              "bytes=+1-2", "bytes 1-2"}) {
    EXPECT_EQ(selected("Range: " + std::string(ignored) + "\r\n"), "200 0 10") << ignored;
  }
  EXPECT_EQ(selected("Range: bytes=0-0\r\n", "HEAD"), "200 0 10");
}

TEST(preconditions, if_range) {
  const auto ranged = [](std::string_view condition) {
    return selected("Range: bytes=0-0\r\nIf-Range: " + std::string(condition) + "\r\n");
  };
  EXPECT_EQ(ranged(tag), "206 0 1");
  EXPECT_EQ(ranged("\"other\""), "200 0 10");
  EXPECT_EQ(ranged("W/\"abc-d\""), "200 0 10");
  EXPECT_EQ(ranged("Sun, 06 Nov 1994 08:49:37 GMT"), "206 0 1");
  EXPECT_EQ(ranged("Sun, 06 Nov 1994 08:49:38 GMT"), "200 0 10");
  EXPECT_EQ(ranged("nonsense"), "200 0 10");
}

TEST(preconditions, a_date_in_if_range_does_not_count_in_the_second_of_the_modification) {
  const std::string ranged = "Range: bytes=0-0\r\nIf-Range: ";
  const std::string date = "Sun, 06 Nov 1994 08:49:37 GMT\r\n";
  EXPECT_EQ(selected(ranged + date, "GET", 10, modified), "200 0 10");
  EXPECT_EQ(selected(ranged + date, "GET", 10, modified + 1), "206 0 1");
  EXPECT_EQ(selected(ranged + std::string(tag) + "\r\n", "GET", 10, modified), "206 0 1");
}

TEST(preconditions, tags) {
  EXPECT_EQ(selected("If-None-Match: \"abc-d\"\r\n"), "304 0 0");
  EXPECT_EQ(selected("If-None-Match: \"x\" , W/\"abc-d\"\r\n"), "304 0 0");
  EXPECT_EQ(selected("If-None-Match: *\r\n"), "304 0 0");
  EXPECT_EQ(selected("If-None-Match: \"abc\"\r\n"), "200 0 10");
  EXPECT_EQ(selected("If-Match: \"abc-d\"\r\n"), "200 0 10");
  EXPECT_EQ(selected("If-Match: *\r\n"), "200 0 10");
  EXPECT_EQ(selected("If-Match: W/\"abc-d\"\r\n"), "412 0 0");
  EXPECT_EQ(selected("If-Match: \"x\"\r\nIf-None-Match: \"abc-d\"\r\n"), "412 0 0");
  EXPECT_EQ(selected("If-None-Match: \"abc-d\"\r\nRange: bytes=0-0\r\n"), "304 0 0");
}

TEST(preconditions, dates) {
  EXPECT_EQ(selected("If-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "304 0 0");
  EXPECT_EQ(selected("If-Modified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), "200 0 10");
  EXPECT_EQ(selected("If-Modified-Since: yesterday\r\n"), "200 0 10");
  EXPECT_EQ(selected("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:36 GMT\r\n"), "412 0 0");
  EXPECT_EQ(selected("If-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200 0 10");
  // A tag is the better witness.
  EXPECT_EQ(selected("If-None-Match: \"x\"\r\nIf-Modified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n"), "200 0 10");
}

TEST(preconditions, dates_are_read_in_the_one_form_that_is_written) {
  EXPECT_EQ(parse_date("Sun, 06 Nov 1994 08:49:37 GMT"), modified);
  EXPECT_EQ(parse_date("Thu, 01 Jan 1970 00:00:00 GMT"), 0);
  for (const char* none :
       {"", "Sun, 06 Nov 1994 08:49:37 UTC", "Mon, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 ovN 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
        "Sun, 06 Nov 1994 25:49:37 GMT"}) {
    EXPECT_EQ(parse_date(none), std::nullopt) << none;
  }
}

}  // namespace
}  // namespace brood::http::detail
