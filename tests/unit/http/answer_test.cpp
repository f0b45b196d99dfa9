#include "http/answer.hpp"

#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

namespace brood::http::detail {
namespace {

constexpr answer::question get{.version = 11, .head = false, .keep_alive = true};

std::string whole(answer& a, std::uint64_t length) {
  byte_buffer out;
  a.open(out, "Date: D\r\n", length);
  return std::string(out.view());
}
std::string streamed(answer& a) {
  byte_buffer out;
  a.open(out, "Date: D\r\n");
  return std::string(out.view());
}

TEST(answer, is_ok_unless_said_otherwise) {
  answer a;
  a.begin(get);
  EXPECT_EQ(whole(a, 5), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n");
  EXPECT_TRUE(a.has_body());
  EXPECT_FALSE(a.closes());
}

TEST(answer, holds_status_and_fields) {
  answer a;
  a.begin(get);
  a.status(404);
  a.set("Content-Type", "text/plain");
  a.add("Set-Cookie", "a=b");
  a.add("Set-Cookie", "c=d");
  a.set("content-type", "text/html");
  EXPECT_EQ(whole(a, 0),
            "HTTP/1.1 404 Not Found\r\nSet-Cookie: a=b\r\nSet-Cookie: c=d\r\ncontent-type: text/html\r\nDate: D\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(answer, set_replaces_every_field_of_the_name_and_no_other) {
  answer a;
  a.begin(get);
  a.add("X", "1");
  a.add("XX", "2: X: 3");
  a.add("x", "4");
  a.set("X", "5");
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\nXX: 2: X: 3\r\nX: 5\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(answer, names_statuses_it_does_not_know) {
  answer a;
  a.begin(get);
  a.status(799);
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 799 Unknown\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(answer, leaves_date_to_the_handler) {
  answer a;
  a.begin(get);
  a.set("date", "today");
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\ndate: today\r\nContent-Length: 0\r\n\r\n");
}

TEST(answer, says_when_it_is_the_last) {
  answer a;
  a.begin({.version = 11, .head = false, .keep_alive = false});
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  a.begin(get);
  a.set("Connection", "Close");
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(a.closes());
}

TEST(answer, tells_old_peers_that_it_stays) {
  answer a;
  a.begin({.version = 10, .head = false, .keep_alive = true});
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  a.begin({.version = 10, .head = false, .keep_alive = false});
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(answer, streams_in_chunks_or_until_the_end) {
  answer a;
  a.begin(get);
  EXPECT_EQ(streamed(a), "HTTP/1.1 200 OK\r\nDate: D\r\nTransfer-Encoding: chunked\r\n\r\n");
  EXPECT_TRUE(a.chunked());
  a.begin({.version = 10, .head = false, .keep_alive = true});
  EXPECT_EQ(streamed(a), "HTTP/1.1 200 OK\r\nDate: D\r\n\r\n");
  EXPECT_TRUE(a.closes());
  EXPECT_FALSE(a.chunked());
}

TEST(answer, has_no_body_for_head) {
  answer a;
  a.begin({.version = 11, .head = true, .keep_alive = true});
  EXPECT_EQ(whole(a, 5), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 5\r\n\r\n");
  EXPECT_FALSE(a.has_body());
}

TEST(answer, has_no_body_where_the_status_forbids_it) {
  for (const int status : {204, 304}) {
    answer a;
    a.begin(get);
    a.status(status);
    EXPECT_EQ(whole(a, 5).find("Content-Length"), std::string::npos);
    EXPECT_FALSE(a.has_body());
    a.begin(get);
    a.status(status);
    EXPECT_EQ(streamed(a).find("Transfer-Encoding"), std::string::npos);
    EXPECT_FALSE(a.has_body());
  }
  answer reset;
  reset.begin(get);
  reset.status(205);
  EXPECT_NE(whole(reset, 5).find("Content-Length: 0\r\n"), std::string::npos);
  EXPECT_FALSE(reset.has_body());
}

TEST(answer, refuses_what_would_split_it) {
  answer a;
  a.begin(get);
  for (const auto* value : {"a\r\nb", "a\nb", "a\rb", "a\x01", "\x7f"}) {
    EXPECT_THROW(a.set("X", value), std::invalid_argument) << value;
    EXPECT_THROW(a.add("X", value), std::invalid_argument) << value;
  }
  EXPECT_THROW(a.set("X", std::string_view("a\0b", 3)), std::invalid_argument);
  for (const auto* name : {"", "a b", "a:", "a\r\n", "\xc3\xa4"}) {
    EXPECT_THROW(a.set(name, "x"), std::invalid_argument) << name;
  }
  for (const auto* name : {"content-length", "Transfer-Encoding", "connection"}) {
    EXPECT_THROW(a.set(name, "7"), std::invalid_argument) << name;
  }
  EXPECT_THROW(a.status(199), std::out_of_range);
  EXPECT_THROW(a.status(1000), std::out_of_range);
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 200 OK\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(answer, is_settled_once_its_head_is_written) {
  answer a;
  a.begin(get);
  whole(a, 0);
  a.status(500);
  a.set("X", "y");
  a.set("Connection", "close");
  EXPECT_FALSE(a.closes());
}

TEST(answer, starts_over) {
  answer a;
  a.begin(get);
  a.status(201);
  a.set("Date", "x");
  a.restart(500);
  EXPECT_EQ(whole(a, 0), "HTTP/1.1 500 Internal Server Error\r\nDate: D\r\nContent-Length: 0\r\n\r\n");
}

TEST(answer, writes_chunk_sizes_in_hex) {
  byte_buffer out;
  append_chunk_size(out, 0xabc);
  append_chunk_size(out, UINT64_MAX);
  EXPECT_EQ(out.view(), "abc\r\nffffffffffffffff\r\n");
}

}  // namespace
}  // namespace brood::http::detail
