#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <brood/cluster.hpp>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "support.hpp"

namespace brood_test {

using asio::ip::tcp;

inline brood::cluster::settings echo_workers(brood::arguments args = {"0"}) {
  return {.exec = actor("echo_worker"), .args = std::move(args)};
}

inline tcp::endpoint at_loopback(std::uint16_t port) { return {asio::ip::address_v4::loopback(), port}; }

/// A client's one connection: sends `request`, reads to the end, then calls `done(answer)`. An error is an empty
/// answer.
struct client : std::enable_shared_from_this<client> {
  client(loop& io, std::string text) : socket(io), request(std::move(text)) {}

  static void ask(loop& io, const tcp::endpoint& where, std::string request, std::function<void(std::string)> done) {
    auto self = std::make_shared<client>(io, std::move(request));
    self->socket.async_connect(where, [self, done = std::move(done)](brood::error_code ec) {
      if (ec) return done("");
      self->talk(done);
    });
  }

  /// Is connected when it returns, before anybody can have accepted it.
  static void ask_at_once(loop& io, const tcp::endpoint& where, std::function<void(std::string)> done) {
    auto self = std::make_shared<client>(io, "");
    self->socket.connect(where);
    self->talk(done);
  }

  void talk(const std::function<void(std::string)>& done) {
    brood::error_code ignored;
    asio::write(socket, asio::buffer(request), ignored);
    asio::async_read(socket, asio::dynamic_buffer(answer),
                     [self = shared_from_this(), done](brood::error_code, std::size_t) { done(self->answer); });
  }

  tcp::socket socket;
  std::string request;
  std::string answer;
};

/// Asks `count` times, one connection after another, and calls `done` with how often each answer came.
inline void ask_often(loop& io, const tcp::endpoint& where, int count,
                      std::function<void(std::map<std::string, int>)> done) {
  auto shares = std::make_shared<std::map<std::string, int>>();
  auto next = std::make_shared<std::function<void(int)>>();
  *next = [&io, where, shares, done = std::move(done), weak = std::weak_ptr(next), keep = next](int left) mutable {
    if (left == 0) {
      auto finish = std::move(done);
      keep.reset();
      return finish(*shares);
    }
    client::ask(io, where, "", [shares, left, next = weak.lock()](const std::string& answer) {
      ++(*shares)[answer];
      (*next)(left - 1);
    });
  };
  (*next)(count);
}

}  // namespace brood_test
