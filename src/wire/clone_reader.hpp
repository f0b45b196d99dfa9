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
  unknown_tag,      ///< a byte that begins nothing we know
  bad_varint,       ///< a number of more bits than its place has
  bad_length,       ///< longer than all that is left
  bad_count,        ///< what came is not as many as announced at the end
  bad_key,          ///< the name of a member is neither string nor number
  duplicate_key,    ///< a member a second time
  bad_string,       ///< no string where there must be one, or half a unit in it
  bad_flags,        ///< of a regular expression or a view
  bad_view,         ///< outside of its memory, or not a whole number of elements
  bad_host_object,  ///< of a kind that Node has not
  bad_reference,    ///< to an object that has not begun yet
  too_deep,         ///< nested beyond the limit
  too_many,         ///< values beyond the limit
};

/// What was wrong with the bytes, and where: the place of the byte that could not be, counted from 0.
struct clone_error {
  clone_fault what;
  std::size_t at;
};
/// "byte 17: the bytes end inside a value".
std::string to_string(const clone_error& error);

/// What one frame may make us hold. A value of one byte takes 40 here.
struct clone_limits {
  std::size_t depth = deepest_clone;
  std::size_t values = 32UL * 1024 * 1024;
};

/// Reads the content of one frame, header included; what stands behind the value is ignored, as Node does. Takes what
/// any Node from 20 to 26 writes, and the older versions and other forms these read. Needs memory and time in
/// proportion to the bytes, whatever they claim.
boost::system::result<value, clone_error> read_clone(std::string_view frame, const clone_limits& limits = {});

}  // namespace brood::detail::wire
