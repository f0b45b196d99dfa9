#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "brood/error.hpp"
#include "brood/message.hpp"
#include "brood/serialization.hpp"
#include "sys/shared_ring.hpp"
#include "wire/frame_buffer.hpp"
#include "wire/json_parts.hpp"
#include "wire/parts.hpp"

namespace brood::detail::ipc {

/// Data that a brood peer has written to its shared memory (wire/parts.hpp): large messages, which are put together
/// from parts, and frames.
///
/// The peer may write to the memory at any time. So each byte is copied once, and only the copy is used.
class large_in {
 public:
  large_in(serialization form, std::size_t longest) : form_(form), longest_(longest) {}

  /// Maps the peer's memory. Returns false if there is one already, or if it is not such memory.
  bool open(int fd);

  /// Reads a part. errc::protocol_error if it is invalid, errc::message_too_large if the message would be.
  error_code add(const wire::part& p);

  /// Returns the message after its last part. errc::protocol_error if it is invalid.
  message end(error_code& ec);

  /// Announces a part of frames for read_frames(). Returns false if it is invalid, or if something else must be read
  /// first.
  bool expect_frames(const wire::part& p) noexcept;
  /// Reads some of the frames. Returns false if there are none.
  bool read_frames(wire::frame_buffer& to);

  /// The size of the current message, of all its parts so far.
  std::size_t size() const noexcept { return size_; }
  std::uint64_t read() const noexcept { return read_; }
  /// The capacity of the memory.
  std::size_t capacity() const noexcept { return ring_ ? ring_.bytes().size() : 0; }

  void close() noexcept;

 private:
  bool is_next(const wire::part& p) const noexcept;
  void read_piece(char* to, std::size_t size) noexcept;
  error_code add(std::string_view bytes, std::size_t more);
  void expect_clone(std::size_t more);
  void drop_message() noexcept;

  const serialization form_;
  const std::size_t longest_;
  sys::shared_ring ring_;
  std::uint64_t read_ = 0;
  std::size_t frames_ = 0;                // their remaining bytes
  std::unique_ptr<char[]> copy_;          // of the data that is being parsed
  std::optional<wire::json_parts> json_;  // the current message, in json
  std::string clone_;                     // and in the advanced serialization
  std::size_t size_ = 0;
};

}  // namespace brood::detail::ipc
