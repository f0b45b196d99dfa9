#pragma once

#include <boost/json/value.hpp>
#include <boost/system/result.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "cluster/dispatcher.hpp"
#include "cluster/renewal.hpp"
#include "sys/listen.hpp"
#include "sys/listen_unix.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// A port or path of the primary. Its derived classes differ in how connections reach the workers.
///
/// A worker is first admitted, which gives it what it needs to listen. When it reports that it is listening, it gets
/// connections. Workers are identified by their ids.
class listener : public std::enable_shared_from_this<listener> {
 public:
  using socket_ptr = std::shared_ptr<const unique_fd>;
  using hand_over_function = dispatcher::hand_over_function;

  /// The share of a worker, sent with the reply to its request.
  struct share {
    /// A listening socket to accept from; nullptr if the primary accepts and hands over.
    socket_ptr socket{};
    /// The number of the worker's own queue, which the kernel fills (listener_slots).
    std::optional<std::uint32_t> slot{};
    /// Whether it is a UDP socket.
    bool datagrams = false;
  };

  listener(const asio::any_io_executor& ex, brood::detail::wire::listen_request request, int socket,
           std::unique_ptr<dispatcher::assignment> policy = dispatcher::in_turn());
  virtual ~listener() = default;
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// The name by which workers refer to this listener.
  const std::string& key() const noexcept { return key_; }
  const std::optional<brood::detail::sys::bound_name>& name() const noexcept { return name_; }
  /// Whether `r`, with the actual port, is the `listening` message of a worker of this listener.
  bool answers(const brood::detail::wire::listen_request& r) const;
  /// From the first worker that supplied any, for all workers: Node's TLS ticket keys.
  boost::json::value shared_data;
  /// Renews the shared data; nullptr if it needs no renewal.
  std::shared_ptr<detail::renewal> renewal;

  /// Another process shares the socket, so at the end clients may still connect and be served by it.
  void borrowed() { borrowed_ = true; }
  /// The file of a Unix socket, which is removed with the listener.
  void own(brood::detail::sys::socket_file file) { file_ = std::move(file); }

  /// Must be called once, before any other call.
  void start(hand_over_function f);

  virtual bool has(int worker) const = 0;
  virtual boost::system::result<share> admit(int worker) = 0;
  /// The reply was sent to the worker.
  virtual void admitted([[maybe_unused]] int worker) {}
  virtual void listening([[maybe_unused]] int worker) {}
  /// The worker gets no further connections. Those in its own queue, or in transit to it, remain its own.
  virtual void retire(int worker) = 0;
  /// The worker has closed its share.
  virtual void released(int worker) { retire(worker); }
  /// The worker does not respond: it gets no further connections, and those in its own queue go to others.
  virtual void suspend(int worker) { retire(worker); }
  /// The worker has exited.
  virtual void remove(int worker) = 0;
  void answered(int worker, bool accepted) { dispatcher_->answered(worker, accepted); }
  /// Connections that the primary holds here and no worker has accepted.
  std::size_t backlog() const { return dispatcher_->backlog(); }
  /// Data about a worker has changed, which the policy may depend on.
  void reconsider() { dispatcher_->reconsider(); }
  /// The descriptor of the map of loads, if there is one.
  virtual socket_ptr loads() const { return nullptr; }

  /// Stops new connections. Those in the kernel's queues, whose clients are connected, still go to the workers. Calls
  /// `done` when all are accepted, or if there are no workers left. Never calls it from inside this call.
  void finish(std::function<void()> done);
  /// Closes at once: connections that no worker has accepted are lost.
  void close();
  /// Closes, and shuts the sockets down in every process that still has a descriptor of them. Clients are refused from
  /// then on, and the next worker can bind the address at once:
  ///
  ///     worker 1 (Node)       primary                  worker 2
  ///     sends `close` ──────▶ closes its descriptor
  ///                           bind ◀────────────────── asks for the same address
  ///     closes its descriptor   (without this: address_in_use)
  void give_up();

 protected:
  /// The dispatcher may want more: resumes accepting, if the primary accepts.
  virtual void go_on() = 0;
  virtual void take_all() = 0;
  /// After take_all(): whether nothing is left to accept.
  virtual bool all_taken() const = 0;
  /// Shuts down TCP and Unix sockets that workers have descriptors of.
  virtual void stop_sockets() {}
  virtual void close_sockets() = 0;
  /// Stops new connections to the socket.
  void refuse(int socket) const;

  const std::shared_ptr<dispatcher> dispatcher_;

 private:
  void changed();

  const brood::detail::wire::listen_request request_;
  const std::string key_;
  const std::optional<brood::detail::sys::bound_name> name_;
  std::function<void()> finished_;  // set while it finishes
  brood::detail::sys::socket_file file_;
  bool borrowed_ = false;
};

}  // namespace brood::cluster::detail
