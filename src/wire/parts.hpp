#pragma once

#include <boost/json/object.hpp>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

/// What two brood programs tell each other of large messages, which go through memory that both have mapped.
///
/// The sender gives its memory to the peer (NODE_BROOD_MEMORY, with the descriptor), which answers that it has it
/// (NODE_BROOD_MAPPED). From then on the sender may write the content of a message there, a part at a time, and says of
/// each where it is (NODE_BROOD_PART): behind the one before, and never around the end. What finds no room follows as a
/// frame of its own (NODE_BROOD_REST).
namespace brood::wire {

inline constexpr std::string_view memory_command = "NODE_BROOD_MEMORY";
inline constexpr std::string_view mapped_command = "NODE_BROOD_MAPPED";
inline constexpr std::string_view part_command = "NODE_BROOD_PART";
inline constexpr std::string_view rest_command = "NODE_BROOD_REST";

/// Goes with a descriptor: the sender's memory.
inline constexpr std::string_view memory_notice = R"({"cmd":"NODE_BROOD_MEMORY"})";
inline constexpr std::string_view mapped_notice = R"({"cmd":"NODE_BROOD_MAPPED"})";
/// The frame behind this one is the rest of the message whose parts came before.
inline constexpr std::string_view rest_notice = R"({"cmd":"NODE_BROOD_REST"})";

/// A piece of a message's content.
struct part {
  std::size_t at = 0;  ///< in the memory
  std::size_t size = 0;
  std::size_t more = 0;  ///< so many bytes follow of the string that it ends in; 0 where it ends in none
  bool last = false;
};
std::string part_notice(const part& p);
/// None where it is not a part of anything.
std::optional<part> read_part(const boost::json::object& notice) noexcept;

}  // namespace brood::wire
