#pragma once

#include <sys/types.h>
#include <unistd.h>

#include <functional>
#include <string>

namespace brood_test {

/// Runs `act` in a copy of this process, which may give up its rights and lower its limits as it likes, and gives what
/// it returned. Empty if the copy came to a bad end.
std::string apart(const std::function<std::string()>& act);

/// Becomes a user that nobody else is, so that limits counted by user are its own. Does nothing where this process has
/// no right to it. For use in apart().
void become_stranger();

/// Whether this process has any child, a zombie included; one that has ended is reaped by the question.
bool has_children();

/// Starts children until this process has no other ones, so that brood collects what destroyed loops have left behind.
/// Returns how many were started.
int collect_orphans();

/// How many bytes malloc has given out.
std::size_t heap_in_use();

/// As many descriptors as the system lets us have: tests that start hundreds of children need more than the usual 1024.
void raise_descriptor_limit();

/// Whether the sanitizer's own checks are in the way where there are no descriptors left: UBSan looks at memory through
/// a pipe that it makes.
constexpr bool needs_descriptors_itself() {
#ifdef BROOD_SANITIZED
  return true;
#else
  return false;
#endif
}

/// `usual` by default, `full` where BROOD_LOAD=full asks for the long run, `few` under a sanitizer.
int load(int usual, int full, int few);

}  // namespace brood_test
