#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "wire/clone_reader.hpp"

namespace brood::detail::wire {

/// The bytes of a frame and how far they are read: the parts that have no structure. Each function says false, or gives
/// nothing, where the bytes are wrong, and has noted why; what comes after that is of no meaning.
class clone_cursor {
 public:
  explicit clone_cursor(std::string_view bytes) : bytes_(bytes) {}

  bool header();
  /// The next byte that is not padding.
  bool tag(char& found);
  bool varint(std::uint32_t& number);
  bool int32(std::int32_t& number);
  bool raw_double(double& number);
  /// A length, and that many bytes.
  bool bytes(std::string_view& found);
  bool bytes(std::size_t count, std::string_view& found);
  /// What follows the tag of a string, as UTF-8: a view on the frame itself where it is that already, else on
  /// `scratch`.
  bool text(char tag, std::string_view& found, std::string& scratch);
  bool text(char tag, std::string& found);
  /// A string, its tag included.
  bool text(std::string& found);
  bool bigint(js::bigint& found);

  /// How many bytes are left: no length can be more.
  std::size_t left() const noexcept { return bytes_.size() - at_; }
  std::size_t size() const noexcept { return bytes_.size(); }
  std::size_t at() const noexcept { return at_; }
  /// Reads the next tag if it is this one; no fault where it is not.
  bool skip(char wanted) noexcept;
  /// Unreads a tag.
  void back() noexcept { --at_; }

  /// Notes the first fault, at the byte that was read last. Always false.
  bool fail(clone_fault what) noexcept { return fail_at(what, at_ == 0 ? 0 : at_ - 1); }
  bool fail_at(clone_fault what, std::size_t at) noexcept;
  const std::optional<clone_error>& error() const noexcept { return error_; }

 private:
  std::string_view bytes_;
  std::size_t at_ = 0;
  std::optional<clone_error> error_;
};

}  // namespace brood::detail::wire
