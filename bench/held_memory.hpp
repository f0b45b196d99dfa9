// Anonymous memory with every page written, as the heap of a large program.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <stdexcept>

namespace bench {

class held_memory {
 public:
  held_memory() = default;
  held_memory(const held_memory&) = delete;
  held_memory& operator=(const held_memory&) = delete;
  ~held_memory() { drop(); }

  void hold(std::size_t megabytes) {
    drop();
    if (megabytes == 0) return;
    const std::size_t bytes = megabytes << 20U;
    void* at = ::mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (at == MAP_FAILED) throw std::runtime_error("no memory");
    start_ = static_cast<char*>(at);
    size_ = bytes;
    constexpr std::size_t page = 4096;
    for (std::size_t i = 0; i < size_; i += page) start_[i] = 1;
  }

 private:
  void drop() {
    if (start_ != nullptr) ::munmap(start_, size_);
    start_ = nullptr;
    size_ = 0;
  }

  char* start_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace bench
