#pragma once

#include "brood/child_process.hpp"
#include "brood/stream.hpp"

namespace brood {

/// Moves all that comes from one child into another, as a shell does with `|`: inside the kernel where both are pipes
/// (splice(2)), through a buffer otherwise. Neither stream may be read or written by the program from then on; what was
/// written into `to` before goes first. It goes on though the handles of both children are dropped.
///
/// When `from` is at its end, so is the input of the other child. When `to` is closed, because its reader is gone, so
/// is `from`: its writer gets SIGPIPE, or EPIPE. The one_shot_event is reached at either; its value says why: no error at
/// the end, EPIPE, or what the system said. std::logic_error where `from` flows or is being read, or where
/// another stream is joined to `to` already.
///
/// Two children of which the second is not started yet are better joined by stdio::stream(): then nothing is in
/// between.
one_shot_event<error_code> pipe(readable& from, writable& to);

/// a | b | c: what each writes is what the next one reads.
template <class... Rest>
void pipe(child_process& from, child_process& to, Rest&... rest) {
  pipe(from.out(), to.in());
  if constexpr (sizeof...(rest) != 0) pipe(to, rest...);
}

}  // namespace brood
