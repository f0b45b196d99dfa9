#pragma once

#include <boost/system/result.hpp>
#include <cstdint>
#include <span>

#include "brood/unique_fd.hpp"
#include "sys/mapped.hpp"

namespace brood::detail::sys {

/// Who gets the next connection to a port, decided inside the kernel (bpf/slots.bpf.c).
///
/// The port is a group of SO_REUSEPORT sockets, one a slot. A connection goes to one of the slots in the rotation, and
/// into that socket's queue. While the rotation is empty it goes into the queue of any socket of the group.
class steering {
 public:
  enum class rule {
    round_robin,   ///< in turn: with an unchanging rotation exactly the same number each
    least_loaded,  ///< the slot with the fewest open connections, in turn among equals
  };
  static constexpr std::uint32_t max_slots = 1024;

  /// The error says why the kernel does not allow it: EPERM without CAP_BPF, ENOSYS where it was built without, EINVAL
  /// where it is too old (before 5.12).
  static boost::system::result<steering> make(rule r);

  /// Decides for the whole group of `socket` from here on. It must be bound, with SO_REUSEPORT. 0, or -1 with errno.
  int attach(int socket) noexcept;
  /// `socket`, which must listen, is the one of `slot`. 0, or -1 with errno.
  int place(std::uint32_t slot, int socket) noexcept;
  /// These get connections from here on, and no other. At most max_slots.
  void rotate(std::span<const std::uint32_t> slots) noexcept;
  /// The slot has a new worker, which has told no load yet.
  void forget_load(std::uint32_t slot) noexcept;
  /// The map of the loads, which each worker keeps by itself (sys/load_cell.hpp). Good as long as this object.
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
