#pragma once

#include <boost/system/result.hpp>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "brood/value.hpp"
#include "wire/clone_writer.hpp"

namespace brood::detail::wire {

enum class clone_fault : std::uint8_t {
  truncated,        ///< the bytes end inside a value
  no_header,        ///< no version, or one that Node does not read
  unknown_tag,      ///< a byte that begins no known value
  bad_varint,       ///< a number with too many bits
  bad_length,       ///< a length beyond the remaining bytes
  bad_count,        ///< the number of members differs from the one at the end
  bad_key,          ///< the name of a member is neither a string nor a number
  duplicate_key,    ///< a member occurs twice
  bad_string,       ///< no string where one is required, or half a unit in it
  bad_flags,        ///< invalid flags of a regular expression or a view
  bad_view,         ///< outside its buffer, or not a whole number of elements
  bad_host_object,  ///< of a type that Node does not have
  bad_reference,    ///< to an object that has not begun yet
  too_deep,         ///< nested beyond the limit
  too_many,         ///< more values than the limit
};

/// The fault, and the offset of the invalid byte.
struct clone_error {
  clone_fault what;
  std::size_t at;
};
/// "byte 17: the bytes end inside a value".
std::string to_string(const clone_error& error);

/// Limits of what one frame may occupy in memory. A value of one byte takes 40 here.
struct clone_limits {
  std::size_t depth = deepest_clone;
  std::size_t values = 32UL * 1024 * 1024;
};

/// Reads the content of one frame, including the header. Bytes after the value are ignored, as in Node. Accepts the
/// output of Node 20 to 26, and the older versions and forms that these read. Memory and time are proportional to the
/// number of bytes, whatever lengths they contain.
boost::system::result<value, clone_error> read_clone(std::string_view frame, const clone_limits& limits = {});

}  // namespace brood::detail::wire
