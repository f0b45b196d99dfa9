#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cerrno>

#include "brood/unique_fd.hpp"
#include "sys/calls.hpp"

namespace {

namespace sys = brood::detail::sys;

// A loop that accepts until nothing waits would never end if such an error were passed over.
TEST(accept, reports_an_error_of_the_listening_socket) {
  const brood::unique_fd listening(::socket(AF_INET, SOCK_STREAM, 0));
  ASSERT_EQ(::listen(listening.get(), 1), 0);
  ASSERT_EQ(::shutdown(listening.get(), SHUT_RDWR), 0);
  EXPECT_EQ(sys::accept(listening.get()), -1);
  EXPECT_EQ(errno, EINVAL);
  EXPECT_EQ(sys::accept(-1), -1);
  EXPECT_EQ(errno, EBADF);
}

}  // namespace
