#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <span>

#include "brood/unique_fd.hpp"
#include "sys/mapped.hpp"

namespace brood::detail::sys {

/// Distributes the connections of a port inside the kernel (bpf/slots.bpf.c).
///
/// The port is a group of SO_REUSEPORT sockets, one for each slot. A connection goes to a slot of the rotation, into
/// the accept queue of that socket. While the rotation is empty, it goes to any socket of the group.
class steering {
 public:
  enum class rule {
    round_robin,   ///< in turn: while the rotation does not change, each slot gets exactly the same number
    least_loaded,  ///< the slot with the fewest open connections, in turn among equals
  };
  static constexpr std::uint32_t max_slots = 1024;

  /// Errors: the reason why the kernel does not permit it: EPERM without CAP_BPF, ENOSYS if it was built without eBPF,
  /// EINVAL if it is too old (before 5.12).
  static boost::system::result<steering> make(rule r);

  /// Distributes the connections of the whole group of `socket` from now on. The socket must be bound, with
  /// SO_REUSEPORT. Returns 0, or -1 with errno.
  int attach(int socket) noexcept;
  /// Makes `socket`, which must listen, the socket of `slot`. Returns 0, or -1 with errno.
  int place(std::uint32_t slot, int socket) noexcept;
  /// Only these slots get connections from now on. At most max_slots.
  void rotate(std::span<const std::uint32_t> slots) noexcept;
  /// The slot has a new worker, which has not reported its load yet.
  void forget_load(std::uint32_t slot) noexcept;
  /// The map of loads, to which each worker writes its own (sys/load_cell.hpp). Valid as long as this object.
  int loads_map() const noexcept { return loads_.get(); }

 private:
  steering() = default;

  unique_fd program_;
  unique_fd sockets_;
  unique_fd loads_;
  mapped rotation_;
  mapped load_cells_;
};

}  // namespace brood::detail::sys
