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

/// One port (or path) of the primary. How connections get from there to the workers is what its kinds differ in.
///
/// A worker is first admitted, which gives it what it needs to begin; then it says that it is listening, and from there
/// on it gets connections. Workers are known by their ids.
class listener : public std::enable_shared_from_this<listener> {
 public:
  using socket_ptr = std::shared_ptr<const unique_fd>;
  using hand_over_function = dispatcher::hand_over_function;

  /// What a worker gets with its answer.
  struct share {
    /// A listening socket to accept from; nullptr where the primary accepts and hands over.
    socket_ptr socket{};
    /// It has a queue of its own, by this number, which the kernel fills (listener_slots).
    std::optional<std::uint32_t> slot{};
    /// It is a UDP socket.
    bool datagrams = false;
  };

  listener(const asio::any_io_executor& ex, brood::detail::wire::listen_request request, int socket,
           std::unique_ptr<dispatcher::assignment> policy = dispatcher::in_turn());
  virtual ~listener() = default;
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;

  /// The name by which workers know this listener.
  const std::string& key() const noexcept { return key_; }
  const std::optional<brood::detail::sys::bound_name>& name() const noexcept { return name_; }
  /// Whether `r`, with the real port, is what a worker says that listens here.
  bool answers(const brood::detail::wire::listen_request& r) const;
  /// What the first worker that had something to share said, for all the others: Node's TLS ticket keys.
  boost::json::value shared_data;
  /// Keeps it up to date; nullptr where nothing in it gets out of date.
  std::shared_ptr<detail::renewal> renewal;

  /// The socket is somebody else's, too: in the end others may still connect, and find who serves them.
  void borrowed() { borrowed_ = true; }
  /// The file of a Unix socket, which goes when the listener does.
  void own(brood::detail::sys::socket_file file) { file_ = std::move(file); }

  /// Once, before any other call.
  void start(hand_over_function f);

  virtual bool has(int worker) const = 0;
  virtual boost::system::result<share> admit(int worker) = 0;
  /// The worker has been sent its answer.
  virtual void admitted([[maybe_unused]] int worker) {}
  virtual void listening([[maybe_unused]] int worker) {}
  /// The worker shall get no more connections. What is in a queue of its own, or under way to it, is still its own.
  virtual void retire(int worker) = 0;
  /// The worker has given back what it was admitted to.
  virtual void released(int worker) { retire(worker); }
  /// The worker does not answer: no more connections for it, and what is in a queue of its own goes to others.
  virtual void suspend(int worker) { retire(worker); }
  /// The worker is gone.
  virtual void remove(int worker) = 0;
  void answered(int worker, bool accepted) { dispatcher_->answered(worker, accepted); }
  /// Connections that the primary holds here and no worker has taken.
  std::size_t backlog() const { return dispatcher_->backlog(); }
  /// What is known of a worker has changed, and the policy may go by that.
  void reconsider() { dispatcher_->reconsider(); }
  /// The descriptor of the map of loads, where there is one.
  virtual socket_ptr loads() const { return nullptr; }

  /// No new connection comes in. Those in the kernel's queues, whose clients have connected, still go to the workers;
  /// `done` is called when all are taken, or nobody is left to take them. Never from inside this call.
  void finish(std::function<void()> done);
  /// At once: what nobody has taken is lost.
  void close();
  /// Closes, and stops the sockets for all processes that still have a descriptor of them. Then clients are refused,
  /// and the next worker can bind the address at once:
  ///
  ///     worker 1 (Node)       primary                  worker 2
  ///     sends `close` ──────▶ closes its descriptor
  ///                           bind ◀────────────────── asks for the same address
  ///     closes its descriptor   (without this: address_in_use)
  void give_up();

 protected:
  /// The dispatcher may want more: accept where that is the primary's business.
  virtual void go_on() = 0;
  virtual void take_all() = 0;
  /// After take_all(): nothing is left to accept.
  virtual bool all_taken() const = 0;
  /// Stops TCP and Unix sockets of which workers have descriptors.
  virtual void stop_sockets() {}
  virtual void close_sockets() = 0;
  /// Nobody shall begin to connect any more.
  void refuse(int socket) const;

  const std::shared_ptr<dispatcher> dispatcher_;

 private:
  void changed();

  const brood::detail::wire::listen_request request_;
  const std::string key_;
  const std::optional<brood::detail::sys::bound_name> name_;
  std::function<void()> finished_;  // there while it finishes
  brood::detail::sys::socket_file file_;
  bool borrowed_ = false;
};

}  // namespace brood::cluster::detail
