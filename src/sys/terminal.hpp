#pragma once

#include <optional>

#include "brood/options.hpp"
#include "brood/unique_fd.hpp"

namespace brood::detail::sys {

/// Both ends of a pseudo terminal: pty(7).
struct terminal {
  unique_fd master{};  ///< writes its input and reads its output
  unique_fd slave{};   ///< the terminal itself
};

/// Opens a pseudo terminal that does not control a session yet. Both ends are empty, with errno, on failure.
terminal open_terminal(const terminal_size& size) noexcept;

/// Returns -1 with errno if `fd` is not an end of a terminal.
int resize_terminal(int fd, const terminal_size& size) noexcept;

/// The character that ends the input (VEOF). Empty if the program at the terminal reads every character unprocessed.
std::optional<char> end_of_input(int fd) noexcept;

}  // namespace brood::detail::sys
