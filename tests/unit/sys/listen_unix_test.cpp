#include "sys/listen_unix.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <boost/system/system_error.hpp>
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
  EXPECT_EQ(brood::detail::sys::path_of(bound_to(path).get()), path);
}

TEST(refuse_address, refuses_what_reads_as_an_address) {
  for (const char* address : {"8000", ":8000", "localhost:8000", "127.0.0.1:8000", "[::1]:8000", "*:80", "::1",
                              "127.0.0.1", "fe80::1%eth0:80"}) {
    EXPECT_THROW(brood::detail::sys::refuse_address(address), boost::system::system_error) << address;
  }
}

TEST(refuse_address, lets_paths_pass) {
  for (const char* path : {"app.sock", "./8000", "./localhost:8000", "/run/app:1", "run/8000", "app:http", "app8000",
                           "a:", ":", "1.2.3", "app:80.sock", "@8000"}) {
    EXPECT_NO_THROW(brood::detail::sys::refuse_address(path)) << path;
  }
}

// Node 20 binds to what fits of a path that is too long, and hands that socket to its workers. What the kernel
// says of its size is larger than a sockaddr_un then.
TEST(path_of, a_socket_ends_with_the_structure_where_no_nul_does) {
  const brood_test::temporary_folder folder;
  std::string path = folder / "a";
  path.resize(sizeof sockaddr_un{}.sun_path, 'x');
  EXPECT_EQ(brood::detail::sys::path_of(bound_to(path).get()), path);
}

TEST(path_of, anything_else_is_empty) {
  EXPECT_EQ(brood::detail::sys::path_of(brood::unique_fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)).get()), "");
  EXPECT_EQ(brood::detail::sys::path_of(brood::unique_fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)).get()), "");
  EXPECT_EQ(brood::detail::sys::path_of(bound_to(std::string(1, '\0') + "brood-abstract-test").get()), "");
  EXPECT_EQ(brood::detail::sys::path_of(-1), "");
}

}  // namespace
