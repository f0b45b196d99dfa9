// The forms of listening that a server has: Unix paths, sockets that are there already, options; by itself and in a
// cluster.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "brood/cluster.hpp"
#include "brood/unique_fd.hpp"
#include "http_peer.hpp"
#include "support/temporary_folder.hpp"

namespace brood_test {
namespace {

namespace cluster = brood::cluster;
using tcp = asio::ip::tcp;
using unix_stream = asio::local::stream_protocol;

void answer(const http::request& request, http::response& response) { echo(request, response); }

/// A server of its own, and a thread of clients.
class http_forms : public testing::Test {
 protected:
  template <class Clients>
  void serve(Clients clients) {
    std::thread other([&] {
      clients();
      asio::post(loop, [&] { server.async_close([](auto) {}); });
    });
    loop.run();
    other.join();
  }

  temporary_folder folder;
  const std::filesystem::path path = folder / "http.sock";
  brood_test::loop loop;
  http::server server{loop, answer};
};

TEST_F(http_forms, at_a_path) {
  server.listen(path);
  EXPECT_EQ(server.local_endpoint(), http::server::endpoint{});
  EXPECT_TRUE(std::filesystem::is_socket(path));
  bool told = false;
  server.listening.on([&](const http::server::endpoint&) { told = true; });
  serve([&] {
    unix_peer client{unix_stream::endpoint(path)};
    client.send(get("/1") + get("/2"));
    EXPECT_EQ(client.until("/2 "), ok("/1 ") + ok("/2 "));
    EXPECT_EQ(client.talk(get("/3")), ok("/3 "));
  });
  EXPECT_TRUE(told);
  EXPECT_EQ(server.statistics().requests, 3U);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(http_forms, a_dropped_server_takes_its_file_along) {
  {
    http::server dropped{loop, answer};
    dropped.listen(path);
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(http_forms, a_file_nobody_listens_at_is_replaced) {
  { unix_stream::acceptor gone(loop, unix_stream::endpoint(path)); }
  ASSERT_TRUE(std::filesystem::is_socket(path));
  server.listen(path);
  serve([&] { EXPECT_EQ(unix_peer{unix_stream::endpoint(path)}.talk(get("/")), ok("/ ")); });
}

TEST_F(http_forms, a_path_that_is_taken_is_told_by_name) {
  std::ofstream(path) << "precious";
  try {
    server.listen(path);
    FAIL() << "listens in place of a file";
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), boost::system::errc::address_in_use);
    const std::string expected = "listen on " + path.string() + ": Address already in use";
    EXPECT_EQ(std::string(error.what()).substr(0, expected.size()), expected);
  }
  EXPECT_THROW(server.listen(std::filesystem::path()), boost::system::system_error);
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
}

TEST_F(http_forms, a_path_may_be_for_everybody) {
  server.listen(path, {.readable_all = true, .writable_all = true});
  struct stat file {};
  EXPECT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0666U, 0666U);
}

TEST_F(http_forms, a_connection_of_a_path_may_leave_http) {
  std::vector<std::unique_ptr<tcp::socket>> taken;
  http::server upgrading{loop, [&](const http::request&, http::response& response) {
                           auto left = response.upgrade();
                           EXPECT_EQ(left.rest(), "more");
                           taken.push_back(std::make_unique<tcp::socket>(std::move(left.socket)));
                           asio::async_write(*taken.back(), asio::buffer("raw", 3), [&](auto, std::size_t) {
                             taken.clear();
                             upgrading.async_close([](auto) {});
                           });
                         }};
  upgrading.listen(path);
  std::thread client([&] { EXPECT_EQ(unix_peer{unix_stream::endpoint(path)}.talk(get("/") + "more"), "raw"); });
  loop.run();
  client.join();
}

TEST_F(http_forms, at_a_path_that_reads_as_an_address_is_refused) {
  try {
    server.listen("localhost:8000");
    FAIL() << "it listens";
  } catch (const boost::system::system_error& error) {
    EXPECT_EQ(error.code(), asio::error::invalid_argument);
    const std::string text = error.what();
    EXPECT_EQ(text.find("listen on \"localhost:8000\": a path is expected, but this looks like an address."), 0U)
        << text;
    EXPECT_NE(text.find("listen(8000)"), text.npos) << text;
  }
  EXPECT_FALSE(std::filesystem::exists("localhost:8000"));
}

TEST_F(http_forms, at_a_socket_that_is_there) {
  tcp::acceptor mine(loop);
  mine.open(tcp::v4());
  mine.bind({asio::ip::address_v4::loopback(), 0});  // it does not listen yet
  server.listen_inherited(mine.native_handle());
  EXPECT_EQ(server.local_endpoint(), mine.local_endpoint());
  serve([&] { EXPECT_EQ(peer{server.local_endpoint()}.talk(get("/")), ok("/ ")); });
  // It is a copy that the server had.
  tcp::socket(loop).connect(mine.local_endpoint());
}

TEST_F(http_forms, at_a_unix_socket_that_is_there) {
  unix_stream::acceptor mine(loop, unix_stream::endpoint(path));
  server.listen_inherited(mine.native_handle());
  serve([&] { EXPECT_EQ(unix_peer{unix_stream::endpoint(path)}.talk(get("/")), ok("/ ")); });
  EXPECT_TRUE(std::filesystem::is_socket(path)) << "it is not the server's";
}

TEST_F(http_forms, at_what_is_no_socket_is_an_error) {
  const brood::unique_fd file(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  for (const int fd : {-1, 100'000, file.get()}) {
    EXPECT_THROW(server.listen_inherited(fd), boost::system::system_error) << fd;
  }
}

TEST_F(http_forms, ipv6_only_leaves_the_port_to_others) {
  try {
    server.listen(http::server::endpoint(tcp::v6(), 0), {.ipv6_only = true});
  } catch (const boost::system::system_error&) {
    GTEST_SKIP() << "no IPv6 here";
  }
  const auto port = server.local_endpoint().port();
  http::server other{loop, answer};
  other.listen(http::server::endpoint(tcp::v4(), port));
  serve([&] {
    EXPECT_EQ(peer{http::server::endpoint(asio::ip::address_v6::loopback(), port)}.talk(get("/")), ok("/ "));
    asio::post(loop, [&] { other.async_close([](auto) {}); });
  });
}

/// The worker's side of the tests below, which start this very program for it. Nothing to do elsewhere.
TEST(http_forms_in_a_cluster, worker_side) {
  if (!cluster::is_worker()) return;
  brood_test::loop loop;
  cluster::this_worker self{loop};
  http::server server{self, [&](const auto&, auto& response) { response.end("worker " + std::to_string(self.id())); }};
  server.listening.async_wait([&](brood::error_code ec, const http::server::endpoint& where) {
    self.send({{"port", ec ? -1 : static_cast<int>(where.port())}, {"why", ec.message()}});
  });
  self.messages.on([&](const brood::message& m) {
    const auto& told = m.body.as_object();
    const cluster::listen_options with{.exclusive = told.contains("exclusive")};
    if (told.contains("path")) server.listen(std::filesystem::path(std::string(told.at("path").as_string())), with);
    if (told.contains("fd")) server.listen_inherited(static_cast<int>(told.at("fd").as_int64()), with);
    if (told.contains("exclusive") && !told.contains("path")) {
      server.listen(http::server::endpoint(asio::ip::address_v4::loopback(), 0), with);
    }
  });
  loop.run();
}

class http_forms_under : public testing::TestWithParam<cluster::scheduling> {
 protected:
  /// Two workers, one after the other, are told to listen so; when both have said where, `clients` run on a thread.
  void serve(const boost::json::object& told, std::function<void()> clients) {
    cluster::primary primary{loop,
                             {.args = brood::arguments{"--gtest_filter=http_forms_in_a_cluster.worker_side"},
                              .out = brood::stdio::ignore,
                              .scheduling = GetParam()}};
    std::thread other;
    primary.online.on([&](cluster::worker& w) { w.send(told); });
    primary.message.on([&](cluster::worker&, const brood::message& m) {
      ports.push_back(static_cast<int>(m.body.at("port").as_int64()));
      EXPECT_GE(ports.back(), 0) << m.body.at("why");
      if (ports.size() == 1) return static_cast<void>(primary.fork());
      other = std::thread([&] {
        clients();
        asio::post(loop, [&] { primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); }); });
      });
    });
    primary.exited.on(
        [](cluster::worker&, brood::exit_status status) { EXPECT_EQ(status, brood::exit_status::exited(0)); });
    primary.fork();
    loop.run();
    if (other.joinable()) other.join();
  }

