#pragma once

#include <boost/json/value.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "brood/js.hpp"

namespace brood::detail::wire {

/// The maximum nesting of values, in both directions.
inline constexpr std::size_t deepest_clone = 3000;

/// Appends one frame of Node's advanced serialization to a buffer: the length in big-endian order, and one value in
/// V8's structured clone format, byte for byte as Node writes it.
///
///     clone_writer to(buffer);
///     to.write(value);
///     to.finish();
class clone_writer {
 public:
  explicit clone_writer(std::string& buffer);

  void write(const boost::json::value& from);
  /// Returns false if the value is nested too deeply. The frame is incomplete then: call drop().
  [[nodiscard]] bool write(const value& from);

  /// Begins an object by hand. For each member a key and a value must follow, and at the end their number.
  void begin_object();
  void key(std::string_view name);
  void text(std::string_view utf8);
  void end_object(std::uint32_t members);

  /// Writes the length. It is wrong for a frame beyond 2 GiB, which no channel accepts.
  void finish();
  /// Removes the frame from the buffer.
  void drop();

 private:
  void put(char byte) { out_.push_back(byte); }
  void varint(std::uint64_t number);
  void number(double n);
  void raw_double(double n);
  void integer(std::int32_t n);
  void bigint(const js::bigint& n);
  void wide_text(std::string_view utf8);

  bool thing(const value& from);
  bool thing_by_kind(const value& from);
  bool members(const js::object& of);
  bool array(const js::array& from);
  bool map(const js::map& from);
  bool set(const js::set& from);
  bool error(const js::error& from);
  bool regexp(const js::regexp& from);
  void boxed(const value& primitive);
  void array_buffer(const js::array_buffer& from);
  bool typed_array(const js::typed_array& from);

  std::string& out_;
  const std::size_t start_;
  std::size_t depth_ = 0;
  std::uint32_t next_id_ = 0;
  std::unordered_map<const js::node*, std::uint32_t> ids_;  // of the objects that may occur again
};

}  // namespace brood::detail::wire
