#include "http/message_reader.hpp"

#include <gtest/gtest.h>

#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace brood::http::detail {
namespace {

using verdict = message_reader::verdict;

constexpr message_reader::limits small{.header_size = 256, .headers_count = 8, .body_size = 32};

/// What a reader made of some bytes, as text: "GET /a 11 [Host: x] body" for each request, then "more" or a status.
class transcript {
 public:
  explicit transcript(const message_reader::limits& limits) : reader_(limits) {}

  void feed(std::string_view bytes) {
    if (refused_) return;
    buffer_.append(bytes);
    for (;;) {
      const auto v = reader_.advance(buffer_);
      if (v == verdict::more) return;
      if (v == verdict::refused) {
        refused_ = true;
        text_ += std::to_string(reader_.refusal());
        return;
      }
      add(reader_.message());
      buffer_.consume(reader_.consumed());
      reader_.next();
      if (buffer_.empty()) return;
    }
  }
  std::string text() const { return refused_ ? text_ : text_ + (buffer_.empty() && !reader_.in_body() ? "" : "more"); }

 private:
  void add(const request& r) {
    text_ += std::string(r.method_string()) + ' ' + std::string(r.target()) + ' ' + std::to_string(r.version()) +
             (r.keep_alive() ? "" : " last");
    for (const auto field : r.headers()) text_ += " [" + std::string(field.name) + ':' + std::string(field.value) + ']';
    text_ += " " + std::string(r.body()) + "\n";
  }