  /// Four answers are of both in turn, where somebody sees to that.
  static void expect_shared(const std::vector<std::string>& answers) {
    for (const auto& one : answers) EXPECT_TRUE(one == ok("worker 1") || one == ok("worker 2")) << one;
    if (GetParam() == cluster::scheduling::shared) return;
    EXPECT_EQ(std::count(answers.begin(), answers.end(), ok("worker 1")), 2);
  }

  temporary_folder folder;
  const std::filesystem::path path = folder / "http.sock";
  brood_test::loop loop;
  std::vector<int> ports;
};

TEST_P(http_forms_under, a_path_is_shared) {
  serve({{"path", path.string()}}, [&] {
    std::vector<std::string> answers;
    for (int i = 0; i < 4; ++i) answers.push_back(unix_peer{unix_stream::endpoint(path)}.talk(get("/")));
    expect_shared(answers);
  });
  EXPECT_EQ(ports, std::vector<int>(2, 0));
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(http_forms_under, the_primary_s_socket_is_shared) {
  tcp::acceptor mine(loop, {asio::ip::address_v4::loopback(), 0});
  const auto where = mine.local_endpoint();
  serve({{"fd", mine.native_handle()}}, [&] {
    std::vector<std::string> answers;
    for (int i = 0; i < 4; ++i) answers.push_back(peer{where}.talk(get("/")));
    expect_shared(answers);
  });
  EXPECT_EQ(ports, std::vector<int>(2, where.port()));
}

TEST_P(http_forms_under, an_exclusive_port_is_one_worker_s) {
  serve({{"exclusive", true}}, [&] {
    for (const int which : {0, 1}) {
      const auto port = static_cast<std::uint16_t>(ports[static_cast<std::size_t>(which)]);
      EXPECT_EQ(peer{tcp::endpoint(asio::ip::address_v4::loopback(), port)}.talk(get("/")),
                ok("worker " + std::to_string(which + 1)));
    }
  });
  EXPECT_NE(ports.at(0), ports.at(1));
}

INSTANTIATE_TEST_SUITE_P(each_scheduling, http_forms_under,
                         testing::Values(cluster::scheduling::automatic, cluster::scheduling::round_robin,
                                         cluster::scheduling::shared),
                         [](const auto& one) { return to_string(one.param); });

}  // namespace
}  // namespace brood_test
