#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// Messages between two brood programs about large messages, and about many small ones at once, which are transferred
/// through memory that both have mapped.
///
/// The sender sends its memory to the peer (NODE_BROOD_MEMORY, with the descriptor). The peer replies that it has
/// mapped it (NODE_BROOD_MAPPED) or not (NODE_BROOD_UNMAPPED). From then on the sender may write the content of a
/// message there, in parts, and announces the position of each (NODE_BROOD_PART): after the previous one, and never
/// across the end. If there is no room left, the sender asks (NODE_BROOD_ASK) to be notified when everything announced
/// so far has been read (NODE_BROOD_ROOM). A part may also consist of frames, which take the place of the announcement.
namespace brood::detail::wire {

inline constexpr std::string_view memory_command = "NODE_BROOD_MEMORY";
inline constexpr std::string_view mapped_command = "NODE_BROOD_MAPPED";
inline constexpr std::string_view unmapped_command = "NODE_BROOD_UNMAPPED";
inline constexpr std::string_view part_command = "NODE_BROOD_PART";
inline constexpr std::string_view ask_command = "NODE_BROOD_ASK";
inline constexpr std::string_view room_command = "NODE_BROOD_ROOM";

/// Sent with a descriptor: the sender's memory.
inline constexpr std::string_view memory_notice = R"({"cmd":"NODE_BROOD_MEMORY"})";
inline constexpr std::string_view mapped_notice = R"({"cmd":"NODE_BROOD_MAPPED"})";
inline constexpr std::string_view unmapped_notice = R"({"cmd":"NODE_BROOD_UNMAPPED"})";
inline constexpr std::string_view ask_notice = R"({"cmd":"NODE_BROOD_ASK"})";
inline constexpr std::string_view room_notice = R"({"cmd":"NODE_BROOD_ROOM"})";

/// The size of a part: the peer reads it while the next one is being written.
inline constexpr std::size_t default_part = 256UL * 1024;

/// A part of a message's content, or a block of frames.
struct part {
  std::size_t at = 0;  ///< the position in the memory
  std::size_t size = 0;
  /// The number of remaining bytes of the string at its end, or of the message in the advanced serialization. 0 if
  /// there is none, or if it is unknown.
  std::size_t more = 0;
  bool last = false;    ///< of the message
  bool frames = false;  ///< not the content of a message
};

/// A long string in the content of a message, from where it is known to its end.
struct string_range {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const noexcept { return end - begin; }
  /// The size of its rest after `at`; 0 if `at` is outside.
  std::size_t behind(std::size_t at) const noexcept { return begin <= at && at < end ? end - at : 0; }
};

std::string part_notice(const part& p);
/// Empty if the notice is not a valid part.
std::optional<part> read_part(const boost::json::object& notice) noexcept;

}  // namespace brood::detail::wire
