#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/connect_pair.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <fstream>
#include <thread>

#include "cluster_support.hpp"
#include "support/temporary_folder.hpp"

// The forms of listening: Unix paths, sockets that are there already, UDP, and by oneself.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using namespace std::chrono_literals;
using asio::ip::udp;
using unix_stream = asio::local::stream_protocol;

bool is_socket_file(const std::filesystem::path& path) { return std::filesystem::is_socket(path); }

/// All that a connection brings until its end.
template <class Protocol>
std::string all_from(loop& io, const typename Protocol::endpoint& where) {
  typename Protocol::socket socket(io);
  brood::error_code ec;
  socket.connect(where, ec);
  std::string text;
  if (!ec) asio::read(socket, asio::dynamic_buffer(text), ec);
  return text;
}

/// What a datagram to `where` is answered with.
void ask_udp(loop& io, const udp::endpoint& where, std::function<void(std::string)> done) {
  auto socket = std::make_shared<udp::socket>(io, where.protocol());
  auto space = std::make_shared<std::array<char, 64>>();
  socket->send_to(asio::buffer("hello", 5), where);
  socket->async_receive(asio::buffer(*space), [socket, space, done](brood::error_code ec, std::size_t size) {
    done(ec ? ec.message() : std::string(space->data(), size));
  });
}

/// Both loopbacks, for the forms "udp" and "udp6", "tcp" and "tcp6".
asio::ip::address loopback_of(const std::string& form) {
  if (form.ends_with('6')) return asio::ip::address_v6::loopback();
  return asio::ip::address_v4::loopback();
}

bool has_ipv6(loop& io) {
  brood::error_code ec;
  udp::socket probe(io, udp::v6());
  probe.bind({asio::ip::address_v6::loopback(), 0}, ec);
  return !ec;
}

std::uint16_t port_of(const std::string& address) {
  return static_cast<std::uint16_t>(std::stoi(address.substr(address.rfind(':') + 1)));
}

struct form {
  const char* program;
  cluster::scheduling scheduling;
};

/// brood's workers and Node's, under each scheduling that a form can have.
class listening : public testing::TestWithParam<form> {
 protected:
  bool node() const { return std::string(GetParam().program).ends_with(".js"); }

  cluster::settings workers(brood::arguments args) const {
    cluster::settings with{.exec = actor(GetParam().program), .args = std::move(args)};
    with.scheduling = GetParam().scheduling;
    if (with.scheduling == cluster::scheduling::program) {
      with.choose = [](const cluster::incoming& a) {
        to_seen() = to_string(a.to);
        return cluster::choice(a.workers.back());
      };
    }
    with.drain = 60'000ms;
    return with;
  }
  static std::string& to_seen() {
    static std::string text;
    return text;
  }

  /// Starts workers one after another; calls `done` with what each of them said when `count` have spoken.
  template <class Function>
  static void fork_each(cluster::primary& primary, std::size_t count, Function done) {
    auto said = std::make_shared<std::vector<std::string>>();
    primary.message.on([&primary, said, count, done](cluster::worker&, const brood::message& m) {
      const auto& object = m.body.as_object();
      const bool well = object.contains("listening");
      said->emplace_back((well ? "" : "failed: ") + std::string(object.at(well ? "listening" : "failed").as_string()));
      if (said->size() < count) return static_cast<void>(primary.fork());
      done(*said);
    });
    primary.fork();
  }

  static void end(cluster::primary& primary) {
    primary.async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
  }

  /// Two workers say that they listen there, and answer ten clients.
  void expect_two_to_serve(cluster::primary& primary, std::uint16_t port) {
    std::map<std::string, int> answers;
    fork_each(primary, 2, [&](const std::vector<std::string>& said) {
      EXPECT_EQ(said, std::vector<std::string>(2, "127.0.0.1:" + std::to_string(port)));
      ask_often(io, at_loopback(port), 10, [&](std::map<std::string, int> all) {
        answers = std::move(all);
        end(primary);
      });
    });
    io.run();
    EXPECT_EQ(answers["worker 1\n"] + answers["worker 2\n"], 10);
  }

