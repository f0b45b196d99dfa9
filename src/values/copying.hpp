#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

/// Copies large blocks quickly on processors on which the usual way is slow.
///
/// The kernel and the C library copy large blocks by one instruction (`rep movsb`) if the processor reports it as fast.
/// AMD's Zen 3 and 4 do so, but take up to 15 times as long if the destination lies fewer than 64 bytes after the
/// source, counted within a page (glibc bug 30994). The kernel's pages of a pipe or a socket begin at offset 0, and
/// large memory from malloc at 16.
namespace brood {

/// The C library copies blocks of this size by ordinary instructions.
inline constexpr std::size_t ordinary_copy = 2048;

/// memcpy(3) for large blocks; also towards the front of the same memory. Uses memmove, which the compiler leaves to
/// the C library: a copy known to be this short would become `rep movsq`.
inline void copy_much(char* to, const char* from, std::size_t size) noexcept {
  while (size != 0) {
    const std::size_t now = std::min(size, ordinary_copy);
    std::memmove(to, from, now);
    to += now;
    from += now;
    size -= now;
  }
}

/// A buffer that the kernel copies to. It begins at offset 64, so that neither this copy nor the next one, to memory
/// from malloc, is a slow one.
class io_buffer {
 public:
  static constexpr std::size_t place = 64;

  explicit io_buffer(std::size_t size) : page_(static_cast<char*>(::operator new[](place + size, page))) {}

  char* data() const noexcept { return page_.get() + place; }

 private:
  static constexpr std::align_val_t page{4096};
  struct freed {
    void operator()(char* memory) const noexcept { ::operator delete[](memory, page); }
  };
  std::unique_ptr<char, freed> page_;
};

}  // namespace brood
