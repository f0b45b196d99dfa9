#include <gtest/gtest.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/json/object.hpp>

#include "cluster_support.hpp"
#include "support/temporary_folder.hpp"

// What becomes of a port when its workers close it.

namespace {

namespace cluster = brood::cluster;
namespace json = boost::json;
using namespace brood_test;
using namespace std::chrono_literals;
using asio::ip::udp;
using cluster::scheduling;
using unix_stream = asio::local::stream_protocol;

std::uint16_t port_of(const json::object& told) {
  const std::string at(told.at("at").as_string());
  return static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1)));
}

json::object listen_on(std::uint16_t port) {
  return {{"op", "listen"}, {"as", "a"}, {"form", "tcp"}, {"host", "127.0.0.1"}, {"port", port}};
}

const json::object close_it{{"op", "close"}, {"as", "a"}};

brood::error_code connect_to(loop& io, std::uint16_t port) {
  tcp::socket client(io);
  brood::error_code ec;
  client.connect(at_loopback(port), ec);
  return ec;
}

struct form {
  const char* program;
  cluster::scheduling scheduling;
};

class closed_port : public testing::TestWithParam<form> {
 protected:
  using answered = std::function<void(const json::object&)>;

  void SetUp() override {
    if (cluster::primary(io, workers()).scheduling() != GetParam().scheduling) {
      GTEST_SKIP() << "the kernel does not allow it here";
    }
  }

  static cluster::settings workers() {
    cluster::settings with{.exec = actor(GetParam().program), .args = brood::arguments{}};
    with.scheduling = GetParam().scheduling;
    if (with.scheduling == scheduling::program) {
      with.choose = [](const cluster::incoming& a) { return cluster::choice(a.workers.front()); };
    }
    with.drain = 60'000ms;
    with.restart.min_uptime = 0ms;
    return with;
  }

  /// Makes a primary with that many workers, calls `begin` when all are online, and runs until nothing is left to do.
  void run(std::size_t count, std::function<void()> begin, const cluster::settings& with = workers()) {
    primary.emplace(io, with);
    primary->online.on([this, count, begin, online = std::size_t{0}](cluster::worker&) mutable {
      if (++online == count) begin();
    });
    primary->message.on([this](cluster::worker& w, const brood::message& m) {
      if (const auto next = std::exchange(waiting[w.id()], nullptr)) next(m.body.as_object());
    });
    for (std::size_t i = 0; i < count; ++i) primary->fork();
    io.run();
    primary.reset();
  }

  /// Tells the worker something, and calls `next` with what it answers.
  void ask(int worker, const json::object& what, answered next) {
    waiting[worker] = std::move(next);
    primary->find(worker)->send(what);
  }

  /// Listens on a port, closes it, and calls `next` with its number.
  void open_and_close(int worker, const std::function<void(std::uint16_t)>& next) {
    ask(worker, listen_on(0), [this, worker, next](const json::object& told) {
      ASSERT_EQ(told.at("op").as_string(), "listening") << told;
      ask(worker, close_it, [port = port_of(told), next](const json::object&) { next(port); });
    });
  }

  void end() {
    primary->async_disconnect([](brood::error_code ec) { EXPECT_FALSE(ec); });
  }

  loop io;
  temporary_folder dir;
  std::optional<cluster::primary> primary;
  std::map<int, answered> waiting;
};

TEST_P(closed_port, costs_the_primary_nothing) {
  constexpr int rounds = 300;
  std::size_t before = 0;
  std::uint16_t last = 0;
  bool forked = false;
  std::function<void(int)> round = [&](int left) {
    open_and_close(1, [&, left](std::uint16_t port) {
      if (left == rounds) before = open_descriptors();
      if (left > 0) return round(left - 1);
      last = port;
      EXPECT_LE(open_descriptors(), before);
      EXPECT_EQ(connect_to(io, port), asio::error::connection_refused);
      primary->online.on([&](cluster::worker&) {
        forked = true;
        end();
      });
      primary->fork();
    });
  };
  run(1, [&] { round(rounds); });
  EXPECT_NE(last, 0);
  EXPECT_TRUE(forked);
}

