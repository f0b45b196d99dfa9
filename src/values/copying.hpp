#pragma once

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <memory>
#include <new>

/// How to copy much on processors that are bad at it.
///
/// The kernel and the C library copy larger pieces by one instruction (`rep movsb`) where the processor says that it is
/// quick at that. AMD's Zen 3 and 4 say so, and take up to 15 times as long as usual where the destination lies a few
/// bytes behind the source, fewer than 64, counted within a page (glibc's bug 30994). Now the kernel's pages of a pipe
/// or a socket begin at 0, and large memory from malloc at 16.
namespace brood {

/// The C library copies so much by ordinary instructions.
inline constexpr std::size_t ordinary_copy = 2048;

/// memcpy(3), for much; also towards the front of the same memory. By memmove, which the compiler leaves to the C
/// library: of a copy that it knows to be this short it makes one by `rep movsq`.
inline void copy_much(char* to, const char* from, std::size_t size) noexcept {
  while (size != 0) {
    const std::size_t now = std::min(size, ordinary_copy);
    std::memmove(to, from, now);
    to += now;
    from += now;
    size -= now;
  }
}

/// Memory for the kernel to copy to: it begins at 64, so that neither this copy nor the next, to memory from malloc, is
/// one of the slow ones.
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