  std::string in_use() const { return node() ? "failed: EADDRINUSE" : "failed: Address already in use"; }

  loop io;
  temporary_folder dir;
  std::thread other_thread;  // of clients that block
};

TEST_P(listening, at_a_path_is_shared_and_the_file_goes_with_the_primary) {
  const auto path = dir / "app.sock";
  std::map<std::string, int> answers;
  cluster::primary primary{io, workers({"path", path})};
  std::string at;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    EXPECT_EQ(where.type, cluster::address::kind::path);
    at = to_string(where);
  });
  fork_each(primary, 2, [&](const std::vector<std::string>& said) {
    EXPECT_EQ(said, std::vector<std::string>(2, path));
    EXPECT_TRUE(is_socket_file(path));
    other_thread = std::thread([&] {
      loop own;
      for (int i = 0; i < 10; ++i) ++answers[all_from<unix_stream>(own, unix_stream::endpoint(path))];
      asio::post(io, [&] { end(primary); });
    });
  });
  io.run();
  if (other_thread.joinable()) other_thread.join();
  EXPECT_EQ(at, path);
  EXPECT_EQ(answers["worker 1\n"] + answers["worker 2\n"], 10);
  EXPECT_FALSE(std::filesystem::exists(path));
  if (GetParam().scheduling == cluster::scheduling::program) {
    EXPECT_EQ(answers["worker 2\n"], 10);
    EXPECT_EQ(to_seen(), path);
  }
}

