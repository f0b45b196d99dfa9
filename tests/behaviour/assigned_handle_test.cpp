#include <gtest/gtest.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <brood/child_process.hpp>
#include <brood/cluster.hpp>

#include "support.hpp"

// A handle that another one is assigned to gives back what it had.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;

class assigned : public testing::TestWithParam<std::string> {};

TEST_P(assigned, port_closes_the_old_one) {
  for (auto scheduling : {cluster::scheduling::automatic, cluster::scheduling::shared}) {
    loop io;
    std::string said;
    cluster::primary primary{io,
                             {.exec = actor("reassigning_worker"), .args = {{GetParam()}}, .scheduling = scheduling}};
    primary.message.on([&](cluster::worker&, const brood::message& m) {
      said = boost::json::serialize(m.body);
      primary.async_disconnect([](brood::error_code) {});
    });
    primary.fork();
    io.run();
    EXPECT_EQ(said, R"({"done":true})");
  }
}

INSTANTIATE_TEST_SUITE_P(handle, assigned, testing::Values("tcp", "udp"), [](const auto& one) { return one.param; });

TEST(assigned_channel, sends_what_the_old_one_was_given) {
  loop io;
  std::string said;
  auto child = brood::fork(io, actor("reassigning_worker"), {"channel"});
  child.messages.on([&](const brood::message& m) { said = boost::json::serialize(m.body); });
  io.run();
  EXPECT_EQ(said, R"({"last":true})");
}

}  // namespace
