#pragma once

#include <optional>
#include <vector>

#include "cluster/intake.hpp"
#include "cluster/listener.hpp"
#include "sys/steering.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// One listening socket with its own queue for each worker. The kernel fills the queues in turn or by load, and the
/// workers accept without the primary.
///
/// The sockets, called slots, belong to the primary for its whole life: the slot of a worker that exits goes to its
/// successor. A slot without a worker gets no connections. The primary accepts those in its queue, and those that still
/// arrive because their handshake had begun, and hands them to other workers. Without other workers they stay in the
/// queue.
class listener_slots final : public listener {
 public:
  /// Binds and listens. The error is for the worker, unless `not_allowed` is set: then the kernel does not permit this
  /// scheduling, and another one must be used.
  static boost::system::result<std::shared_ptr<listener>> open(const asio::any_io_executor& ex,
                                                               const brood::detail::wire::listen_request& request,
                                                               brood::detail::sys::steering::rule rule, int backlog,
                                                               bool& not_allowed);

  listener_slots(const asio::any_io_executor& ex, const brood::detail::wire::listen_request& request,
                 brood::detail::sys::steering steering, unique_fd first, int backlog);

  bool has(int worker) const override;
  boost::system::result<share> admit(int worker) override;
  void listening(int worker) override;
  void retire(int worker) override;
  void released(int worker) override;
  void suspend(int worker) override;
  void remove(int worker) override;
  socket_ptr loads() const override { return loads_; }

 private:
  struct slot {
    socket_ptr socket;
    int worker = 0;                    // its owner; 0: none
    bool serving = false;              // its worker accepts from it, and it is in the rotation
    bool leaving = false;              // the worker will return it
    std::shared_ptr<intake> rescue{};  // set while the primary accepts from it
  };

  slot* find(int worker);
  boost::system::result<slot*> free_slot();
  void vacate(slot& which);
  void rescue(slot& which);
  void rotate();

  void go_on() override;
  void take_all() override;
  bool all_taken() const override;
  void stop_sockets() override;
  void close_sockets() override;

  brood::detail::sys::steering steering_;
  socket_ptr loads_;
  const int backlog_;
  std::vector<slot> slots_;  // ordered by their numbers
};

}  // namespace brood::cluster::detail
