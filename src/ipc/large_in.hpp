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

/// What a brood peer has written to its own memory (wire/parts.hpp): large messages, put together part by part, and
/// frames.
///
/// The peer may write there whenever it likes. So each byte is looked at once, and only what has been copied is ever
/// looked at again.
class large_in {
 public:
  large_in(serialization form, std::size_t longest) : form_(form), longest_(longest) {}

  /// The peer's memory. False where there is some already, or it is no such memory.
  bool open(int fd);

  /// Reads a part. errc::protocol_error where there is none such, errc::message_too_large where the message would be.
  error_code add(const wire::part& p);

  /// The message, when the last part has been read. errc::protocol_error where it is none.
  message end(error_code& ec);

  /// A part of frames: they are there for read_frames(). False where there is none such, or something else to be read.
  bool expect_frames(const wire::part& p) noexcept;
  /// Reads some of them. False where there are none.
  bool read_frames(wire::frame_buffer& to);

  /// Bytes of the message under way, and of all parts so far.
  std::size_t size() const noexcept { return size_; }
  std::uint64_t read() const noexcept { return read_; }
  /// How much the memory holds.
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
  std::size_t frames_ = 0;                // bytes of them that are to be read next
  std::unique_ptr<char[]> copy_;          // of what is being looked at
  std::optional<wire::json_parts> json_;  // the message under way, in one serialization
  std::string clone_;                     // and in the other
  std::size_t size_ = 0;
};

}  // namespace brood::detail::ipc
