#include "ipc/large_out.hpp"

#include <algorithm>
#include <utility>

#include "values/copying.hpp"

namespace brood::detail::ipc {

unique_fd large_out::share() {
  unique_fd fd;
  if (!std::exchange(shared_, true)) ring_ = sys::shared_ring(size, fd);
  return fd;
}

/// The peer's position may be wrong. Then its data is wrong, too, but nothing is written outside the memory.
std::size_t large_out::unread() noexcept {
  const std::uint64_t read = ring_.read();
  if (read - read_ <= written_ - read_) read_ = read;
  return static_cast<std::size_t>(written_ - read_);
}

std::size_t large_out::put(std::string_view bytes) noexcept {
  const std::size_t all = std::min({bytes.size(), room(), wire::default_part});
  for (std::string_view left = bytes.substr(0, all); !left.empty();) {
    const auto head = static_cast<std::size_t>(written_ % size);
    const std::size_t fits = std::min(left.size(), size - head);
    copy_much(ring_.bytes().data() + head, left.data(), fits);
    left.remove_prefix(fits);
    written_ += fits;
    touched_ = true;
  }
  return all;
}

std::optional<wire::part> large_out::take_part(bool all) noexcept {
  if (untold() == 0 || (untold() < wire::default_part && !all)) return std::nullopt;
  const auto at = static_cast<std::size_t>(told_ % size);
  const wire::part part{.at = at, .size = std::min(untold(), size - at)};
  told_ += part.size;
  return part;
}

void large_out::close() noexcept {
  usable_ = false;
  touched_ = false;
  ring_ = {};
}

void large_out::give_back() noexcept {
  if (!touched_ || unread() != 0) return;
  ring_.drop_content();
  touched_ = false;
}

}  // namespace brood::detail::ipc
