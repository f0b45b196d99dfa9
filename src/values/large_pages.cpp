#include "values/large_pages.hpp"

#include <sys/mman.h>

#include <cerrno>
#include <cstdint>

namespace brood {
namespace {

constexpr std::uintptr_t page = 2UL * 1024 * 1024;

/// malloc(3) may keep the memory and reuse it for something else, in large pages, too: that must be worth it.
constexpr std::size_t least = 4UL * 1024 * 1024;

}  // namespace

void prefer_large_pages(void* memory, std::size_t size) noexcept {
  if (size < least) return;
  const auto begin = reinterpret_cast<std::uintptr_t>(memory);
  const std::uintptr_t first = (begin + page - 1) / page * page;
  const std::uintptr_t last = (begin + size) / page * page;
  const int before = errno;
  ::madvise(reinterpret_cast<void*>(first), last - first, MADV_HUGEPAGE);
  errno = before;  // a kernel without large pages uses small ones
}

}  // namespace brood
