#include "sys/listen.hpp"

#include <gtest/gtest.h>
#include <net/if.h>

#include <cerrno>

namespace {

using namespace brood;

TEST(listen, takes_a_zone_by_name_and_by_number) {
  for (const auto& zone : {std::string("lo"), std::to_string(::if_nametoindex("lo"))}) {
    const unique_fd tcp = brood::detail::sys::listen_tcp("::1%" + zone, 0, false, 1);
    const unique_fd udp = brood::detail::sys::bind_udp("::1%" + zone, 0, false, false);
    if (!tcp && errno == EADDRNOTAVAIL) GTEST_SKIP() << "no IPv6 here";
    ASSERT_TRUE(tcp && udp) << zone;
    EXPECT_EQ(brood::detail::sys::name_of(tcp.get())->address, "::1") << "only a link-local address has a zone";
    EXPECT_TRUE(brood::detail::sys::name_of(udp.get())->ipv6);
  }
}

TEST(listen, says_that_there_is_no_such_zone) {
  for (const char* address : {"fe80::1%nowhere", "fe80::1%", "fe80::1%7x", "fe80::1%0"}) {
    EXPECT_FALSE(brood::detail::sys::listen_tcp(address, 0, false, 1)) << address;
    EXPECT_EQ(errno, ENODEV) << address;
  }
}

TEST(listen, takes_no_zone_behind_what_is_not_ipv6) {
  for (const char* address : {"127.0.0.1%lo", "name%lo", "%lo"}) {
    EXPECT_FALSE(brood::detail::sys::listen_tcp(address, 0, false, 1)) << address;
    EXPECT_EQ(errno, EINVAL) << address;
  }
}

}  // namespace
