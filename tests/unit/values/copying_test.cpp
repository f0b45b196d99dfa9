#include "values/copying.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace {

TEST(copy_much, copies_all_of_it) {
  for (const std::size_t size : {0UL, 1UL, 2047UL, 2048UL, 2049UL, 100'000UL}) {
    std::string from(size, ' ');
    for (std::size_t i = 0; i < size; ++i) from[i] = static_cast<char>(i % 251);
    std::string to(size + 1, '!');
    brood::copy_much(to.data(), from.data(), size);
    EXPECT_EQ(to, from + "!");
  }
}

TEST(io_buffer, begins_where_a_copy_from_a_page_and_one_to_memory_from_malloc_are_quick) {
  for (const std::size_t size : {1UL, 4096UL, 65'536UL}) {
    const brood::io_buffer buffer(size);
    std::fill_n(buffer.data(), size, 'x');
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(buffer.data()) % 4096, 64U);
  }
}

}  // namespace