TEST_P(closed_port, stays_open_while_another_worker_listens_there) {
  std::string answer;
  run(2, [&] {
    ask(1, listen_on(0), [&](const json::object& first) {
      const auto port = port_of(first);
      ask(2, listen_on(0), [&, port](const json::object& second) {
        EXPECT_EQ(port_of(second), port);
        ask(1, close_it, [&, port](const json::object&) {
          client::ask(io, at_loopback(port), "", [&](const std::string& text) {
            answer = text;
            end();
          });
        });
      });
    });
  });
  EXPECT_EQ(answer, "worker 2\n");
}

TEST_P(closed_port, is_shared_again_by_a_worker_that_closed_it) {
  run(2, [&] {
    ask(1, listen_on(0), [&](const json::object& first) {
      ask(2, listen_on(0), [&, port = port_of(first)](const json::object&) {
        ask(1, close_it, [&, port](const json::object&) {
          // Its first one for port 0, as before: the others' port, not a second one.
          ask(1, listen_on(0), [&, port](const json::object& again) {
            EXPECT_EQ(port_of(again), port);
            end();
          });
        });
      });
    });
  });
}

TEST_P(closed_port, may_be_closed_before_it_was_open) {
  if (std::string(GetParam().program).ends_with(".js")) GTEST_SKIP() << "Node's close() then never calls back";
  json::object next = listen_on(0);
  next["as"] = "b";
  run(1, [&] {
    ask(1, listen_on(0), [&](const json::object& closed) {
      EXPECT_EQ(closed.at("op").as_string(), "closed");
      waiting[1] = [&](const json::object& told) {
        EXPECT_EQ(told.at("op").as_string(), "listening") << told;
        end();
      };
    });
    primary->find(1)->send(close_it);
    primary->find(1)->send(next);
  });
}

TEST_P(closed_port, stays_open_where_its_last_worker_was_killed) {
  std::string answer;
  run(1, [&] {
    ask(1, listen_on(0), [&](const json::object& told) {
      primary->exited.on([&, port = port_of(told)](cluster::worker& w, brood::exit_status) {
        if (w.id() != 1) return;
        client::ask_at_once(io, at_loopback(port), [&](const std::string& text) {
          answer = text;
          end();
        });
        primary->online.on([&](cluster::worker&) { ask(2, listen_on(0), [](const json::object&) {}); });
        primary->fork();
      });
      primary->find(1)->kill(SIGKILL);
    });
  });
  EXPECT_EQ(answer, "worker 2\n");
}

TEST_P(closed_port, stays_open_where_its_last_worker_was_told_to_go) {
  std::string answer;
  run(1, [&] {
    ask(1, listen_on(0), [&](const json::object& told) {
      primary->exited.on([&, port = port_of(told)](cluster::worker& w, brood::exit_status) {
        if (w.id() != 1) return;
        client::ask_at_once(io, at_loopback(port), [&](const std::string& text) {
          answer = text;
          end();
        });
        primary->online.on([&](cluster::worker&) { ask(2, listen_on(0), [](const json::object&) {}); });
        primary->fork();
      });
      primary->find(1)->disconnect();
    });
  });
  EXPECT_EQ(answer, "worker 2\n");
}

TEST_P(closed_port, stays_open_where_its_last_worker_goes_by_itself) {
  if (std::string(GetParam().program).ends_with(".js")) GTEST_SKIP() << "Node closes first and says later that it goes";
  run(1, [&] {
    ask(1, listen_on(0), [&](const json::object& told) {
      primary->exited.on([&, port = port_of(told)](cluster::worker&, brood::exit_status) {
        EXPECT_FALSE(connect_to(io, port));
        end();
      });
      ask(1, {{"op", "leave"}}, nullptr);
    });
  });
}

TEST_P(closed_port, stays_open_with_keep_ports) {
  if (brood_test::on_a_strand()) GTEST_SKIP() << brood_test::needs_an_io_context;
  auto with = workers();
  with.keep_ports = true;
  run(
      1,
      [&] {
        open_and_close(1, [&](std::uint16_t port) {
          EXPECT_FALSE(connect_to(io, port));
          end();
        });
      },
      with);
}

