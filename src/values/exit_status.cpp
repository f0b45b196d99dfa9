#include "brood/exit_status.hpp"

#include <ostream>

#include "brood/signals.hpp"

namespace brood {

std::string to_string(const exit_status& status) {
  if (status.has_code()) return "exited with code " + std::to_string(status.code());
  if (status.has_signal()) {
    return "killed by " + signal_name(status.signal()) + (status.core_dumped() ? " (core dumped)" : "");
  }
  return "ended with a status that other code collected";
}

std::ostream& operator<<(std::ostream& out, const exit_status& status) { return out << to_string(status); }

}  // namespace brood
