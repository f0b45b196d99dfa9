#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>

#include "brood/cluster/acceptor.hpp"
#include "loop/descriptor.hpp"
#include "sys/load_cell.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster {

namespace asio = boost::asio;
using boost::system::error_code;

struct this_worker_state;

/// What stands behind an acceptor: connections the primary has handed over, and those from a listening socket that it
/// has given to this worker, until the program takes them.
struct acceptor_state : std::enable_shared_from_this<acceptor_state> {
  using tcp = asio::ip::tcp;
  using handler = detail::waiters<tcp::socket>::handler;

  acceptor_state(const asio::any_io_executor& ex, wire::listen_request what);

  /// The primary listens and hands connections over.
  void open(std::string name, const tcp::endpoint& local);
  /// The primary gives a socket to accept from. `own_queue`: no other worker accepts from it.
  error_code open(std::string name, unique_fd socket, bool own_queue);
  /// No connection comes any more. Those that are here, or in a queue of our own if `take_rest`, are still given out;
  /// then, and at once to who waits, `reason`.
  void end(error_code reason, bool take_rest);
  bool ended() const noexcept { return ended_.failed(); }

  /// A connection from the primary. False, and it stays the caller's, when nobody here will take it.
  bool take(unique_fd& fd);
  void accept(handler h);
  void serve(acceptor::batch_handler f);

  void count_in(sys::load_cell cell);
  void set_load(std::size_t open) noexcept;

  const asio::any_io_executor& executor() const noexcept { return accepting_.get_executor(); }
  int socket() const noexcept { return socket_ ? socket_->get() : -1; }
  const tcp::endpoint& local() const noexcept { return local_; }

  const wire::listen_request request;
  std::string key;  // empty until open
  std::weak_ptr<this_worker_state> owner;
  const std::shared_ptr<detail::milestone_state<tcp::endpoint>> listening;
  const std::shared_ptr<detail::milestone_state<error_code>> closed;

 private:
  void tell_listening();
  void wait();
  void accept_waiting();
  /// Up to `most` from the queue; how many it were. Says in `exhausted_` whether the process is out of something.
  std::size_t accept_some(std::span<unique_fd> into);
  void take_queue();
  void give_out(std::span<unique_fd> batch);
  void complete_one(unique_fd fd);
  void pause();
  void tell_closed();
  tcp::socket adopt(unique_fd fd, error_code& ec);

  detail::waiters<tcp::socket> accepting_;
  acceptor::batch_handler serve_;
  std::deque<unique_fd> arrived_;
  std::optional<loop::descriptor> socket_;
  asio::steady_timer timer_;
  tcp::endpoint local_;
  error_code ended_;
  bool own_queue_ = false;
  bool waiting_ = false;
  bool pausing_ = false;
  bool exhausted_ = false;

  sys::load_cell cell_;
  std::optional<std::size_t> told_{};  // the load as it was told last
  std::size_t accepted_ = 0;           // from the queue since then: the kernel has counted these
  bool queue_seen_ = false;            // since then the queue was as good as empty
};

}  // namespace brood::cluster
