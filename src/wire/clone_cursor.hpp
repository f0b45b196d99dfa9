#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/clone_reader.hpp"

namespace brood::detail::wire {

/// The bytes of a frame and the read position: everything without structure. If the bytes are invalid, a function
/// returns false or nothing and records the reason. Results after that are meaningless.
class clone_cursor {
 public:
  explicit clone_cursor(std::string_view bytes) : bytes_(bytes) {}

  bool header();
  /// The next byte that is not padding.
  bool tag(char& found);
  bool varint(std::uint32_t& number);
  bool int32(std::int32_t& number);
  bool raw_double(double& number);
  /// Reads a length, and that many bytes.
  bool bytes(std::string_view& found);
  bool bytes(std::size_t count, std::string_view& found);
  /// Reads the content of a string after its tag, as UTF-8. `found` refers to the frame if the bytes are UTF-8 already,
  /// otherwise to `scratch`.
  bool text(char tag, std::string_view& found, std::string& scratch);
  bool text(char tag, std::string& found);
  /// Reads a string with its tag.
  bool text(std::string& found);
  bool bigint(js::bigint& found);

  /// The number of remaining bytes. No valid length exceeds it.
  std::size_t left() const noexcept { return bytes_.size() - at_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::size_t at() const noexcept { return at_; }
  /// Reads the next tag if it is `wanted`. Otherwise nothing changes.
  bool skip(char wanted) noexcept;
  /// Returns the position to before the last tag.
  void back() noexcept { --at_; }

  /// Records the first fault, at the last byte that was read. Always returns false.
  bool fail(clone_fault what) noexcept { return fail_at(what, at_ == 0 ? 0 : at_ - 1); }
  bool fail_at(clone_fault what, std::size_t at) noexcept;
  const std::optional<clone_error>& error() const noexcept { return error_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::optional<clone_error> error_;
};

}  // namespace brood::detail::wire
