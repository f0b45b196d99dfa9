#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace brood {

/// What a process, and the children it waited for, used of the machine: getrusage(2).
struct resource_usage {
  std::chrono::microseconds user_time{0};
  std::chrono::microseconds system_time{0};
  std::uint64_t max_rss = 0;  ///< bytes

  friend bool operator==(const resource_usage&, const resource_usage&) = default;
};

/// How a process ended: by itself with a code, or by a signal. Printed, it is a sentence: "exited with code 0",
/// "killed by SIGKILL", "killed by SIGSEGV (core dumped)".
class exit_status {
 public:
  /// A status nobody knows: the child was collected by other code of this process (errc::status_lost).
  exit_status() = default;

  static exit_status exited(int code) { return {kind::code, code, false}; }
  static exit_status killed(int signal, bool core_dumped = false) { return {kind::signal, signal, core_dumped}; }

  bool ok() const noexcept { return kind_ == kind::code && value_ == 0; }
  bool has_code() const noexcept { return kind_ == kind::code; }
  bool has_signal() const noexcept { return kind_ == kind::signal; }
  bool lost() const noexcept { return kind_ == kind::lost; }

  /// The exit code, or -1 when the process did not end by itself.
  int code() const noexcept { return has_code() ? value_ : -1; }
  /// The signal that killed the process, or 0.
  int signal() const noexcept { return has_signal() ? value_ : 0; }
  bool core_dumped() const noexcept { return core_dumped_; }

  /// All zero where the status was not collected from a process.
  const resource_usage& usage() const noexcept { return usage_; }
  void used(const resource_usage& usage) noexcept { usage_ = usage; }

  /// Compares how they ended, not what they used.
  friend bool operator==(const exit_status& a, const exit_status& b) noexcept {
    return a.kind_ == b.kind_ && a.value_ == b.value_ && a.core_dumped_ == b.core_dumped_;
  }

 private:
  enum class kind { lost, code, signal };
  exit_status(kind k, int value, bool core) : kind_(k), core_dumped_(core), value_(value) {}

  kind kind_ = kind::lost;
  bool core_dumped_ = false;
  int value_ = 0;
  resource_usage usage_{};
};

std::string to_string(const exit_status&);
std::ostream& operator<<(std::ostream&, const exit_status&);

}  // namespace brood
