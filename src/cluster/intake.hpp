#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "cluster/dispatcher.hpp"
#include "loop/descriptor.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// Accepts from one listening socket of the primary for the dispatcher, as long as that has use for more.
class intake : public std::enable_shared_from_this<intake> {
 public:
  /// The socket is the intake's own copy. Nothing is accepted before the first go_on().
  intake(std::shared_ptr<dispatcher> to, unique_fd socket);

  /// To be called whenever the dispatcher may want more.
  void go_on();
  /// Takes all that is in the queue, wanted or not, and closes.
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
