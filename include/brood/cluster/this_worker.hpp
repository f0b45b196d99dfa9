#pragma once

#include <cstdint>
#include <memory>

#include "brood/cluster/acceptor.hpp"
#include "brood/event.hpp"
#include "brood/executor.hpp"
#include "brood/message.hpp"
#include "brood/message_sender.hpp"

namespace brood::cluster {

struct this_worker_state;

struct worker_options {
  /// What a worker does when the primary is gone though nobody asked this worker to go: end with code 0 at once, after
  /// the listeners of `disconnected` have returned, as Node's workers do. False: it goes on without a primary.
  bool exit_when_lost = true;
};

/// The worker's side of a cluster, be the primary a brood or a Node program. One a process.
///
/// It keeps the loop's run() from returning until the worker is disconnected.
class this_worker : public message_sender {
 public:
  /// Throws boost::system::system_error with errc::not_a_worker where cluster::is_worker() says false.
  explicit this_worker(executor ex, worker_options options = {});
  this_worker(const this_worker&) = delete;
  this_worker& operator=(const this_worker&) = delete;
  ~this_worker();

  boost::asio::any_io_executor get_executor() const noexcept;
  /// The number the primary knows this worker by.
  int id() const noexcept;

  /// Asks the primary to listen and for a share of the connections. On all addresses, IPv6 and IPv4; port 0 is one free
  /// port, the same for all workers.
  acceptor listen(std::uint16_t port);
  acceptor listen(const boost::asio::ip::tcp::endpoint& endpoint);

  inbox<message> messages;
  /// The worker shall go, by the primary's wish or its own: no connection comes any more.
  milestone<> disconnecting;
  milestone<error_code> disconnected;

  /// Tells a primary with settings::explicit_ready that this worker serves. Node's primary takes no notice.
  void ready();
  /// Goes in good order: closes its acceptors, waits for all `hold`s to be let go, tells the primary and closes the
  /// channel. The process ends when the program has nothing else to do.
  void disconnect();
  bool connected() const noexcept;
  bool exited_after_disconnect() const noexcept;

  /// As long as this is kept, a worker that shall go stays connected: for servers that finish what they are serving.
  [[nodiscard]] std::shared_ptr<void> hold();

 private:
  explicit this_worker(std::shared_ptr<this_worker_state> state);

  std::shared_ptr<this_worker_state> state_;
};

}  // namespace brood::cluster
