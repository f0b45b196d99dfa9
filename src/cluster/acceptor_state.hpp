#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <memory>
#include <string>

#include "brood/detail/event_state.hpp"
#include "brood/unique_fd.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster {

namespace asio = boost::asio;
using boost::system::error_code;

struct this_worker_state;

/// What stands behind an acceptor: connections the primary has handed over, until the program takes them.
struct acceptor_state : std::enable_shared_from_this<acceptor_state> {
  using tcp = asio::ip::tcp;
  using handler = detail::waiters<tcp::socket>::handler;

  acceptor_state(const asio::any_io_executor& ex, wire::listen_request what)
      : request(std::move(what)),
        listening(std::make_shared<detail::milestone_state<tcp::endpoint>>(ex)),
        accepting_(ex) {}

  /// The primary listens: connections may come.
  void open(std::string name, const tcp::endpoint& local);
  /// No connection comes any more. Those that are here are still given out; then, and at once to who waits, `reason`.
  void end(error_code reason);
  bool ended() const noexcept { return ended_.failed(); }

  /// A connection from the primary. False, and it stays the caller's, when nobody here will take it.
  bool take(unique_fd& fd);
  void accept(handler h);

  const asio::any_io_executor& executor() const noexcept { return accepting_.get_executor(); }

  const wire::listen_request request;
  std::string key;  // empty until open
  std::weak_ptr<this_worker_state> owner;
  const std::shared_ptr<detail::milestone_state<tcp::endpoint>> listening;

 private:
  tcp::socket adopt(unique_fd fd, error_code& ec);

  detail::waiters<tcp::socket> accepting_;
  std::deque<unique_fd> arrived_;
  tcp protocol_ = tcp::v4();
  error_code ended_;
};

}  // namespace brood::cluster
