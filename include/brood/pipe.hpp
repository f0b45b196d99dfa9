#pragma once

#include "brood/child_process.hpp"
#include "brood/stream.hpp"

namespace brood {

/// Moves all output of one child into the input of another, as a shell does with `|`. Data between two pipes stays in
/// the kernel (splice(2)), other data passes through a buffer. The program must not read or write either stream from
/// then on. Data that was written to `to` before goes first. The transfer continues even if the handles of both
/// children are destroyed.
///
/// When `from` ends, the input of the other child ends. When `to` is closed because its reader closed its end, `from`
/// is closed: its writer gets SIGPIPE, or EPIPE. The returned event happens in either case. Its value is the reason: no
/// error at the end, EPIPE, or the error of a system call.
///
/// If the second child is not started yet, stdio::stream() is better: it joins both directly.
/// Throws: std::logic_error if `from` flows or is being read, or if another stream is joined to `to` already.
one_shot_event<error_code> pipe(readable& from, writable& to);

/// a | b | c: the output of each is the input of the next.
template <class... Rest>
void pipe(child_process& from, child_process& to, Rest&... rest) {
  pipe(from.out(), to.in());
  if constexpr (sizeof...(rest) != 0) pipe(to, rest...);
}

}  // namespace brood
