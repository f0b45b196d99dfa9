#include <gtest/gtest.h>

#include <brood/cluster.hpp>
#include <string>
#include <vector>

#include "cluster_support.hpp"
#include "support.hpp"

namespace {

namespace cluster = brood::cluster;
using brood_test::loop;

TEST(a_leaving_worker, stays_connected_until_it_has_served_what_had_arrived) {
  loop io;
  cluster::settings with;
  with.exec = brood_test::actor("late_worker");
  with.scheduling = cluster::scheduling::kernel_round_robin;  // each worker has an accept queue of its own
  cluster::primary primary{io, with};
  if (primary.scheduling() != with.scheduling) GTEST_SKIP() << "the kernel does not allow it here";
  std::vector<std::string> answers;
  primary.listening.on([&](cluster::worker& w, const cluster::address& where) {
    for (int i = 0; i < 3; ++i) {
      brood_test::client::ask_at_once(io, brood_test::at_loopback(where.port),
                                      [&](const std::string& answer) { answers.push_back(answer); });
    }
    w.disconnect();
  });
  brood::exit_status ended;
  primary.exited.on([&](cluster::worker&, brood::exit_status status) {
    ended = status;
    primary.async_disconnect([](brood::error_code) {});
  });
  primary.fork();
  io.run();
  EXPECT_EQ(answers, std::vector<std::string>(3, "served\n"));
  EXPECT_EQ(ended, brood::exit_status::exited(0));
}

}  // namespace
