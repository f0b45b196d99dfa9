#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What two brood programs tell each other of large messages, and of many small ones at once, which go through memory
/// that both have mapped.
///
/// The sender gives its memory to the peer (NODE_BROOD_MEMORY, with the descriptor), which answers that it has it
/// (NODE_BROOD_MAPPED) or does without (NODE_BROOD_UNMAPPED). From then on the sender may write the content of a
/// message there, a part at a time, and says of each where it is (NODE_BROOD_PART): behind the one before, and never
/// around the end. Where there is no room left, it asks to be told (NODE_BROOD_ASK) when what it has told so far has
/// been read (NODE_BROOD_ROOM). A part may also be of frames, as they would stand in the place of the notice.
namespace brood::detail::wire {

inline constexpr std::string_view memory_command = "NODE_BROOD_MEMORY";
inline constexpr std::string_view mapped_command = "NODE_BROOD_MAPPED";
inline constexpr std::string_view unmapped_command = "NODE_BROOD_UNMAPPED";
inline constexpr std::string_view part_command = "NODE_BROOD_PART";
inline constexpr std::string_view ask_command = "NODE_BROOD_ASK";
inline constexpr std::string_view room_command = "NODE_BROOD_ROOM";

/// Goes with a descriptor: the sender's memory.
inline constexpr std::string_view memory_notice = R"({"cmd":"NODE_BROOD_MEMORY"})";
inline constexpr std::string_view mapped_notice = R"({"cmd":"NODE_BROOD_MAPPED"})";
inline constexpr std::string_view unmapped_notice = R"({"cmd":"NODE_BROOD_UNMAPPED"})";
inline constexpr std::string_view ask_notice = R"({"cmd":"NODE_BROOD_ASK"})";
inline constexpr std::string_view room_notice = R"({"cmd":"NODE_BROOD_ROOM"})";

/// How many bytes are worth a notice: the peer reads these while the next are written.
inline constexpr std::size_t default_part = 256UL * 1024;

/// A piece of a message's content, or of frames.
struct part {
  std::size_t at = 0;  ///< in the memory
  std::size_t size = 0;
  /// So many bytes follow of the string that it ends in, or of the message in the advanced serialization. 0 where it
  /// ends in none, or nobody knows.
  std::size_t more = 0;
  bool last = false;    ///< of the message
  bool frames = false;  ///< and not of a message's content
};

/// A long string in the content of a message: from where it is known, to its end.
struct string_range {
  std::size_t begin = 0;
  std::size_t end = 0;

  std::size_t size() const noexcept { return end - begin; }
  /// How much of it is behind `at`, if that is inside.
  std::size_t behind(std::size_t at) const noexcept { return begin <= at && at < end ? end - at : 0; }
};

std::string part_notice(const part& p);
/// None where it is not a part of anything.
std::optional<part> read_part(const boost::json::object& notice) noexcept;

}  // namespace brood::detail::wire