  message_reader reader_;
  byte_buffer buffer_;
  std::string text_;
  bool refused_ = false;
};

std::string read_whole(std::string_view bytes, const message_reader::limits& limits = small) {
  transcript t{limits};
  t.feed(bytes);
  return t.text();
}

std::string read_split(std::string_view bytes, std::size_t at) {
  transcript t{small};
  t.feed(bytes.substr(0, at));
  t.feed(bytes.substr(at));
  return t.text();
}

std::string read_bytewise(std::string_view bytes) {
  transcript t{small};
  for (std::size_t i = 0; i < bytes.size(); ++i) t.feed(bytes.substr(i, 1));
  return t.text();
}

struct reading {
  std::string_view name;
  std::string bytes;
  std::string expected;
};

std::ostream& operator<<(std::ostream& out, const reading& r) { return out << r.name; }

class cut_bytes : public testing::TestWithParam<reading> {};

TEST_P(cut_bytes, is_the_same_however_the_bytes_are_cut) {
  const auto& [name, bytes, expected] = GetParam();
  EXPECT_EQ(read_whole(bytes), expected);
  EXPECT_EQ(read_bytewise(bytes), expected);
  for (std::size_t at = 1; at < bytes.size(); ++at) EXPECT_EQ(read_split(bytes, at), expected) << "cut at " << at;
}

INSTANTIATE_TEST_SUITE_P(
    good, cut_bytes,
    testing::Values(reading{"nothing", "", ""},
                    reading{"get", "GET /a HTTP/1.1\r\nHost: h\r\n\r\n", "GET /a 11 [Host:h] \n"},
                    reading{"get without host in 1.0", "GET / HTTP/1.0\r\n\r\n", "GET / 10 last \n"},
                    reading{"1.0 that stays", "GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
                            "GET / 10 [Connection:Keep-Alive] \n"},
                    reading{"1.1 that goes", "GET / HTTP/1.1\r\nHost: h\r\nconnection: x, CLOSE\r\n\r\n",
                            "GET / 11 last [Host:h] [connection:x, CLOSE] \n"},
                    reading{"empty lines before", "\r\n\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "GET / 11 [Host:h] \n"},
                    reading{"values trimmed", "GET / HTTP/1.1\r\nHost:  h \t\r\nX:\r\nY: \t \r\nZ:a  b\r\n\r\n",
                            "GET / 11 [Host:h] [X:] [Y:] [Z:a  b] \n"},
                    reading{"any method", "BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n", "BREW /pot 11 [Host:h] \n"},
                    reading{"absolute form", "GET http://h/a?b HTTP/1.1\r\nHost: h\r\n\r\n",
                            "GET http://h/a?b 11 [Host:h] \n"},
                    reading{"asterisk form", "OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n", "OPTIONS * 11 [Host:h] \n"},
                    reading{"empty host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", "GET / 11 [Host:] \n"},
                    reading{"ipv6 host", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", "GET / 11 [Host:[::1]:80] \n"},
                    reading{"bytes above 127", "GET / HTTP/1.1\r\nHost: h\r\nX: \xc3\xa4\r\n\r\n",
                            "GET / 11 [Host:h] [X:\xc3\xa4] \n"},
                    reading{"two in a row", "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n",
                            "GET /1 11 [Host:h] \nGET /2 11 [Host:h] \n"}));

INSTANTIATE_TEST_SUITE_P(
    bodies, cut_bytes,
    testing::Values(
        reading{"length", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
                "POST / 11 [Host:h] [Content-Length:5] hello\n"},
        reading{"length 0", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
                "POST / 11 [Host:h] [Content-Length:0] \n"},
        reading{"as long as allowed",
                "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 32\r\n\r\n0123456789abcdef0123456789abcdef",
                "POST / 11 [Host:h] [Content-Length:32] 0123456789abcdef0123456789abcdef\n"},
        reading{"length, then another",
                "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nabGET / HTTP/1.1\r\nHost: h\r\n\r\n",
                "PUT / 11 [Host:h] [Content-Length:2] ab\nGET / 11 [Host:h] \n"},
        reading{"body cut short", "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhell", "more"},
        reading{"chunked",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
                "POST / 11 [Host:h] [Transfer-Encoding:Chunked] abcde\n"},
        reading{"chunked and empty", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "POST / 11 [Host:h] [Transfer-Encoding:chunked] \n"},
        reading{"extensions and trailer",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                "3;a=b\r\nabc\r\n0;c=\"d\"\r\nT: 1\r\nU: 2\r\n\r\n",
                "POST / 11 [Host:h] [Transfer-Encoding:chunked] abc\n"},
        reading{"chunked, then another",
                "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nA\r\n0123456789\r\n0\r\n\r\n"
                "GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                "POST / 11 [Host:h] [Transfer-Encoding:chunked] 0123456789\nGET / 11 [Host:h] \n"},
        reading{"chunk cut short", "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab", "more"}));

std::string get(std::string_view fields) { return "GET / HTTP/1.1\r\nHost: h\r\n" + std::string(fields) + "\r\n"; }
std::string post(std::string_view fields, std::string_view body) { return get(fields) + std::string(body); }
std::string chunked(std::string_view body) { return post("Transfer-Encoding: chunked\r\n", body); }

INSTANTIATE_TEST_SUITE_P(
    refused, cut_bytes,
    testing::Values(
        reading{"no http", "hello\r\n\r\n", "400"}, reading{"tls", "\x16\x03\x01\x02", "400"},
        reading{"version missing", "GET /\r\n\r\n", "400"},
        reading{"version 2", "GET / HTTP/2.0\r\nHost: h\r\n\r\n", "505"},
        reading{"version odd", "GET / HTTP/1.x\r\nHost: h\r\n\r\n", "400"},
        reading{"version lower case", "GET / http/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"two spaces", "GET  / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"space in target", "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"relative target", "GET a HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"asterisk for get", "GET * HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"connect", "CONNECT h:443 HTTP/1.1\r\nHost: h\r\n\r\n", "405"},
        reading{"no host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", "400"}, reading{"two hosts", get("Host: h\r\n"), "400"},
        reading{"bad host", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "400"},
        reading{"space before colon", get("X : y\r\n"), "400"}, reading{"no name", get(": y\r\n"), "400"},
        reading{"no colon", get("X\r\n"), "400"}, reading{"name with control", get("X\x01: y\r\n"), "400"},
        reading{"nul in value", get(std::string_view("X: a\0b\r\n", 8)), "400"},
        reading{"line folded", get("X: a\r\n b\r\n"), "400"}, reading{"folded and empty", get("X: a\r\n \r\n"), "400"},
        reading{"folded at once", get("X:\r\n b\r\n"), "400"}, reading{"folded first line", get(" X: b\r\n"), "400"},
        reading{"bare LF", "GET / HTTP/1.1\nHost: h\r\n\r\n", "400"},
        reading{"bare LF in fields", get("X: y\n"), "400"},
        reading{"bare LF at the end", "GET / HTTP/1.1\r\nHost: h\r\n\n", "400"},
        reading{"bare LF before", "\nGET / HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"bare CR", get("X: a\rb\r\n"), "400"},
        reading{"bare CR in the first line", "GET /\r HTTP/1.1\r\nHost: h\r\n\r\n", "400"},
        reading{"expectation unknown", get("Expect: 200-ok\r\n"), "417"},
        reading{"too many fields", get("A: 1\r\nB: 1\r\nC: 1\r\nD: 1\r\nE: 1\r\nF: 1\r\nG: 1\r\nI: 1\r\n"), "431"},
        reading{"fields too large", get("X: " + std::string(250, 'x') + "\r\n"), "431"},
        reading{"fields too large and unfinished", get("X: " + std::string(250, 'x')).substr(0, 270), "431"},
        reading{"target too long", "GET /" + std::string(260, 'x') + " HTTP/1.1\r\nHost: h\r\n\r\n", "414"},
        reading{"target endless", "GET /" + std::string(260, 'x'), "414"},
        reading{"empty lines endless", std::string(129, '\r') + "", "400"}));

INSTANTIATE_TEST_SUITE_P(
    smuggling, cut_bytes,
    testing::Values(
        reading{"two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd"), "400"},
        reading{"two lengths that agree", post("Content-Length: 3\r\nContent-Length: 3\r\n", "abc"), "400"},
        reading{"list of lengths", post("Content-Length: 3, 3\r\n", "abc"), "400"},
        reading{"length with sign", post("Content-Length: +3\r\n", "abc"), "400"},
        reading{"length negative", post("Content-Length: -3\r\n", "abc"), "400"},
        reading{"length in hex", post("Content-Length: 0x3\r\n", "abc"), "400"},
        reading{"length empty", post("Content-Length:\r\n", "abc"), "400"},
        reading{"length with space", post("Content-Length: 1 1\r\n", "abc"), "400"},
        reading{"length beyond 64 bits", post("Content-Length: 99999999999999999999999\r\n", "abc"), "400"},
        reading{"length too large", post("Content-Length: 33\r\n", ""), "413"},
        reading{"length and chunked", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), "400"},
        reading{"chunked and length", post("Transfer-Encoding: chunked\r\nContent-Length: 3\r\n", "0\r\n\r\n"), "400"},
        reading{"length and other coding", post("Content-Length: 3\r\nTransfer-Encoding: x\r\n", "abc"), "400"},
        reading{"chunked twice", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", ""), "400"},
        reading{"chunked twice in one", post("Transfer-Encoding: chunked, chunked\r\n", ""), "501"},
        reading{"chunked not last", post("Transfer-Encoding: chunked, gzip\r\n", ""), "400"},
        reading{"coding before chunked", post("Transfer-Encoding: gzip, chunked\r\n", ""), "501"},
        reading{"identity", post("Transfer-Encoding: identity\r\n", ""), "400"},
        reading{"quoted", post("Transfer-Encoding: \"chunked\"\r\n", ""), "400"},
        reading{"chunked in 1.0", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "400"},
        reading{"chunk size missing", chunked("\r\n0\r\n\r\n"), "400"},
        reading{"chunk size not hex", chunked("g\r\na\r\n"), "400"},
        reading{"chunk size with sign", chunked("+1\r\na\r\n0\r\n\r\n"), "400"},
        reading{"chunk size in 0x", chunked("0x1\r\na\r\n0\r\n\r\n"), "400"},
        reading{"chunk size beyond 64 bits", chunked("fffffffffffffffff\r\n"), "400"},
        reading{"chunk size with bare LF", chunked("1\na\r\n0\r\n\r\n"), "400"},
        reading{"chunk too large", chunked("21\r\n0"), "413"},
        reading{"chunks too large", chunked("20\r\n0123456789abcdef0123456789abcdef\r\n1\r\n"), "413"},
        reading{"chunk longer than said", chunked("2\r\nabc\r\n0\r\n\r\n"), "400"},
        reading{"chunk extension garbled", chunked("1 x\r\na\r\n0\r\n\r\n"), "400"},
        reading{"trailer with length", chunked("0\r\nContent-Length: 1\r\n\r\n"), "400"},
        reading{"trailer folded", chunked("0\r\nX: a\r\n b\r\n\r\n"), "400"},
        reading{"trailer endless", chunked("0\r\nX: " + std::string(270, 'x')), "431"},
        reading{"extension endless", chunked("1;" + std::string(270, 'x')), "431"}));

TEST(message_reader, counts_chunk_extensions) {
  message_reader::limits limits{.header_size = 16 * 1024, .headers_count = 10, .body_size = 1024};
  std::string bytes = chunked("");
  for (int i = 0; i < 100; ++i) bytes += "1;" + std::string(200, 'x') + "\r\na\r\n";
  EXPECT_EQ(read_whole(bytes, limits), "413");
}

TEST(message_reader, holds_no_more_than_the_decoded_body) {
  message_reader::limits limits{.header_size = 16 * 1024, .headers_count = 10, .body_size = 64 * 1024};
  message_reader reader{limits};
  byte_buffer buffer;
  buffer.append(chunked(""));
  for (int i = 0; i < 10'000; ++i) {
    buffer.append("1\r\nx\r\n");
    ASSERT_EQ(reader.advance(buffer), verdict::more);
  }
  EXPECT_LT(buffer.size(), 10'200u);
  buffer.append("0\r\n\r\n");
  ASSERT_EQ(reader.advance(buffer), verdict::ready);
  EXPECT_EQ(reader.message().body(), std::string(10'000, 'x'));
  EXPECT_EQ(reader.consumed(), buffer.size());
}

TEST(message_reader, asks_for_continue_once) {
  message_reader reader{small};
  byte_buffer buffer;
  buffer.append(get("Expect: 100-Continue\r\nContent-Length: 2\r\n"));
  EXPECT_FALSE(reader.take_continue(buffer));
  ASSERT_EQ(reader.advance(buffer), verdict::more);
  EXPECT_TRUE(reader.take_continue(buffer));
  EXPECT_FALSE(reader.take_continue(buffer));
  buffer.append("ab");
  ASSERT_EQ(reader.advance(buffer), verdict::ready);
}

TEST(message_reader, asks_for_no_continue_where_the_body_comes_anyway) {
  message_reader reader{small};
  byte_buffer buffer;
  buffer.append(get("Expect: 100-continue\r\nContent-Length: 2\r\n") + "a");
  ASSERT_EQ(reader.advance(buffer), verdict::more);
  EXPECT_FALSE(reader.take_continue(buffer));
  buffer.append("b");
  EXPECT_EQ(reader.advance(buffer), verdict::ready);
}

TEST(message_reader, ignores_expect_of_old_peers) {
  EXPECT_EQ(read_whole("GET / HTTP/1.0\r\nExpect: x\r\n\r\n"), "GET / 10 last [Expect:x] \n");
}

}  // namespace
}  // namespace brood::http::detail