TEST_P(closed_port, takes_the_file_of_a_unix_path_along) {
  const std::string path = dir / "app.sock";
  run(1, [&] {
    ask(1, {{"op", "listen"}, {"as", "a"}, {"form", "path"}, {"path", path}}, [&](const json::object& told) {
      EXPECT_EQ(told.at("op").as_string(), "listening");
      EXPECT_TRUE(std::filesystem::is_socket(path));
      ask(1, close_it, [&](const json::object&) {
        EXPECT_FALSE(std::filesystem::exists(path));
        end();
      });
    });
  });
}

TEST_P(closed_port, of_udp_is_free_for_others) {
  run(1, [&] {
    ask(1, {{"op", "listen"}, {"as", "a"}, {"form", "udp"}, {"host", "127.0.0.1"}, {"port", 0}},
        [&](const json::object& told) {
          ask(1, close_it, [&, port = port_of(told)](const json::object&) {
            EXPECT_NO_THROW(udp::socket(io, udp::endpoint(asio::ip::address_v4::loopback(), port)));
            end();
          });
        });
  });
}

TEST_P(closed_port, that_was_adopted_stays_with_the_primary) {
  tcp::acceptor systemd_s(io, at_loopback(0));
  const auto port = systemd_s.local_endpoint().port();
  std::string answer;
  run(1, [&] {
    primary->adopt(brood::unique_fd(::dup(systemd_s.native_handle())));
    ask(1, listen_on(port), [&](const json::object&) {
      ask(1, close_it, [&](const json::object&) {
        client::ask_at_once(io, at_loopback(port), [&](const std::string& text) {
          answer = text;
          end();
        });
        ask(1, listen_on(port), [](const json::object&) {});
      });
    });
  });
  EXPECT_EQ(answer, "worker 1\n");
}

TEST_P(closed_port, leaves_no_client_waiting) {
  constexpr int count = 200;
  int served = 0;
  int refused = 0;
  run(1, [&] {
    ask(1, listen_on(0), [&](const json::object& told) {
      for (int i = 0; i < count; ++i) {
        client::ask_at_once(io, at_loopback(port_of(told)), [&](const std::string& text) {
          ++(text.empty() ? refused : served);
          if (served + refused == count) end();
        });
      }
      ask(1, close_it, [](const json::object&) {});
    });
  });
  EXPECT_EQ(served + refused, count);
}

TEST_P(closed_port, can_be_opened_by_the_next_worker_in_the_same_moment) {
  int rounds = 100;
  std::uint16_t port = 0;
  std::function<void()> round = [&] {
    const int closing = rounds % 2 == 0 ? 1 : 2;
    auto both = std::make_shared<int>(2);
    const auto done = [&, both] {
      if (--*both != 0) return;
      if (--rounds == 0) return end();
      round();
    };
    ask(closing, close_it, [done](const json::object&) { done(); });
    ask(3 - closing, listen_on(port), [done](const json::object& told) {
      EXPECT_EQ(told.at("op").as_string(), "listening") << told;
      done();
    });
  };
  run(2, [&] {
    ask(1, listen_on(0), [&](const json::object& told) {
      // By its number from here on: port 0 might be another one each time.
      ask(1, close_it, [&, opened = port_of(told)](const json::object&) {
        port = opened;
        ask(1, listen_on(port), [&](const json::object&) { round(); });
      });
    });
  });
}

INSTANTIATE_TEST_SUITE_P(by, closed_port,
                         testing::Values(form{"listening_peer", scheduling::kernel_round_robin},
                                         form{"listening_peer", scheduling::kernel_least_loaded},
                                         form{"listening_peer", scheduling::round_robin},
                                         form{"listening_peer", scheduling::shared},
                                         form{"listening_peer", scheduling::program},
                                         form{"node_reopener.js", scheduling::kernel_round_robin},
                                         form{"node_reopener.js", scheduling::round_robin},
                                         form{"node_reopener.js", scheduling::shared}),
                         [](const auto& one) {
                           const bool node = std::string(one.param.program).ends_with(".js");
                           return (node ? "node_" : "brood_") + to_string(one.param.scheduling);
                         });

}  // namespace
