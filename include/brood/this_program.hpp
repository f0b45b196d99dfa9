#pragma once

#include <filesystem>

namespace brood {

/// Returns the file to run for one more process of this program. A cluster's primary starts its workers from it.
///
/// It is the name that this program was started by, made absolute. A symbolic link in that name is followed only when
/// the program is started. So a service that runs as `/srv/current/app` starts the new release after `current` points
/// to it. If the name leads to no program any more, it is the file that this process executes. If that has been
/// removed, it is "/proc/self/exe", which this process and its children can still execute.
///
/// The first call remembers the name, relative to the working directory of that moment. Make it before the program
/// changes its working directory or replaces its own file; the constructor of cluster::primary makes it.
///
/// Thread safety: any thread may call it at any time.
std::filesystem::path this_program();

}  // namespace brood
