// Thousands of connections at a time.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <malloc.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <iostream>
#include <string>
#include <vector>

#include "behaviour/http_peer.hpp"
#include "brood/unique_fd.hpp"

namespace brood_test {
namespace {

using namespace std::chrono_literals;

/// How many connections this process may have both ends of, `wanted` at most, after asking for as many.
std::size_t allowed_connections(std::size_t wanted) {
  constexpr rlim_t others = 200;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  const rlim_t needed = 2 * wanted + others;
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, needed));
  ::setrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<std::size_t>((std::min(limit.rlim_cur, needed) - others) / 2);
}

/// A client of which there can be thousands: a descriptor and nothing else, so that the memory used is the server's.
brood::unique_fd connect_bare(const asio::ip::tcp::endpoint& where) {
  brood::unique_fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  if (::connect(fd.get(), where.data(), static_cast<socklen_t>(where.size())) != 0) fd.reset();
  const linger reset_at_end{.l_onoff = 1, .l_linger = 0};  // leaves no port behind that waits
  if (fd) ::setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &reset_at_end, sizeof reset_at_end);
  return fd;
}

void send_bare(const brood::unique_fd& to, std::string_view text) {
  ASSERT_EQ(::send(to.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

/// What comes until the end, or until `most` bytes.
std::string receive_bare(const brood::unique_fd& from, std::size_t most = 4096) {
  std::string text;
  std::array<char, 512> piece;
  while (text.size() < most) {
    const auto size = ::recv(from.get(), piece.data(), piece.size(), 0);
    if (size <= 0) break;
    text.append(piece.data(), static_cast<std::size_t>(size));
  }
  return text;
}

TEST(http_many, ten_thousand_idle_connections_take_little_memory_and_disturb_nobody) {
  const auto count = allowed_connections(10'000);
  if (count < 1'000) GTEST_SKIP() << "RLIMIT_NOFILE is too low";
  served server{[](const auto& request, auto& response) { echo(request, response); },
                {.headers_timeout = 0ms, .keep_alive_timeout = 0ms}};
  const auto answer_size =
      peer{server}.talk(get("/idle")).size() + std::string("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n").size();
  std::vector<brood::unique_fd> clients;
  clients.reserve(count);
  const auto before = server.on_loop([] { return ::mallinfo2().uordblks; });
  while (clients.size() < count) {
    const auto first = clients.size();
    for (auto i = first; i < std::min(first + 100, count); ++i) {
      clients.push_back(connect_bare(server.where()));
      ASSERT_TRUE(clients.back()) << "connection " << i;
      send_bare(clients.back(), get("/idle"));
    }
    for (auto i = first; i < clients.size(); ++i) ASSERT_EQ(receive_bare(clients[i], answer_size).size(), answer_size);
  }
  const auto after = server.on_loop([] { return ::mallinfo2().uordblks; });
  EXPECT_EQ(server.statistics().connections, count);
  const auto each = (after - before) / count;
  RecordProperty("bytes_a_connection", static_cast<int>(each));
  std::cout << "bytes of heap for an idle connection: " << each << '\n';
  EXPECT_LT(each, 3000u);

  peer other{server};
  for (int i = 0; i < 200; ++i) {
    other.send(get("/other"));
    EXPECT_EQ(other.until("/other "), ok("/other "));
  }
  // Each of them is still served.
  for (std::size_t i = 0; i < count; i += 997) {
    send_bare(clients[i], get("/idle"));
    EXPECT_EQ(receive_bare(clients[i], answer_size).size(), answer_size);
  }
}

TEST(http_many, those_who_send_drop_by_drop_are_ended_and_disturb_nobody) {
  const auto count = allowed_connections(2'000);
  if (count < 1'000) GTEST_SKIP() << "RLIMIT_NOFILE is too low";
  served server{[](const auto& request, auto& response) { echo(request, response); }, {.headers_timeout = 300ms}};
  std::vector<brood::unique_fd> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(connect_bare(server.where()));
    ASSERT_TRUE(clients.back());
    send_bare(clients.back(), "GET / HTTP/1.1\r\nX: ");
  }
  // They go on as long as they are let; what they send does not buy them time.
  std::size_t served_meanwhile = 0;
  while (server.statistics().timed_out < count) {
    for (const auto& client : clients) ::send(client.get(), "x", 1, MSG_NOSIGNAL | MSG_DONTWAIT);
    EXPECT_EQ(peer{server}.talk(get("/other")), ok("/other "));
    ++served_meanwhile;
  }
  EXPECT_GT(served_meanwhile, 0u);
  std::size_t told = 0;
  for (const auto& client : clients) told += receive_bare(client).starts_with("HTTP/1.1 408 ");
  EXPECT_EQ(told, count);
  EXPECT_EQ(server.statistics().requests, served_meanwhile);
}

}  // namespace
}  // namespace brood_test
