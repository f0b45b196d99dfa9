#pragma once

#include <optional>

#include "brood/options.hpp"
#include "brood/unique_fd.hpp"

namespace brood::detail::sys {

/// The two ends of a pseudo terminal: pty(7).
struct terminal {
  unique_fd master{};  ///< types and sees what is written
  unique_fd slave{};   ///< the terminal itself
};

/// A new one, which controls no session yet. Both ends empty, with errno, where it fails.
terminal open_terminal(const terminal_size& size) noexcept;

/// -1 with errno where `fd` is no end of a terminal.
int resize_terminal(int fd, const terminal_size& size) noexcept;

/// The character that ends the input (VEOF); none where the program at the terminal takes every character as it comes.
std::optional<char> end_of_input(int fd) noexcept;

}  // namespace brood::detail::sys
