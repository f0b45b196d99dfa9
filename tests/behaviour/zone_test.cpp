#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>

#include <boost/asio/ip/udp.hpp>
#include <boost/json/object.hpp>
#include <cstdlib>
#include <thread>

#include "cluster_support.hpp"

// Link-local addresses, which mean something only together with their zone: the interface.

namespace {

namespace cluster = brood::cluster;
namespace json = boost::json;
using namespace brood_test;
using asio::ip::udp;
using cluster::scheduling;

/// Calls `f` in a network namespace of its own whose interface lo has the address fe80::b. Returns why that cannot be
/// done here, or nothing. A namespace belongs to a thread.
std::string in_own_network(const std::function<void()>& f) {
  std::string reason;
  std::thread([&] {
    if (::unshare(CLONE_NEWNET) != 0) {
      reason = "no right to make a network namespace";
    } else if (std::system("ip link set lo up && ip -6 address add fe80::b/64 dev lo nodad") != 0) {
      reason = "no link-local address could be added";
    } else {
      f();
    }
  }).join();
  return reason;
}

struct form {
  const char* program;
  cluster::scheduling scheduling;
};

class zone : public testing::TestWithParam<form> {
 protected:
  cluster::settings workers() const {
    cluster::settings with{.exec = actor(GetParam().program), .args = brood::arguments{}};
    with.scheduling = GetParam().scheduling;
    return with;
  }

  struct outcome {
    json::object said;
    std::string told;
  };

  /// What a worker says that listens in that way, what the primary tells of it; `then(port)` is called meanwhile.
  template <class Then>
  outcome listen(const json::object& what, int adopted, Then then) const {
    loop io;
    outcome result;
    cluster::primary primary{io, workers()};
    if (adopted >= 0) primary.adopt(brood::unique_fd(::dup(adopted)));
    primary.online.on([&](cluster::worker& w) { w.send(what); });
    primary.listening.on([&](cluster::worker&, const cluster::address& at) { result.told = at.host; });
    primary.message.on([&](cluster::worker&, const brood::message& m) {
      result.said = m.body.as_object();
      if (result.said.contains("at")) {
        const std::string at(result.said.at("at").as_string());
        then(static_cast<std::uint16_t>(std::stoi(at.substr(at.rfind(':') + 1))));
      }
      primary.async_disconnect([](brood::error_code) {});
    });
    primary.fork();
    io.run();
    return result;
  }

  static json::object at(const char* form, const std::string& host, std::uint16_t port = 0) {
    return {{"op", "listen"}, {"as", "a"}, {"form", form}, {"host", host}, {"family", 6}, {"port", port}};
  }
  static std::string told_at(const outcome& from) {
    const auto* at = from.said.if_contains("at");
    return at != nullptr ? std::string(at->as_string()) : "";
  }
};

TEST_P(zone, is_kept_for_tcp) {
  const auto reason = in_own_network([&] {
    const auto got = listen(at("tcp", "fe80::b%lo"), -1, [](std::uint16_t port) {
      loop io;
      tcp::socket client(io);
      brood::error_code ec;
      client.connect({asio::ip::make_address("fe80::b%lo"), port}, ec);
      EXPECT_FALSE(ec) << ec.message();
    });
    EXPECT_TRUE(told_at(got).starts_with("[fe80::b%lo]:")) << got.said;
    EXPECT_EQ(got.told, "fe80::b%lo");
  });
  if (!reason.empty()) GTEST_SKIP() << reason;
}

TEST_P(zone, may_be_a_number) {
  const auto reason = in_own_network([&] {
    const std::string host = "fe80::b%" + std::to_string(::if_nametoindex("lo"));
    const auto got = listen(at("tcp", host), -1, [](std::uint16_t) {});
    EXPECT_TRUE(told_at(got).starts_with("[fe80::b%lo]:")) << got.said;
  });
  if (!reason.empty()) GTEST_SKIP() << reason;
}

TEST_P(zone, is_kept_for_udp) {
  const auto reason = in_own_network([&] {
    const auto got = listen(at("udp", "fe80::b%lo"), -1, [](std::uint16_t port) {
      loop io;
      udp::socket other(io, udp::v6());
      brood::error_code ec;
      other.bind({asio::ip::make_address("fe80::b%lo"), port}, ec);
      EXPECT_EQ(ec, asio::error::address_in_use);
    });
    EXPECT_TRUE(told_at(got).starts_with("[fe80::b%lo]:")) << got.said;
  });
  if (!reason.empty()) GTEST_SKIP() << reason;
}

TEST_P(zone, is_a_part_of_an_adopted_address) {
  const auto reason = in_own_network([&] {
    loop io;
    tcp::acceptor systemd_s(io, {asio::ip::make_address("fe80::b%lo"), 0});
    const auto port = systemd_s.local_endpoint().port();
    const auto got = listen(at("tcp", "fe80::b%lo", port), systemd_s.native_handle(), [](std::uint16_t) {});
    EXPECT_EQ(told_at(got), "[fe80::b%lo]:" + std::to_string(port)) << got.said;
  });
  if (!reason.empty()) GTEST_SKIP() << reason;
}

TEST_P(zone, is_an_error_if_there_is_none_of_that_name) {
  if (std::string(GetParam().program) == "listening_peer") GTEST_SKIP() << "Asio makes it zone 0";
  const auto got = listen(at("tcp", "fe80::b%nowhere"), -1, [](std::uint16_t) {});
  EXPECT_EQ(got.said.at("code").as_string(), "ENODEV") << got.said;
}

INSTANTIATE_TEST_SUITE_P(by, zone,
                         testing::Values(form{"listening_peer", scheduling::kernel_round_robin},
                                         form{"listening_peer", scheduling::kernel_least_loaded},
                                         form{"listening_peer", scheduling::round_robin},
                                         form{"listening_peer", scheduling::shared},
                                         form{"node_reopener.js", scheduling::kernel_round_robin},
                                         form{"node_reopener.js", scheduling::round_robin},
                                         form{"node_reopener.js", scheduling::shared}),
                         [](const auto& one) {
                           const bool node = std::string(one.param.program).ends_with(".js");
                           return (node ? "node_" : "brood_") + to_string(one.param.scheduling);
                         });

}  // namespace
