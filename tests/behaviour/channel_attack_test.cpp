#include <gtest/gtest.h>
#include <sys/socket.h>

#include <boost/json/object.hpp>
#include <brood/child_process.hpp>
#include <brood/spawn_sync.hpp>
#include <map>
#include <optional>

#include "support.hpp"
#include "support/apart.hpp"

// A hostile peer as a process of its own, on either side of the channel (tests/actors/hostile.py), beside a child that
// means well: what the one does must not be felt by the other.

namespace {

using namespace brood_test;
using brood::attachment;
using brood::errc;
using brood::error_code;
using brood::serialization;

struct attack {
  const char* name;
  /// What the channel is closed with; nothing where the attack is to sit there until it is ended.
  std::optional<error_code> reason;
};

const attack attacks[] = {{"garbage", errc::protocol_error},
                          {"half_a_frame", error_code()},
                          {"endless_frame", std::nullopt},
                          {"huge_length", errc::message_too_large},
                          {"depth_bomb", errc::protocol_error},
                          {"descriptors", error_code()},
                          {"surplus_acknowledgements", errc::protocol_error},
                          {"never_acknowledging", std::nullopt},
                          {"never_reading", std::nullopt},
                          {"standing_still", std::nullopt}};

using parameters = std::tuple<attack, serialization>;

std::string form_of(const parameters& p) { return std::get<1>(p) == serialization::json ? "json" : "advanced"; }

struct an_attack : testing::TestWithParam<parameters> {
  const attack& what() const { return std::get<0>(GetParam()); }
};

attachment some_socket() {
  int ends[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
  ::close(ends[1]);
  return attachment(brood::unique_fd(ends[0]));
}

TEST_P(an_attack, by_a_child_is_an_error_value_and_no_other_child_feels_it) {
  const auto descriptors = open_descriptors();
  const auto memory = heap_in_use();
  {
    loop io;
    const brood::fork_options options{.serialization = std::get<1>(GetParam())};
    auto hostile = brood::fork(io, "python3", {actor("hostile.py"), what().name, form_of(GetParam())}, options);
    auto good = brood::fork(io, actor("channel_child"), {}, options);
    constexpr int rounds = 200;
    int answered = 0;
    hostile.messages.on([](const brood::message&) {});
    good.messages.on([&](const brood::message&) {
      hostile.send({{"n", answered}}, some_socket());
      hostile.send({{"text", std::string(2000, 'x')}});
      if (++answered < rounds) return static_cast<void>(good.send({{"n", answered}}));
      good.disconnect();
      if (!what().reason) hostile.kill(SIGKILL);
    });
    good.send({{"n", 0}});
    io.run();
    EXPECT_EQ(answered, rounds);
    ASSERT_TRUE(hostile.disconnected.happened());
    if (what().reason && what().reason->value() != 0) {
      const bool json_number = std::string(what().name) == "huge_length" && form_of(GetParam()) == "json";
      EXPECT_EQ(*hostile.disconnected.value(), json_number ? make_error_code(errc::protocol_error) : *what().reason);
    }
    EXPECT_TRUE(hostile.exited.happened());
  }
  EXPECT_EQ(open_descriptors(), descriptors);
  EXPECT_LT(heap_in_use(), memory + (1U << 20));
}

TEST_P(an_attack, by_a_parent_ends_the_channel_and_not_the_child) {
  if (!what().reason) GTEST_SKIP() << "that parent just goes on";
  const auto result =
      brood::exec_file_sync("python3", {actor("hostile.py"), what().name, form_of(GetParam()), actor("channel_child")});
  EXPECT_EQ(result.out, "0\n") << result.err;
}

INSTANTIATE_TEST_SUITE_P(of, an_attack,
                         testing::Combine(testing::ValuesIn(attacks),
                                          testing::Values(serialization::json, serialization::advanced)),
                         [](const auto& one) {
                           return std::string(std::get<0>(one.param).name) + '_' + form_of(one.param);
                         });

}  // namespace
