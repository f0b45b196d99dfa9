// Answers from files: response::send_file and static_files.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "http_peer.hpp"
#include "support/temporary_folder.hpp"

namespace brood_test {
namespace {

namespace fs = std::filesystem;
using boost::system::error_code;

struct folder : temporary_folder {
  void write(const std::string& name, std::string_view text) const {
    fs::create_directories((*this / name).parent_path());
    std::ofstream(*this / name) << text;
  }
};

brood::unique_fd open(const fs::path& path) { return brood::unique_fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC)}; }

/// Text that repeats itself, but at no distance at which anything is cut.
std::string pattern(std::size_t size) {
  std::string block;
  for (std::size_t i = 0; block.size() < 100'003; ++i) block += std::to_string(i) + ' ';
  block.resize(100'003);
  std::string text;
  while (text.size() < size) text += block;
  text.resize(size);
  return text;
}

/// The rest of the connection, without looking for dates in it.
std::string raw_rest(peer& client) {
  std::string all;
  error_code end;
  asio::read(client.socket(), asio::dynamic_buffer(all), end);
  return all;
}

TEST(http_send_file, sends_a_file_or_a_part_of_it) {
  const folder dir;
  dir.write("f", "0123456789");
  served server{[&](const auto& request, auto& response) {
    http::file_range range;
    if (request.path() == "/part") range = {.offset = 2, .size = 3};
    if (request.path() == "/rest") range = {.offset = 7};
    if (request.path() == "/none") range = {.offset = 10};
    EXPECT_TRUE(response.send_file(open(dir / "f"), range));
    EXPECT_FALSE(response.open());
    EXPECT_FALSE(response.send_file(open(dir / "f")));
  }};
  EXPECT_EQ(
      peer{server}.talk(get("/") + get("/part") + get("/rest") + get("/none") + "HEAD / HTTP/1.1\r\nHost: h\r\n\r\n" +
                        get("/part")),
      ok("0123456789") + ok("234") + ok("789") + ok("") + "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n" + ok("234"));
}

TEST(http_send_file, a_large_file_waits_for_a_slow_peer_and_what_follows_waits_for_it) {
  const folder dir;
  const auto content = pattern(8'000'000);
  dir.write("f", content);
  served server{[&](const auto& request, auto& response) {
    if (request.path() == "/file") return void(response.send_file(open(dir / "f")));
    echo(request, response);
  }};
  peer slow{server};
  slow.send(get("/1") + get("/file") + get("/2") + get("/file") + get("/3"));
  // It reads nothing, and others are served.
  EXPECT_EQ(peer{server}.talk(get("/other")), ok("/other "));
  EXPECT_LE(server.statistics().requests, 3u);
  slow.half_close();
  EXPECT_EQ(slow.until("/1 "), ok("/1 "));
  const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 8000000\r\n\r\n";
  EXPECT_EQ(slow.until("\r\n\r\n"), head);
  EXPECT_TRUE(slow.bytes(content.size()) == content);
  EXPECT_EQ(slow.until("/2 "), ok("/2 "));
  EXPECT_EQ(slow.until("\r\n\r\n"), head);
  EXPECT_TRUE(slow.bytes(content.size()) == content);
  EXPECT_EQ(slow.rest(), ok("/3 "));
}

TEST(http_send_file, may_be_called_later_and_by_a_coroutine) {
  const folder dir;
  const auto content = pattern(2'000'000);
  dir.write("f", content);
  served server{[&](const auto& request, auto& response) -> asio::awaitable<void> {
    asio::steady_timer timer{co_await asio::this_coro::executor, std::chrono::milliseconds{1}};
    co_await timer.async_wait(asio::use_awaitable);
    if (request.path() == "/2") co_return echo(request, response);
    response.send_file(open(dir / "f"));
    co_await timer.async_wait(asio::use_awaitable);
  }};
  peer client{server};
  client.send(get("/f") + get("/2"));
  client.until("\r\n\r\n");
  EXPECT_TRUE(client.bytes(content.size()) == content);
  EXPECT_EQ(client.until("/2 "), ok("/2 "));
}

std::atomic<int> sigpipes{0};

TEST(http_send_file, raises_no_signal_if_the_peer_resets_the_connection) {
  const auto before = std::signal(SIGPIPE, [](int) { ++sigpipes; });
  const folder dir;
  dir.write("f", std::string(20'000'000, 'x'));
  served server{[&](const auto&, auto& response) { response.send_file(open(dir / "f")); }};
  {
    peer client{server};
    client.send(get("/"));
    client.until("\r\n\r\n");
    client.socket().set_option(asio::socket_base::linger(true, 0));  // closes with a reset
  }
  while (server.statistics().connections > 0) std::this_thread::yield();
  std::signal(SIGPIPE, before);
  EXPECT_EQ(sigpipes.load(), 0);
}

TEST(http_send_file, a_file_that_shrinks_ends_the_connection) {
  const folder dir;
  dir.write("f", std::string(20'000'000, 'x'));
  served server{[&](const auto&, auto& response) { response.send_file(open(dir / "f")); }};
  peer client{server};
  client.send(get("/"));
  client.until("\r\n\r\n");
  fs::resize_file(dir / "f", 10);
  EXPECT_LT(raw_rest(client).size(), 20'000'000u);
}

TEST(http_send_file, what_is_no_file_is_refused) {
  const folder dir;
  dir.write("f", "0123456789");
  std::string logged;
  served server{[&](const auto& request, auto& response) {
                  if (request.path() == "/folder") response.send_file(open(dir.path()));
                  if (request.path() == "/none") response.send_file(open(dir / "none"));
                  if (request.path() == "/behind") response.send_file(open(dir / "f"), {.offset = 11});
                },
                {.log = [&](brood::log_level, std::string_view text) { logged += std::string(text) + '\n'; }}};
  EXPECT_EQ(peer{server}.talk(get("/folder") + get("/none") + get("/behind")),
            internal_error + internal_error + internal_error);
  server.drop();
  EXPECT_NE(logged.find("/none failed: http: send_file: Bad file descriptor"), logged.npos) << logged;
}

/// A site with something beside it that must not be served.
struct site {
  folder dir;
  served server;

  explicit site(const http::static_files_options& options = {})
      : server((write(dir), http::static_files{dir / "root", options})) {}

  static void write(const folder& to) {
    to.write("secret", "secret");
    to.write("root/a.txt", "0123456789");
    to.write("root/sp ace.html", "<p>");
    to.write("root/sub/index.html", "index");
    to.write("root/empty/x", "x");
    to.write("root/.hidden", "hidden");
    to.write("root/.well-known/w", "known");
    fs::create_symlink("a.txt", to / "root/inside");
    fs::create_symlink("../secret", to / "root/outside");
    fs::create_symlink(to / "secret", to / "root/absolute");
    fs::create_symlink("..", to / "root/up");
    ::mkfifo((to / "root/fifo").c_str(), 0600);
  }

  std::string ask(std::string_view target, std::string_view fields = "", std::string_view method = "GET") {
    peer client{server};
    return client.talk(std::string(method) + ' ' + std::string(target) + " HTTP/1.1\r\nHost: h\r\n" +
                       std::string(fields) + "\r\n");
  }
  std::string status(std::string_view target, std::string_view fields = "") { return ask(target, fields).substr(9, 3); }
};

std::string field(const std::string& answer, const std::string& name) {
  const auto at = answer.find("\r\n" + name + ": ");
  if (at == answer.npos) return "";
  const auto from = at + name.size() + 4;
  return answer.substr(from, answer.find("\r\n", from) - from);
}
std::string body(const std::string& answer) { return answer.substr(answer.find("\r\n\r\n") + 4); }

TEST(http_static, serves_files_with_what_browsers_expect) {
  site s{{.cache_control = "max-age=60"}};
  const auto answer = s.ask("/a.txt?version=2");
  EXPECT_EQ(answer.substr(0, 17), "HTTP/1.1 200 OK\r\n");
  EXPECT_EQ(body(answer), "0123456789");
  EXPECT_EQ(field(answer, "Content-Type"), "text/plain; charset=utf-8");
  EXPECT_EQ(field(answer, "Content-Length"), "10");
  EXPECT_EQ(field(answer, "Accept-Ranges"), "bytes");
  EXPECT_EQ(field(answer, "Cache-Control"), "max-age=60");
  EXPECT_EQ(body(s.ask("/sp%20ace.html")), "<p>");
  EXPECT_EQ(body(s.ask("/sub/")), "index");
  EXPECT_EQ(body(s.ask("/.well-known/w")), "known");
  EXPECT_EQ(s.status("/empty/"), "404");
  EXPECT_EQ(s.status("/none"), "404");
  const auto head = s.ask("/a.txt", "", "HEAD");
  EXPECT_EQ(field(head, "Content-Length"), "10");
  EXPECT_EQ(field(head, "ETag"), field(answer, "ETag"));
  EXPECT_EQ(body(head), "");
  EXPECT_EQ(field(s.ask("/a.txt", "", "DELETE"), "Allow"), "GET, HEAD");
}

TEST(http_static, a_directory_is_redirected_to_itself_and_nowhere_else) {
  site s;
  const auto answer = s.ask("/sub?q=1");
  EXPECT_EQ(answer.substr(9, 3), "301");
  EXPECT_EQ(field(answer, "Location"), "/sub/?q=1");
  EXPECT_EQ(field(s.ask("//sub"), "Location"), "/sub/");
}

TEST(http_static, does_not_lead_out_of_its_root) {
  site s;
  for (const char* target : {"/../secret", "/%2e%2e/secret", "/sub/../../secret", "/.%2e/secret", "/..%2fsecret",
                             "/up/secret", "/outside", "/absolute", "/sub/..%2f..%2fsecret", "/.hidden", "/%2ehidden",
                             "/fifo", "/%00", "//../secret", "/sub/%5c../a"}) {
    const auto answer = s.ask(target);
    EXPECT_TRUE(answer.substr(9, 3) == "404" || answer.substr(9, 3) == "400") << target << ": " << answer;
    EXPECT_EQ(answer.find("secret"), answer.npos) << target;
  }
  EXPECT_EQ(body(s.ask("/inside")), "0123456789");
}

TEST(http_static, links_may_be_switched_off) {
  site s{{.symlinks = false}};
  EXPECT_EQ(s.status("/inside"), "404");
  EXPECT_EQ(s.status("/a.txt"), "200");
}

TEST(http_static, answers_conditions_and_ranges) {
  site s;
  const auto whole = s.ask("/a.txt");
  const auto tag = field(whole, "ETag");
  const auto since = field(whole, "Last-Modified");
  const auto unchanged = s.ask("/a.txt", "If-None-Match: " + tag + "\r\n");
  EXPECT_EQ(unchanged.substr(9, 3), "304");
  EXPECT_EQ(field(unchanged, "ETag"), tag);
  EXPECT_EQ(body(unchanged), "");
  EXPECT_EQ(s.status("/a.txt", "If-Modified-Since: " + since + "\r\n"), "304");
  EXPECT_EQ(s.status("/a.txt", "If-Match: \"x\"\r\n"), "412");

  const auto part = s.ask("/a.txt", "Range: bytes=2-4\r\nIf-Range: " + tag + "\r\n");
  EXPECT_EQ(part.substr(9, 3), "206");
  EXPECT_EQ(field(part, "Content-Range"), "bytes 2-4/10");
  EXPECT_EQ(field(part, "Content-Length"), "3");
  EXPECT_EQ(body(part), "234");
  const auto beyond = s.ask("/a.txt", "Range: bytes=10-\r\n");
  EXPECT_EQ(beyond.substr(9, 3), "416");
  EXPECT_EQ(field(beyond, "Content-Range"), "bytes */10");

  s.dir.write("root/a.txt", "changed");
  EXPECT_EQ(body(s.ask("/a.txt", "If-None-Match: " + tag + "\r\n")), "changed");
  EXPECT_EQ(body(s.ask("/a.txt", "Range: bytes=2-4\r\nIf-Range: " + tag + "\r\n")), "changed");
}

TEST(http_static, honours_a_date_in_if_range_only_for_a_file_of_an_earlier_second) {
  site s;
  const auto ask_for_a_part = [&](std::chrono::hours age) {
    fs::last_write_time(s.dir / "root/a.txt", fs::file_time_type::clock::now() - age);
    const auto date = field(s.ask("/a.txt"), "Last-Modified");
    return s.status("/a.txt", "Range: bytes=2-4\r\nIf-Range: " + date + "\r\n");
  };
  EXPECT_EQ(ask_for_a_part(std::chrono::hours{1}), "206");
  EXPECT_EQ(ask_for_a_part(-std::chrono::hours{1}), "200");
}

TEST(http_static, a_root_that_is_none_is_told) {
  EXPECT_THROW(http::static_files("/nope/nowhere"), boost::system::system_error);
  try {
    const http::static_files never{"/nope/nowhere"};
  } catch (const std::exception& error) {
    EXPECT_STREQ(error.what(), "http: cannot serve /nope/nowhere: No such file or directory [system:2]");
  }
}

TEST(http_static, descriptors_are_given_back) {
  site s;
  const auto count = [&] {
    while (s.server.statistics().connections > 0) std::this_thread::yield();
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
  };
  s.ask("/a.txt");
  const auto before = count();
  for (int i = 0; i < 20; ++i) {
    s.status("/a.txt");
    s.status("/a.txt", "Range: bytes=2-4\r\n");
    s.status("/a.txt", "If-None-Match: *\r\n");
    s.status("/sub");
    s.status("/fifo");
  }
  EXPECT_EQ(count(), before);
}

}  // namespace
}  // namespace brood_test
