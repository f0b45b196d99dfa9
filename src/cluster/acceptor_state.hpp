#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>

#include "brood/cluster/acceptor.hpp"
#include "cluster/traffic_meter.hpp"
#include "loop/descriptor.hpp"
#include "sys/listen_unix.hpp"
#include "sys/load_cell.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;
using boost::system::error_code;

struct this_worker_state;

/// The state of an acceptor: connections that the primary has handed over, and those from a listening socket that it
/// has given to this worker, until the program takes them.
struct acceptor_state : std::enable_shared_from_this<acceptor_state> {
  using tcp = asio::ip::tcp;
  using local = asio::local::stream_protocol;
  using handler = brood::detail::waiters<tcp::socket>::handler;
  using local_handler = brood::detail::waiters<local::socket>::handler;

  acceptor_state(const asio::any_io_executor& ex, brood::detail::wire::listen_request what,
                 std::shared_ptr<traffic_meter> traffic);
  acceptor_state(const acceptor_state&) = delete;
  acceptor_state& operator=(const acceptor_state&) = delete;
  /// Connections that it reported as open no longer count.
  ~acceptor_state();

  /// The primary accepts and hands connections over. Without an IP address it is a Unix path.
  void open(std::string name, const std::optional<tcp::endpoint>& at);
  /// The primary has sent a socket to accept from. `own_queue`: no other worker accepts from it.
  error_code open(std::string name, unique_fd socket, bool own_queue);
  /// Listens without the primary.
  error_code open_exclusive();
  /// Ends the acceptor. Connections that have arrived, and with `take_rest` those in the own queue, are still
  /// delivered; then `closed` happens with `reason`. Pending accepts complete with it at once.
  void end(error_code reason, bool take_rest, std::shared_ptr<void> worker = nullptr);
  bool ended() const noexcept { return ended_.failed(); }

  /// Takes a connection from the primary, which give_taken() delivers later. Returns false, without taking `fd`, if no
  /// one will accept it.
  bool take(unique_fd& fd);
  /// Delivers the oldest connection that was taken, if there is one.
  void give_taken();
  /// The handle was destroyed: no connection is delivered, and no function of the program is called any more.
  void drop();
  void accept(handler h) { accept_into(accepting_, std::move(h), true); }
  void accept_local(local_handler h) { accept_into(accepting_local_, std::move(h), false); }
  void serve(acceptor::batch_handler f);

  /// Sets new shared data from the primary.
  void renew(boost::json::value now) {
    data = std::move(now);
    const auto f = on_shared_data;
    if (f && !ended()) f();
  }
  void count_in(brood::detail::sys::load_cell cell);
  void set_load(std::size_t open) noexcept;
  void count_requests(std::size_t more) noexcept { traffic_->requests(more); }

  const asio::any_io_executor& executor() const noexcept { return accepting_.get_executor(); }
  int socket() const noexcept { return socket_ ? socket_->get() : -1; }
  const tcp::endpoint& local_endpoint() const noexcept { return local_; }
  address where() const;

  const brood::detail::wire::listen_request request;
  std::string key;  // empty until open
  boost::json::value data;
  std::function<void()> on_shared_data;
  std::function<void()> on_exhausted;
  std::weak_ptr<this_worker_state> owner;
  std::shared_ptr<std::int64_t> numbering;  // this_worker_state::number
  const std::shared_ptr<brood::detail::one_shot_state<tcp::endpoint>> listening;
  const std::shared_ptr<brood::detail::one_shot_state<error_code>> closed;

 private:
  template <class Socket>
  void accept_into(brood::detail::waiters<Socket>& list, typename brood::detail::waiters<Socket>::handler h,
                   bool is_tcp);
  bool nobody_accepts() const noexcept { return accepting_.empty() && accepting_local_.empty(); }
  void opened_at(const std::optional<tcp::endpoint>& at);
  void end_accepting(error_code reason);
  void tell_listening();
  void wait();
  void accept_waiting();
  /// Accepts connections into `into` and returns their number. Sets `exhausted_` if the process lacks descriptors or
  /// memory.
  std::size_t accept_some(std::span<unique_fd> into);
  void take_queue();
  void give_out(std::span<unique_fd> batch);
  void give_arrived_later();
  void complete_one(unique_fd fd);
  void pause();
  void tell_closed();
  template <class Protocol>
  typename Protocol::socket adopt(const Protocol& protocol, unique_fd fd, error_code& ec);

  const std::shared_ptr<traffic_meter> traffic_;
  brood::detail::waiters<tcp::socket> accepting_;
  brood::detail::waiters<local::socket> accepting_local_;
  acceptor::batch_handler serve_;
  std::deque<unique_fd> taken_;    // the reply to the primary has not been sent yet
  std::deque<unique_fd> arrived_;  // waiting for an accept of the program
  std::optional<brood::detail::loop::descriptor> socket_;
  asio::steady_timer timer_;
  tcp::endpoint local_;
  std::optional<bool> is_path_;  // known from the start, except for a descriptor of the primary
  std::string path_;
  brood::detail::sys::socket_file file_;  // exclusive: removed by this acceptor
  error_code ended_;
  std::shared_ptr<void> worker_;  // keeps a disconnecting worker connected until everything that arrived was delivered
  bool own_queue_ = false;
  bool waiting_ = false;
  bool pausing_ = false;
  bool exhausted_ = false;

  brood::detail::sys::load_cell cell_;
  std::optional<std::size_t> told_{};  // the load that was reported last
  std::size_t accepted_ = 0;           // from the queue since then; the kernel has counted them
  bool queue_seen_ = false;            // the queue was empty, or almost, since then
};

}  // namespace brood::cluster::detail
