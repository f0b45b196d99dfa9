#pragma once

#include <string>

namespace brood::detail::launch {

/// Returns the program that the kernel starts in order to run the one at `path`: the name after "#!" of a script, or
/// the dynamic loader of an ELF file. Empty if there is none, or if the file cannot be read.
///
/// If an interpreter is missing, execve(2) reports ENOENT or EACCES as if the program itself were missing. With this
/// name the error message can say which file it is.
std::string interpreter_of(const std::string& path);

}  // namespace brood::detail::launch
