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
  /// Whether the worker exits with code 0 at once if the primary is lost while the worker is not disconnecting, after
  /// the listeners of `disconnected` have returned, as Node's workers do. False: it continues without a primary.
  bool exit_when_lost = true;
};

/// The worker's side of a cluster. The primary is a brood or a Node program. Create one in a process.
///
/// It keeps the loop's run() from returning until the worker is disconnected.
///
/// Thread safety: none of its own. Use it, and run its handlers, one at a time: an io_context run by one thread, or a
/// strand.
class this_worker : public message_sender {
 public:
  /// Throws: boost::system::system_error with errc::not_a_worker if cluster::is_worker() is false, and with
  /// errc::no_channel if another this_worker or a parent_channel uses the channel.
  explicit this_worker(executor ex, worker_options options = {});
  this_worker(const this_worker&) = delete;
  this_worker& operator=(const this_worker&) = delete;
  ~this_worker();

  boost::asio::any_io_executor get_executor() const noexcept;
  /// The worker's id in the primary.
  int id() const noexcept;

  /// Asks the primary to listen, and for a share of the connections. The port form listens on all addresses, IPv6 and
  /// IPv4. Port 0 is one free port, the same for all workers.
  acceptor listen(std::uint16_t port, const listen_options& options = {});
  acceptor listen(const boost::asio::ip::tcp::endpoint& endpoint, const listen_options& options = {});
  /// Listens at a Unix path, relative to this worker's working directory: use acceptor::async_accept_local, or
  /// on_connections. A stale socket file, at which no process listens, is replaced. Any other file is address_in_use.
  /// The primary removes the file when it ends.
  /// Throws: boost::system::system_error (invalid_argument) for a path without a '/' that looks like an address: a
  /// number, an IP address, or text that ends in ':' and a number, such as "localhost:8000". The message says what to
  /// write instead; a socket file of such a name is "./localhost:8000".
  acceptor listen(const std::filesystem::path& path, const listen_options& options = {});
  /// Listens on a socket that the primary has: `descriptor` is its number in the primary, as with Node's listen({fd}).
  /// It must be a bound stream socket. Only the backlog option applies, if the socket does not listen yet.
  acceptor listen_inherited(int descriptor, const listen_options& options = {});
  /// Asks the primary to bind a UDP socket, which all workers that ask for the same address share.
  datagram_port bind_udp(const boost::asio::ip::udp::endpoint& endpoint, const datagram_options& options = {});

  inbox<message> messages;
  /// The worker is disconnecting, at the primary's request or its own. No more connections arrive.
  one_shot_event<> disconnecting;
  one_shot_event<error_code> disconnected;

  /// Reports to a primary with settings::explicit_ready that this worker is ready. Node's primary ignores it.
  void ready();
  /// Shuts the worker down: closes its acceptors, waits until nothing holds the result of hold(), notifies the primary
  /// and closes the channel. The process exits when the program has no more work.
  void disconnect();
  bool connected() const noexcept;
  bool exited_after_disconnect() const noexcept;

  /// Returns an object that keeps a disconnecting worker connected until all its copies are destroyed. Keep a copy with
  /// each connection, so that the connection is served to its end. An acceptor keeps one until it has delivered the
  /// connections that had arrived, so the result is valid for each of them, also after `disconnecting`. Returns nullptr
  /// after the worker has disconnected.
  [[nodiscard]] std::shared_ptr<void> hold();

 private:
  explicit this_worker(std::shared_ptr<detail::this_worker_state> state);

  brood::detail::state_ptr<detail::this_worker_state> state_;
};

}  // namespace brood::cluster
