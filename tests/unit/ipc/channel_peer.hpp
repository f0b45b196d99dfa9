#pragma once

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstring>

#include "ipc/channel.hpp"
#include "support/open_descriptors.hpp"

/// What the tests of a channel have in common: its peer as bytes, and what it told.
namespace channel_testing {

using brood::attachment;
using brood::error_code;
using brood::message;
using brood::unique_fd;
using brood::detail::ipc::channel;
using brood_test::open_descriptors;
namespace asio = boost::asio;
namespace json = boost::json;

/// A descriptor that is worth passing on: the read end of a pipe that holds `text`.
inline unique_fd pipe_with(std::string_view text) {
  int ends[2];
  EXPECT_EQ(::pipe2(ends, O_CLOEXEC), 0);
  EXPECT_EQ(::write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  ::close(ends[1]);
  return unique_fd(ends[0]);
}

inline std::string content_of(const attachment& handle) {
  char text[64];
  const ssize_t size = ::read(handle.native_handle(), text, sizeof text);
  return {text, static_cast<std::size_t>(size > 0 ? size : 0)};
}

/// The peer, as bytes: whatever a Node program, a broken one or a hostile one may do to its end of the socket.
class raw_peer {
 public:
  explicit raw_peer(int fd) : fd_(fd) {}

  /// How much of it the socket took, 0 when it is full or closed.
  std::size_t write(std::string_view bytes, const std::vector<int>& fds = {}) {
    iovec part{const_cast<char*>(bytes.data()), bytes.size()};
    msghdr header{};
    header.msg_iov = &part;
    header.msg_iovlen = 1;
    std::vector<char> control(CMSG_SPACE(sizeof(int) * fds.size()));
    if (!fds.empty()) {
      header.msg_control = control.data();
      header.msg_controllen = control.size();
      cmsghdr* entry = CMSG_FIRSTHDR(&header);
      entry->cmsg_level = SOL_SOCKET;
      entry->cmsg_type = SCM_RIGHTS;
      entry->cmsg_len = CMSG_LEN(sizeof(int) * fds.size());
      std::memcpy(CMSG_DATA(entry), fds.data(), sizeof(int) * fds.size());
    }
    const ssize_t size = ::sendmsg(fd_.get(), &header, MSG_NOSIGNAL | MSG_DONTWAIT);
    return size > 0 ? static_cast<std::size_t>(size) : 0;
  }

  /// What is there to read now. Descriptors that come along are counted and closed, but for the last.
  std::string read() {
    std::string all;
    char bytes[65536];
    for (;;) {
      iovec part{bytes, sizeof bytes};
      alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int) * 8)];
      msghdr header{};
      header.msg_iov = &part;
      header.msg_iovlen = 1;
      header.msg_control = control;
      header.msg_controllen = sizeof control;
      const ssize_t size = ::recvmsg(fd_.get(), &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
      ended = size == 0;
      if (size <= 0) return all;
      all.append(bytes, static_cast<std::size_t>(size));
      const cmsghdr* entry = CMSG_FIRSTHDR(&header);
      if (entry == nullptr) continue;
      int fd = -1;
      std::memcpy(&fd, CMSG_DATA(entry), sizeof fd);
      last_descriptor.reset(fd);
      ++descriptors;
    }
  }

  void close() { fd_.reset(); }

  int descriptors = 0;
  unique_fd last_descriptor;
  bool ended = false;

 private:
  unique_fd fd_;
};

/// A channel, and what it told.
struct listener {
  std::shared_ptr<channel> link;
  std::vector<std::string> heard;
  std::vector<attachment> handles;
  std::function<void()> on_message;
  std::function<void(const json::value&)> on_body;
  bool closed = false;
  error_code reason;

  listener(asio::io_context& io, int fd, brood::detail::ipc::channel_limits limits = {},
           brood::serialization form = brood::serialization::json)
      : link(std::make_shared<channel>(io.get_executor(), unique_fd(fd), form, limits)) {
    link->start({.user =
                     [this](message&& m, std::size_t) {
                       if (on_body) on_body(m.body);
                       heard.push_back((m.rich ? "rich " : "") + json::serialize(m.body));
                       if (m.handle) handles.push_back(std::move(m.handle));
                       if (on_message) on_message();
                     },
                 .internal =
                     [this](const json::object& m, const attachment& handle) {
                       heard.push_back("internal " + json::serialize(m) + (handle ? " with handle" : ""));
                     },
                 .closed =
                     [this](error_code why) {
                       EXPECT_FALSE(closed) << "told once";
                       closed = true;
                       reason = why;
                     }});
  }
};

class channel_with_a_raw_peer : public testing::Test {
 protected:
  explicit channel_with_a_raw_peer(brood::serialization form = brood::serialization::json)
      : channel_with_a_raw_peer(pair(), form) {}

  /// Lets the channel do all it can do now.
  void turn() {
    io.restart();
    io.poll();
  }

  const std::size_t before = open_descriptors();
  asio::io_context io{1};
  raw_peer peer;
  listener near;

 private:
  struct both {
    int ends[2];
  };
  static both pair() {
    both b{};
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, b.ends), 0);
    return b;
  }
  channel_with_a_raw_peer(both b, brood::serialization form) : peer(b.ends[0]), near(io, b.ends[1], {}, form) {}
};

}  // namespace channel_testing
