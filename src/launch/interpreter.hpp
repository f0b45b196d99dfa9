#pragma once

#include <string>

namespace brood::detail::launch {

/// What the kernel would start to run the program at `path`: the name behind "#!" of a script, or the dynamic loader an
/// ELF file asks for. Empty where there is none, or where the file cannot be read.
///
/// execve(2) reports a missing one by the ENOENT or EACCES that a missing program has, which sends people looking for
/// the wrong file.
std::string interpreter_of(const std::string& path);

}  // namespace brood::detail::launch
