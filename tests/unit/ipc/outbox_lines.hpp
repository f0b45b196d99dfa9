#pragma once

#include <fcntl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "ipc/outbox.hpp"

/// What the tests of an outbox have in common.
namespace outbox_testing {

using brood::unique_fd;
using brood::detail::ipc::outbox;

inline constexpr std::string_view ack = "ack";

inline std::shared_ptr<const unique_fd> some_fd() {
  return std::make_shared<const unique_fd>(::open("/dev/null", O_RDONLY | O_CLOEXEC));
}

/// One whose frames are lines, the newline not written out.
struct lines : outbox {
  lines() : outbox(brood::serialization::json) {}
  void add(std::string_view text) { outbox::add(line(text)); }
  void add_with_handle(std::string_view text, std::shared_ptr<const unique_fd> fd,
                       brood::detail::ipc::handle_outcome outcome, bool insist = true) {
    outbox::add_with_handle(line(text), {std::move(fd), std::move(outcome), insist});
  }
  void add_acknowledgement(std::string_view text) { add_urgent(line(text)); }
  static std::string line(std::string_view text) { return std::string(text) + '\n'; }
};

/// Lets at most `size` bytes leave and tells which; '#' stands where a descriptor went along.
inline std::string leave(outbox& box, std::size_t size = 1'000'000) {
  std::string left;
  while (size > 0) {
    const outbox::piece piece = box.next();
    if (piece.bytes.empty()) break;
    if (piece.fd >= 0) left += '#';
    const std::size_t now = std::min(size, piece.bytes.size());
    left += piece.bytes.substr(0, now);
    box.sent(now);
    size -= now;
  }
  return left;
}

}  // namespace outbox_testing
