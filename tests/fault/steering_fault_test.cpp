#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <brood/cluster.hpp>
#include <cerrno>
#include <filesystem>

#include "support/open_descriptors.hpp"
#include "sys/faults.hpp"

// The Nth system call of choosing a scheduling fails, for every N: the primary is there all the same, schedules by
// itself, says why, and has left nothing behind.

namespace {

namespace cluster = brood::cluster;
using brood::detail::sys::fault_struck;
using brood::detail::sys::plant_fault;
using brood_test::open_descriptors;

class a_bpf_call : public testing::TestWithParam<int> {
 protected:
  /// Whether there was a call with that number.
  static bool choose_with_fault_at(int number) {
    boost::asio::io_context io{1};
    std::string line;
    cluster::settings with;
    with.exec = "/bin/true";
    with.log = [&](brood::log_level, std::string_view text) { line = text; };
    plant_fault(number, GetParam());
    cluster::primary primary{io, with};
    const bool struck = fault_struck();
    plant_fault(0, 0);
    if (struck) {
      EXPECT_EQ(primary.scheduling(), cluster::scheduling::round_robin);
      EXPECT_NE(line.find(std::system_category().message(GetParam())), std::string::npos) << line;
    } else {
      EXPECT_EQ(line.empty(), primary.scheduling() == cluster::scheduling::kernel_round_robin);
    }
    return struck;
  }
};

TEST_P(a_bpf_call, may_be_denied) {
  const auto before = open_descriptors();
  int count = 0;
  for (bool struck = true; struck; ++count) {
    struck = choose_with_fault_at(count + 1);
    ASSERT_EQ(open_descriptors(), before) << "call " << count + 1;
  }
  EXPECT_GT(count, 1) << "the calls go through the seam";
}

INSTANTIATE_TEST_SUITE_P(with, a_bpf_call, testing::Values(EPERM, ENOSYS, ENOMEM),
                         [](const auto& one) { return std::string(strerrorname_np(one.param)); });

}  // namespace
