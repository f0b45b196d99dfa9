#include <gtest/gtest.h>
#include <unistd.h>

#include <brood/child_process.hpp>
#include <brood/cluster.hpp>
#include <filesystem>

#include "support.hpp"
#include "support/temporary_folder.hpp"

// A primary that may not do all it would like to: as an ordinary user, in a network namespace, without the system call
// bpf. Under every scheduling that it is asked for it serves, as asked or by round_robin, and then its log says why.

namespace {

namespace cluster = brood::cluster;
using namespace brood_test;
using cluster::scheduling;

/// A copy of the primary and its worker where anybody may execute them; the project may stand in a folder that is its
/// owner's alone.
struct primary_for_all {
  primary_for_all() {
    std::filesystem::permissions(folder.path(), std::filesystem::perms(0755));
    for (const char* name : {"scheduling_primary", "echo_worker"}) {
      std::filesystem::copy_file(actor(name), folder / name);
    }
  }

  temporary_folder folder;
  const std::string path = (folder / "scheduling_primary").string();
};

/// What a primary in another process says of itself: its log, its scheduling, and how its workers have served.
std::string told_by(brood::arguments args, const brood::identity& as) {
  loop io;
  std::string text;
  const primary_for_all program;
  auto other = brood::spawn(io, program.path, std::move(args), {.as = as});
  other.out().on_data([&](std::string_view data) { text += data; });
  other.err().on_data([&](std::string_view data) { text += data; });
  io.run();
  return text;
}

const brood::identity nobody{.uid = 65534, .gid = 65534};

struct confinement {
  const char* name;
  bool ordinary_user;   ///< it is none if this process is root
  const char* by;       ///< of scheduling_primary's arguments; empty: nothing
  const char* refusal;  ///< of eBPF; empty: what the kernel has to say without the confinement
};

std::string served(scheduling how) { return how == scheduling::shared ? "20\n" : "10 10\n"; }

std::string without_bpf(scheduling asked, const std::string& refusal) {
  const scheduling meant = asked == scheduling::automatic ? scheduling::kernel_round_robin : asked;
  if (meant != scheduling::kernel_round_robin && meant != scheduling::kernel_least_loaded) {
    return to_string(asked) + '\n' + served(asked);
  }
  return std::string("log ") + (asked == scheduling::automatic ? "info" : "warning") +
         ": cluster: scheduling is round_robin, because the kernel does not permit " + to_string(meant) + ": " +
         refusal + "\nround_robin\n" + served(scheduling::round_robin);
}

class confined : public testing::TestWithParam<std::tuple<confinement, scheduling>> {};

TEST_P(confined, a_primary_serves_and_says_by_what) {
  const auto& [how, asked] = GetParam();
  const bool root = ::geteuid() == 0;
  const brood::identity as = how.ordinary_user && root ? nobody : brood::identity{};
  brood::arguments args = {to_string(asked)};
  const std::string unconfined = *how.refusal == '\0' ? told_by(args, as) : "";
  if (*how.by != '\0') args.emplace_back(how.by);
  const std::string text = told_by(args, as);
  if (text.starts_with("not possible here: ")) GTEST_SKIP() << text;
  EXPECT_EQ(text, *how.refusal == '\0' ? unconfined : without_bpf(asked, how.refusal));
  if (*how.refusal == '\0') {
    // Whether the kernel allows it here is not ours to say; there is no third way.
    const std::string allowed = asked == scheduling::automatic ? "kernel_round_robin" : to_string(asked);
    EXPECT_TRUE(text == allowed + '\n' + served(asked) || text == without_bpf(asked, "Operation not permitted"))
        << text;
  }
}

INSTANTIATE_TEST_SUITE_P(
    to_live, confined,
    testing::Combine(
        testing::Values(confinement{"as_an_ordinary_user", true, "", "Operation not permitted"},
                        confinement{"without_the_bpf_call", false, "no-bpf", "Function not implemented"},
                        confinement{"with_the_bpf_call_forbidden", false, "forbidden-bpf", "Operation not permitted"},
                        confinement{"in_a_network_of_its_own", false, "network", ""},
                        confinement{"as_an_ordinary_user_in_a_network_of_its_own", true, "network",
                                    "Operation not permitted"}),
        testing::Values(scheduling::automatic, scheduling::kernel_round_robin, scheduling::kernel_least_loaded,
                        scheduling::round_robin, scheduling::shared, scheduling::program)),
    [](const auto& one) {
      return std::string(std::get<0>(one.param).name) + "_under_" + to_string(std::get<1>(one.param));
    });

}  // namespace
