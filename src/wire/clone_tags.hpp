#pragma once

#include <cstdint>

/// The tags of version 15 of V8's structured clone format, and of Node's host objects inside it. docs/wire-format.md
/// describes the format. Version 16, which Deno writes, differs only for sizes beyond 32 bits.
namespace brood::detail::wire::tag {

inline constexpr unsigned char header = 0xff;
inline constexpr std::uint32_t version = 15, oldest_version = 13, newest_version = 16;

inline constexpr char padding = '\0', ignored = '?';
inline constexpr char undefined = '_', null = '0', truth = 'T', falsehood = 'F', hole = '-';
inline constexpr char int32 = 'I', uint32 = 'U', number = 'N', bigint = 'Z';
inline constexpr char latin1 = '"', utf16 = 'c', utf8 = 'S';

inline constexpr char reference = '^';
inline constexpr char object = 'o', object_end = '{';
inline constexpr char dense_array = 'A', dense_array_end = '$';
inline constexpr char sparse_array = 'a', sparse_array_end = '@';
inline constexpr char map = ';', map_end = ':';
inline constexpr char set = '\'', set_end = ',';
inline constexpr char date = 'D', regexp = 'R';
inline constexpr char boxed_true = 'y', boxed_false = 'x', boxed_number = 'n', boxed_bigint = 'z', boxed_string = 's';
inline constexpr char array_buffer = 'B', resizable_array_buffer = '~', view = 'V', host_object = '\\';

inline constexpr char error = 'r', error_end = '.', error_message = 'm', error_stack = 's', error_cause = 'c';
/// In the order of js::error::prototype. A plain Error has no tag.
inline constexpr char error_prototypes[] = {'\0', 'E', 'R', 'F', 'S', 'T', 'U'};

/// The values after `host_object`.
inline constexpr std::uint32_t host_view = 0, host_other = 1;

}  // namespace brood::detail::wire::tag
