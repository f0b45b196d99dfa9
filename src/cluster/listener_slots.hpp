#pragma once

#include <optional>
#include <vector>

#include "cluster/intake.hpp"
#include "cluster/listener.hpp"
#include "sys/steering.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// A listening socket with a queue of its own for each worker, which the kernel fills in turn or by load. The workers
/// accept by themselves; the primary has no part in it.
///
/// The sockets, called slots, are the primary's for as long as it lives: a worker that goes leaves its slot to its
/// successor. A slot nobody serves gets no connections, and what is in its queue, or yet comes in because a handshake
/// had begun, is accepted by the primary and handed to the others. While there are no others it stays where it is.
class listener_slots final : public listener {
 public:
  /// Binds and listens. The error is the worker's to hear, except where `not_allowed` says that the kernel does not
  /// let us decide: then it is to be done in another way.
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
    int worker = 0;                    // whose it is; 0: nobody's
    bool serving = false;              // that worker accepts from it, and it is in the rotation
    bool leaving = false;              // the worker will give it back
    std::shared_ptr<intake> rescue{};  // there while the primary accepts from it
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
  std::vector<slot> slots_;  // in the order of their numbers
};

}  // namespace brood::cluster::detail
