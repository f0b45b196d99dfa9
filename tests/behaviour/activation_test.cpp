#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/local/stream_protocol.hpp>
#include <brood/child_process.hpp>
#include <functional>
#include <optional>

#include "cluster_support.hpp"
#include "support/temporary_folder.hpp"

// Sockets that the primary did not open itself: given by systemd (sd_listen_fds(3)), or by the program.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using unix_stream = asio::local::stream_protocol;

TEST(adopt, takes_nothing_but_sockets_that_are_bound) {
  loop io;
  cluster::primary primary{io, {.exec = actor("listening_worker"), .args = brood::arguments{}}};
  tcp::socket unbound(io, tcp::v4());
  for (int fd : {::open("/dev/null", O_RDONLY | O_CLOEXEC), ::dup(unbound.native_handle()), -1}) {
    EXPECT_THROW(primary.adopt(brood::unique_fd(fd)), boost::system::system_error) << fd;
  }
}

/// Starts activated_primary with `sockets` as its descriptors 3, 4 ...; `pid` is a shell's expression.
struct activated {
  activated(loop& io, const std::string& pid, const std::string& names, std::vector<brood::stdio> sockets,
            brood::arguments workers) {
    std::string line = "LISTEN_PID=" + pid + " LISTEN_FDS=" + std::to_string(sockets.size()) +
                       " LISTEN_FDNAMES=" + names + " exec \"$0\" \"$@\"";
    brood::arguments all{"-c", line, actor("activated_primary")};
    all.insert(all.end(), workers.begin(), workers.end());
    child.emplace(brood::spawn(io, "sh", all, {.more = std::move(sockets)}));
    child->out().on_data([this](std::string_view data) {
      text += data;
      if (text.find("ready\n") != std::string::npos && when_ready) std::exchange(when_ready, nullptr)();
    });
    child->err().on_data([this](std::string_view data) { text += data; });
  }

  std::optional<brood::child_process> child;
  std::string text;
  std::function<void()> when_ready;
};

class activation : public testing::TestWithParam<std::string> {};

TEST_P(activation, gives_the_workers_the_sockets_of_systemd) {
  loop io;
  temporary_folder dir;
  const auto path = dir / "unit.sock";
  unix_stream::acceptor local(io, unix_stream::endpoint(path));
  tcp::acceptor web(io, at_loopback(0));
  const auto port = web.local_endpoint().port();
  activated primary(io, "$$", "web:local",
                    {brood::stdio::descriptor(web.native_handle()), brood::stdio::descriptor(local.native_handle())},
                    {actor(GetParam()), "tcp", std::to_string(port)});
  std::map<std::string, int> answers;
  primary.when_ready = [&] {
    ask_often(io, at_loopback(port), 10, [&](std::map<std::string, int> all) {
      answers = std::move(all);
      primary.child->in().end();
    });
  };
  io.run();
  const std::string at = "127.0.0.1:" + std::to_string(port);
  EXPECT_EQ(primary.text.substr(0, primary.text.find("worker")),
            "adopted \"web\" " + at + "\nadopted \"local\" " + path.string() + "\nleft: 0\n");
  EXPECT_EQ(answers, (std::map<std::string, int>{{"worker 1\n", 5}, {"worker 2\n", 5}}));
}

INSTANTIATE_TEST_SUITE_P(for_, activation, testing::Values("listening_worker", "node_listener.js"),
                         [](const auto& one) { return one.param.substr(0, 4); });

TEST(activation_variables, that_are_another_process_s_are_not_believed) {
  loop io;
  tcp::acceptor web(io, at_loopback(0));
  activated primary(io, "1", "web", {brood::stdio::descriptor(web.native_handle())},
                    {actor("listening_worker"), "tcp", std::to_string(web.local_endpoint().port())});
  primary.when_ready = [&] { primary.child->in().end(); };
  io.run();
  EXPECT_EQ(primary.text.substr(0, primary.text.find("worker")), "left: 0\n");
  EXPECT_NE(primary.text.find("Address already in use"), std::string::npos) << primary.text;
}

}  // namespace
