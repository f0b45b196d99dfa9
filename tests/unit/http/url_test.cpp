#include "http/url.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace brood::http::detail {
namespace {

std::string described(std::string_view text) {
  const auto u = parse_url(text);
  return std::string(u.secure ? "tls " : "") + u.host + ' ' + std::to_string(u.port) + ' ' + u.authority + ' ' +
         u.target;
}

TEST(url, is_taken_apart) {
  EXPECT_EQ(described("http://h"), "h 80 h /");
  EXPECT_EQ(described("HTTP://h.example:8000/a%20b?c=d#e"), "h.example 8000 h.example:8000 /a%20b?c=d");
  EXPECT_EQ(described("http://127.0.0.1:65535/"), "127.0.0.1 65535 127.0.0.1:65535 /");
  EXPECT_EQ(described("http://[::1]:81?q"), "::1 81 [::1]:81 /?q");
  EXPECT_EQ(described("http://[::1]"), "::1 80 [::1] /");
  EXPECT_EQ(described("https://h/"), "tls h 443 h /");
  EXPECT_EQ(described("HttpS://h:80"), "tls h 80 h:80 /");
  EXPECT_EQ(described("http://h/a:b@c"), "h 80 h /a:b@c");
}

TEST(url, that_is_none_is_refused) {
  for (const char* text :
       {"", "h", "http:", "http://", "http:///a", "https:/h/", "ftp://h/", "http://h:/", "http://h:0/",
        "http://h:65536/", "http://h:8x/", "http://u:p@h/", "http://[::1/", "http://[::1]8/", "http://h/a b",
        "http://h/a\r\nX: y", "http://h\r\n/", "http://a b/", "http://h/\x7f"}) {
    EXPECT_THROW(parse_url(text), std::invalid_argument) << text;
  }
}

}  // namespace
}  // namespace brood::http::detail
