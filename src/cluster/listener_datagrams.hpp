#pragma once

#include <set>

#include "cluster/listener.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// A UDP socket that all workers read from, as in Node under every scheduling.
class listener_datagrams final : public listener {
 public:
  listener_datagrams(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                     unique_fd socket)
      : listener(ex, request, socket.get()), socket_(std::make_shared<const unique_fd>(std::move(socket))) {}

  bool has(int worker) const override { return admitted_.contains(worker); }
  boost::system::result<share> admit(int worker) override {
    admitted_.insert(worker);
    return share{.socket = socket_, .datagrams = true};
  }
  void retire(int worker) override { admitted_.erase(worker); }
  void remove(int worker) override { admitted_.erase(worker); }

 private:
  void go_on() override {}
  void take_all() override {}
  bool all_taken() const override { return true; }
  void close_sockets() override { socket_.reset(); }

  socket_ptr socket_;
  std::set<int> admitted_;
};

}  // namespace brood::cluster::detail
