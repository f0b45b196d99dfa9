#include "sys/steering.hpp"

#include <linux/bpf.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <bit>
#include <cerrno>
#include <vector>

#include "sys/bpf/slots.h"
#include "sys/bpf/slots_code.hpp"
#include "sys/calls.hpp"
#include "sys/faults.hpp"

namespace brood::detail::sys {
namespace {

static_assert(steering::max_slots == MOST_SLOTS);

int bpf(bpf_cmd command, bpf_attr& attributes) noexcept {
  if (fault_due()) return -1;
  for (;;) {
    const long result = ::syscall(SYS_bpf, command, &attributes, sizeof attributes);
    // EAGAIN: a signal interrupted the verifier, and the kernel asks to repeat the call.
    if (result != -1 || (errno != EINTR && errno != EAGAIN)) return static_cast<int>(result);
  }
}

unique_fd make_map(bpf_map_type type, std::uint32_t value_size, std::uint32_t entries, std::uint32_t flags) noexcept {
  bpf_attr attributes{};
  attributes.map_type = type;
  attributes.key_size = sizeof(std::uint32_t);
  attributes.value_size = value_size;
  attributes.max_entries = entries;
  attributes.map_flags = flags;
  return unique_fd(bpf(BPF_MAP_CREATE, attributes));
}

struct code {
  std::span<const std::uint64_t> instructions;
  std::span<const std::array<std::uint16_t, 2>> maps;
};

code code_of(steering::rule rule) noexcept {
  if (rule == steering::rule::round_robin) return {bpf_code::round_robin, bpf_code::round_robin_maps};
  return {bpf_code::least_loaded, bpf_code::least_loaded_maps};
}

/// `maps` in the order in which bpf/slots.bpf.c declares them.
unique_fd load_program(code what, std::array<int, 3> maps) {
  std::vector<std::uint64_t> instructions(what.instructions.begin(), what.instructions.end());
  for (const auto& [place, which] : what.maps) {
    // A 64-bit load: the opcode is in the low byte, then the registers; the descriptor is the upper half.
    auto& load = instructions[place];
    load = (load & 0x0fff) | (std::uint64_t{BPF_PSEUDO_MAP_FD} << 12) | (static_cast<std::uint64_t>(maps[which]) << 32);
  }
  bpf_attr attributes{};
  attributes.prog_type = BPF_PROG_TYPE_SK_REUSEPORT;
  attributes.insns = reinterpret_cast<std::uintptr_t>(instructions.data());
  attributes.insn_cnt = static_cast<std::uint32_t>(instructions.size());
  attributes.license = reinterpret_cast<std::uintptr_t>("MIT");
  return unique_fd(bpf(BPF_PROG_LOAD, attributes));
}

}  // namespace

boost::system::result<steering> steering::make(rule r) {
  if constexpr (std::endian::native != std::endian::little) {
    return error_code(ENOTSUP, boost::system::system_category());  // the byte code is for little-endian machines
  }
  steering made;
  const unique_fd rotations = make_map(BPF_MAP_TYPE_ARRAY, sizeof(rotation), 1, BPF_F_MMAPABLE);
  if (!rotations) return last_error();
  made.sockets_ = make_map(BPF_MAP_TYPE_REUSEPORT_SOCKARRAY, sizeof(std::uint64_t), max_slots, 0);
  if (!made.sockets_) return last_error();
  made.loads_ = make_map(BPF_MAP_TYPE_ARRAY, sizeof(loads), 1, BPF_F_MMAPABLE);
  if (!made.loads_) return last_error();
  made.rotation_ = mapped(rotations.get(), sizeof(rotation));
  if (!made.rotation_) return last_error();
  made.load_cells_ = mapped(made.loads_.get(), sizeof(loads));
  if (!made.load_cells_) return last_error();
  made.program_ = load_program(code_of(r), {rotations.get(), made.sockets_.get(), made.loads_.get()});
  if (!made.program_) return last_error();
  std::fill_n(made.load_cells_.as<loads>().open, max_slots, static_cast<std::int32_t>(NOT_TOLD));
  return made;
}

int steering::attach(int socket) noexcept {
  if (fault_due()) return -1;
  const int program = program_.get();
  return ::setsockopt(socket, SOL_SOCKET, SO_ATTACH_REUSEPORT_EBPF, &program, sizeof program);
}

int steering::place(std::uint32_t slot, int socket) noexcept {
  const std::uint64_t value = static_cast<std::uint64_t>(socket);
  bpf_attr attributes{};
  attributes.map_fd = static_cast<std::uint32_t>(sockets_.get());
  attributes.key = reinterpret_cast<std::uintptr_t>(&slot);
  attributes.value = reinterpret_cast<std::uintptr_t>(&value);
  attributes.flags = BPF_ANY;
  return bpf(BPF_MAP_UPDATE_ELEM, attributes);
}

void steering::rotate(std::span<const std::uint32_t> slots) noexcept {
  auto& shared = rotation_.as<rotation>();
  const std::uint32_t next = 1 - (shared.active & 1);
  const std::size_t count = std::min<std::size_t>(slots.size(), max_slots);
  auto* end = std::copy_n(slots.begin(), count, shared.tables[next].slots);
  std::copy_n(slots.begin(), count, end);
  shared.tables[next].count = static_cast<std::uint32_t>(count);
  std::atomic_ref(shared.active).store(next, std::memory_order_release);
}

void steering::forget_load(std::uint32_t slot) noexcept {
  std::atomic_ref(load_cells_.as<loads>().open[slot]).store(NOT_TOLD, std::memory_order_relaxed);
}

}  // namespace brood::detail::sys
