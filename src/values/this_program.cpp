#include "brood/this_program.hpp"

#include <sys/auxv.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <system_error>

namespace brood {
namespace {

namespace fs = std::filesystem;

constexpr const char* running_file = "/proc/self/exe";

std::string argument_zero() {
  std::ifstream file("/proc/self/cmdline");
  std::string first;
  std::getline(file, first, '\0');
  return first;
}

/// The name given to execve(2). It contains a slash even if the program was found in PATH, while argv[0] may be
/// anything.
std::string executed_name() {
  const auto* name = reinterpret_cast<const char*>(::getauxval(AT_EXECFN));
  return name != nullptr ? name : "";
}

/// The absolute name. Empty if no name leads to the file that this process executes (fexecve(3), a different argv[0], a
/// file that was replaced before the first call).
fs::path started_as() {
  for (const std::string& name : {argument_zero(), executed_name()}) {
    if (name.find('/') == std::string::npos || name == running_file) continue;
    std::error_code ec;
    const fs::path whole = fs::absolute(name, ec);
    if (!ec && fs::equivalent(whole, running_file, ec)) return whole;
  }
  return {};
}

bool is_program(const fs::path& file) {
  std::error_code ec;
  return fs::is_regular_file(file, ec) && ::access(file.c_str(), X_OK) == 0;
}

}  // namespace

fs::path this_program() {
  static const fs::path name = started_as();
  if (is_program(name)) return name;
  std::error_code ec;
  const fs::path file = fs::read_symlink(running_file, ec);  // with the suffix " (deleted)" if it was removed
  return !ec && is_program(file) ? file : running_file;
}

}  // namespace brood
