#include "sys/listen_unix.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cstddef>
#include <cstring>
#include <string>

#include "brood/unique_fd.hpp"
#include "support/temporary_folder.hpp"

namespace {

brood::unique_fd bound_to(const std::string& path) {
  brood::unique_fd made{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  sockaddr_un at{};
  at.sun_family = AF_UNIX;
  std::memcpy(at.sun_path, path.data(), path.size());  // without a NUL, if it is full
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
  EXPECT_EQ(::bind(made.get(), reinterpret_cast<const sockaddr*>(&at), size), 0) << std::strerror(errno);
  return made;
}

TEST(path_of, a_socket_is_where_it_is_bound) {
  const brood_test::temporary_folder folder;
  const std::string path = folder / "a.sock";
  EXPECT_EQ(brood::sys::path_of(bound_to(path).get()), path);
}

// Node 20 binds to what fits of a path that is too long, and hands that socket to its workers. What the kernel
// says of its size is larger than a sockaddr_un then.
TEST(path_of, a_socket_ends_with_the_structure_where_no_nul_does) {
  const brood_test::temporary_folder folder;
  std::string path = folder / "a";
  path.resize(sizeof sockaddr_un{}.sun_path, 'x');
  EXPECT_EQ(brood::sys::path_of(bound_to(path).get()), path);
}

TEST(path_of, anything_else_is_empty) {
  EXPECT_EQ(brood::sys::path_of(brood::unique_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)).get()), "");
  EXPECT_EQ(brood::sys::path_of(brood::unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)).get()), "");
  EXPECT_EQ(brood::sys::path_of(bound_to(std::string(1, '\0') + "brood-abstract-test").get()), "");
  EXPECT_EQ(brood::sys::path_of(-1), "");
}

}  // namespace
