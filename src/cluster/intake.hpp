#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "cluster/dispatcher.hpp"
#include "loop/descriptor.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// Accepts connections for the dispatcher from one listening socket of the primary, while the dispatcher wants more.
class intake : public std::enable_shared_from_this<intake> {
 public:
  /// The intake owns its copy of the socket. It accepts nothing before the first go_on().
  intake(std::shared_ptr<dispatcher> to, unique_fd socket);

  /// Must be called whenever the dispatcher may want more.
  void go_on();
  /// Accepts everything that is in the queue, and closes.
  void finish();
  void close();
  bool is_open() const noexcept { return socket_.is_open(); }

 private:
  void accept_waiting();
  void pause();

  std::shared_ptr<dispatcher> to_;
  brood::detail::loop::descriptor socket_;
  asio::steady_timer timer_;
  bool waiting_ = false;
  bool pausing_ = false;
  bool finishing_ = false;
};

}  // namespace brood::cluster::detail