TEST_P(listening, replaces_a_socket_file_that_nobody_listens_at) {
  const auto path = dir / "stale.sock";
  { unix_stream::acceptor gone(io, unix_stream::endpoint(path)); }
  ASSERT_TRUE(is_socket_file(path));
  cluster::primary primary{io, workers({"path", path})};
  fork_each(primary, 1, [&](const std::vector<std::string>& said) {
    EXPECT_EQ(said.front(), path);
    end(primary);
  });
  io.run();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_P(listening, at_a_path_where_somebody_listens_is_in_use) {
  const auto path = dir / "busy.sock";
  unix_stream::acceptor busy(io, unix_stream::endpoint(path));
  cluster::primary primary{io, workers({"path", path})};
  fork_each(primary, 1, [&](const std::vector<std::string>& said) {
    EXPECT_EQ(said.front(), in_use());
    end(primary);
  });
  io.run();
  EXPECT_TRUE(is_socket_file(path)) << "it is theirs";
  unix_stream::socket(io).connect(unix_stream::endpoint(path));
}

TEST_P(listening, never_removes_what_is_no_socket) {
  const auto path = dir / "data";
  std::ofstream(path) << "precious";
  cluster::primary primary{io, workers({"path", path})};
  fork_each(primary, 1, [&](const std::vector<std::string>& said) {
    EXPECT_EQ(said.front(), in_use());
    end(primary);
  });
  io.run();
  std::string text;
  std::ifstream(path) >> text;
  EXPECT_EQ(text, "precious");
}

TEST_P(listening, leaves_a_file_alone_that_has_taken_the_place_of_its_own) {
  const auto path = dir / "taken.sock";
  std::optional<unix_stream::acceptor> other;
  cluster::primary primary{io, workers({"path", path})};
  fork_each(primary, 1, [&](const std::vector<std::string>&) {
    std::filesystem::remove(path);
    other.emplace(io, unix_stream::endpoint(path));
    end(primary);
  });
  io.run();
  EXPECT_TRUE(is_socket_file(path));
}

TEST(this_worker, refuses_to_listen_at_a_path_that_reads_as_an_address) {
  loop io;
  const temporary_folder dir;
  cluster::primary primary{
      io, {.exec = actor("listening_worker"), .args = brood::arguments{"path", "localhost:8000"}, .cwd = dir.path()}};
  std::string said;
  primary.message.on([&](cluster::worker&, const brood::message& m) {
    said = m.body.at("failed").as_string();
    primary.async_disconnect([](brood::error_code) {});
  });
  primary.fork();
  io.run();
  EXPECT_EQ(said, "Invalid argument");
  EXPECT_FALSE(std::filesystem::exists(dir / "localhost:8000"));
}

TEST_P(listening, lets_everybody_at_a_path_where_that_is_asked_for) {
  const auto path = dir / "open.sock";
  cluster::primary primary{io, workers({"path", path, "all"})};
  struct stat file {};
  fork_each(primary, 1, [&](const std::vector<std::string>&) {
    EXPECT_EQ(::stat(path.c_str(), &file), 0);
    end(primary);
  });
  io.run();
  EXPECT_EQ(file.st_mode & 0666U, 0666U);
}

TEST_P(listening, at_a_descriptor_of_the_primary_s) {
  tcp::acceptor mine(io, at_loopback(0));
  const auto port = mine.local_endpoint().port();
  cluster::primary primary{io, workers({"fd", std::to_string(mine.native_handle())})};
  expect_two_to_serve(primary, port);
  // It is ours again, and clients still get in.
  tcp::socket client(io);
  client.connect(at_loopback(port));
  EXPECT_TRUE(mine.accept().is_open());
}

TEST_P(listening, at_a_descriptor_that_is_no_port_is_an_error) {
  // A worker may name any number: the primary's files and channels are not for it.
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  unix_stream::socket one(io);
  unix_stream::socket other(io);
  asio::local::connect_pair(one, other);
  tcp::socket unbound(io, tcp::v4());
  for (int fd : {file, one.native_handle(), unbound.native_handle(), 100'000}) {
    cluster::primary primary{io, workers({"fd", std::to_string(fd)})};
    fork_each(primary, 1, [&](const std::vector<std::string>& said) {
      EXPECT_EQ(said.front().substr(0, 7), "failed:") << fd;
      end(primary);
    });
    io.run();
    io.restart();
  }
  ::close(file);
}

TEST_P(listening, at_an_address_that_was_adopted_needs_no_new_socket) {
  tcp::acceptor systemd_s(io, at_loopback(0));
  const auto port = systemd_s.local_endpoint().port();
  cluster::primary primary{io, workers({"tcp", std::to_string(port)})};
  EXPECT_EQ(to_string(primary.adopt(brood::unique_fd(::dup(systemd_s.native_handle())))),
            "127.0.0.1:" + std::to_string(port));
  expect_two_to_serve(primary, port);
  tcp::socket client(io);
  client.connect(at_loopback(port));
  EXPECT_TRUE(systemd_s.accept().is_open()) << "the next of us finds it as it was";
}

TEST_P(listening, at_a_path_that_was_adopted_leaves_the_file) {
  const auto path = dir / "unit.sock";
  unix_stream::acceptor systemd_s(io, unix_stream::endpoint(path));
  std::string answer;
  cluster::primary primary{io, workers({"path", path})};
  EXPECT_EQ(to_string(primary.adopt(brood::unique_fd(::dup(systemd_s.native_handle())))), path);
  fork_each(primary, 1, [&](const std::vector<std::string>& said) {
    EXPECT_EQ(said.front(), path);
    other_thread = std::thread([&] {
      loop own;
      answer = all_from<unix_stream>(own, unix_stream::endpoint(path));
      asio::post(io, [&] { end(primary); });
    });
  });
  io.run();
  if (other_thread.joinable()) other_thread.join();
  EXPECT_EQ(answer, "worker 1\n");
  EXPECT_TRUE(is_socket_file(path));
}

TEST_P(listening, at_a_udp_port_is_shared) {
  for (const std::string which : {"udp", "udp6"}) {
    if (which == "udp6" && !has_ipv6(io)) continue;
    cluster::primary primary{io, workers({which, "0"})};
    std::string answer;
    primary.listening.on([&](cluster::worker&, const cluster::address& where) {
      EXPECT_EQ(where.type, which == "udp" ? cluster::address::kind::ipv4 : cluster::address::kind::ipv6);
    });
    fork_each(primary, 2, [&](const std::vector<std::string>& said) {
      EXPECT_EQ(said.front(), said.back()) << "port 0 is the same for all";
      EXPECT_TRUE(said.front().starts_with(which == "udp" ? "udp 127.0.0.1:" : "udp [::1]:")) << said.front();
      const udp::endpoint where{loopback_of(which), port_of(said.front())};
      ask_udp(io, where, [&, where](const std::string& first) {
        answer = first;
        // Its socket is the primary's: who is left goes on with it.
        const int answered_by = first.at(7) - '0';
        primary.exited.on([&, where, answered_by](cluster::worker& w, brood::exit_status) {
          if (w.id() != answered_by) return;
          ask_udp(io, where, [&](const std::string& second) {
            answer += second;
            end(primary);
          });
        });
        primary.find(answered_by)->disconnect();
      });
    });
    io.run();
    io.restart();
    EXPECT_TRUE(answer == "worker 1\nworker 2\n" || answer == "worker 2\nworker 1\n") << answer;
  }
}

TEST_P(listening, at_a_udp_port_in_use_is_an_ordinary_error) {
  for (const std::string which : {"udp", "udp6"}) {
    if (which == "udp6" && !has_ipv6(io)) continue;
    udp::socket busy(io, udp::endpoint(loopback_of(which), 0));
    cluster::primary primary{io, workers({which, std::to_string(busy.local_endpoint().port())})};
    fork_each(primary, 1, [&](const std::vector<std::string>& said) {
      EXPECT_EQ(said.front(), in_use());
      end(primary);
    });
    io.run();
    io.restart();
  }
}

INSTANTIATE_TEST_SUITE_P(by, listening,
                         testing::Values(form{"listening_worker", cluster::scheduling::automatic},
                                         form{"listening_worker", cluster::scheduling::shared},
                                         form{"listening_worker", cluster::scheduling::program},
                                         form{"node_listener.js", cluster::scheduling::round_robin},
                                         form{"node_listener.js", cluster::scheduling::shared}),
                         [](const auto& one) {
                           const bool node = std::string(one.param.program).ends_with(".js");
                           return (node ? "node_" : "brood_") + to_string(one.param.scheduling);
                         });

class exclusive : public testing::TestWithParam<std::string> {};

TEST_P(exclusive, is_a_socket_of_one_s_own) {
  loop io;
  temporary_folder dir;
  const auto path = dir / "own.sock";
  std::string value = path;
  if (GetParam().ends_with('6') && !has_ipv6(io)) GTEST_SKIP() << "no IPv6 here";
  if (GetParam().starts_with("tcp")) {
    tcp::acceptor free(io, tcp::endpoint(loopback_of(GetParam()), 0));
    value = std::to_string(free.local_endpoint().port());
  } else if (GetParam().starts_with("udp")) {
    udp::socket free(io, udp::endpoint(loopback_of(GetParam()), 0));
    value = std::to_string(free.local_endpoint().port());
  }
  cluster::primary primary{io, {.exec = actor("listening_worker"), .args = {{GetParam(), value, "exclusive"}}}};
  std::vector<std::string> said;
  bool seen_by_primary = false;
  primary.listening.on([&](cluster::worker&, const cluster::address&) { seen_by_primary = true; });
  primary.message.on([&](cluster::worker&, const brood::message& m) {
    const auto& object = m.body.as_object();
    said.emplace_back(object.contains("failed") ? object.at("failed").as_string() : "well");
    if (said.size() == 1) primary.fork();
    // The first one goes; then there is room for a third.
    if (said.size() == 2) primary.find(1)->disconnect();
    if (said.size() == 3) primary.async_disconnect([](brood::error_code) {});
  });
  primary.exited.on([&](cluster::worker& w, brood::exit_status status) {
    EXPECT_EQ(status, brood::exit_status::exited(0));
    if (w.id() == 1) primary.fork();
  });
  primary.fork();
  io.run();
  EXPECT_EQ(said, (std::vector<std::string>{"well", "Address already in use", "well"}));
  EXPECT_FALSE(seen_by_primary);
  EXPECT_FALSE(std::filesystem::exists(path));
}

INSTANTIATE_TEST_SUITE_P(at, exclusive, testing::Values("tcp", "tcp6", "path", "udp", "udp6"),
                         [](const auto& one) { return one.param; });

}  // namespace
