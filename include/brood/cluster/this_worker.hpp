#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

#include "brood/cluster/acceptor.hpp"
#include "brood/cluster/datagram_port.hpp"
#include "brood/cluster/listen_options.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"

namespace brood::cluster {

namespace detail {
struct this_worker_state;
}  // namespace detail

struct worker_options {
  /// What a worker does when the primary is gone though nobody asked this worker to go: end with code 0 at once, after
  /// the listeners of `disconnected` have returned, as Node's workers do. False: it goes on without a primary.
  bool exit_when_lost = true;
};

/// The worker's side of a cluster, be the primary a brood or a Node program. One a process.
///
/// It keeps the loop's run() from returning until the worker is disconnected.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class this_worker : public message_sender {
 public:
  /// Throws boost::system::system_error with errc::not_a_worker where cluster::is_worker() says false, and with
  /// errc::no_channel where another one, or a parent_channel, has taken the channel already.
  explicit this_worker(executor ex, worker_options options = {});
  this_worker(const this_worker&) = delete;
  this_worker& operator=(const this_worker&) = delete;
  ~this_worker();

  boost::asio::any_io_executor get_executor() const noexcept;
  /// The number the primary knows this worker by.
  int id() const noexcept;

  /// Asks the primary to listen and for a share of the connections. On all addresses, IPv6 and IPv4; port 0 is one free
  /// port, the same for all workers.
  acceptor listen(std::uint16_t port, const listen_options& options = {});
  acceptor listen(const boost::asio::ip::tcp::endpoint& endpoint, const listen_options& options = {});
  /// At a Unix path, relative to this worker's directory: use acceptor::async_accept_local, or on_connections. A socket
  /// file that was left there and that nobody listens at is replaced; any other file, and one that somebody listens at,
  /// is address_in_use. The primary removes the file in the end.
  /// Throws boost::system::system_error (invalid_argument) for a path without a '/' that reads as an address: a number,
  /// an IP address, or what ends in ':' and a number, such as "localhost:8000". That says what to write instead; a
  /// socket file of such a name is "./localhost:8000".
  acceptor listen(const std::filesystem::path& path, const listen_options& options = {});
  /// At a socket that the primary has: `descriptor` is its number there, as with Node's listen({fd}). It must be a
  /// stream socket that is bound; of the options only the backlog matters, if it does not listen yet.
  acceptor listen_inherited(int descriptor, const listen_options& options = {});
  /// Asks the primary to bind a UDP socket, which all workers that ask for the same address share.
  datagram_port bind_udp(const boost::asio::ip::udp::endpoint& endpoint, const datagram_options& options = {});

  inbox<message> messages;
  /// The worker shall go, by the primary's wish or its own: no connection comes any more.
  one_shot_event<> disconnecting;
  one_shot_event<error_code> disconnected;

  /// Tells a primary with settings::explicit_ready that this worker serves. Node's primary takes no notice.
  void ready();
  /// Goes in good order: closes its acceptors, waits until nothing is held by `hold()`, tells the primary and closes
  /// the channel. The process ends when the program has nothing else to do.
  void disconnect();
  bool connected() const noexcept;
  bool exited_after_disconnect() const noexcept;

  /// A worker that leaves stays connected as long as a copy of this exists. Keep one with each connection, so that it
  /// is served to its end. An acceptor keeps one of its own until it has given out the connections that had arrived, so
  /// the result is valid for each of them, also after `disconnecting`. Returns nullptr once the worker has left.
  [[nodiscard]] std::shared_ptr<void> hold();

 private:
  explicit this_worker(std::shared_ptr<detail::this_worker_state> state);

  brood::detail::state_ptr<detail::this_worker_state> state_;
};

}  // namespace brood::cluster
