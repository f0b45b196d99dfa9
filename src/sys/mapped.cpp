#include "sys/mapped.hpp"

#include <sys/mman.h>

#include "sys/faults.hpp"

namespace brood::detail::sys {

mapped::mapped(int fd, std::size_t size) noexcept : size_(size) {
  void* at = fault_due() ? MAP_FAILED : ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  at_ = at == MAP_FAILED ? nullptr : at;
}

mapped::~mapped() {
  if (at_ != nullptr) ::munmap(at_, size_);
}

}  // namespace brood::detail::sys
