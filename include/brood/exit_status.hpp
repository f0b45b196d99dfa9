#pragma once

#include <chrono>
#include <cstdint>
#include <iosfwd>
#include <string>

namespace brood {

/// The resources used by a process and by the children it waited for: every field of getrusage(2) that Linux fills.
struct resource_usage {
  std::chrono::microseconds user_time{0};
  std::chrono::microseconds system_time{0};
  /// Bytes, of the largest of these processes, not their sum. A child shares its parent's memory until it executes its
  /// program, and Linux counts that memory. The value is therefore never below the parent's size at the start.
  std::uint64_t max_rss = 0;
  std::uint64_t minor_page_faults = 0;             ///< without I/O
  std::uint64_t major_page_faults = 0;             ///< with I/O
  std::uint64_t input_blocks = 0;                  ///< blocks of 512 bytes read from storage
  std::uint64_t output_blocks = 0;                 ///< blocks of 512 bytes written to storage
  std::uint64_t voluntary_context_switches = 0;    ///< the process waited for something
  std::uint64_t involuntary_context_switches = 0;  ///< its time slice ended, or a process of higher priority ran

  friend bool operator==(const resource_usage&, const resource_usage&) = default;
};

/// How a process ended: with an exit code, or by a signal. Printed, it is a phrase: "exited with code 0", "killed by
/// SIGKILL", "killed by SIGSEGV (core dumped)".
class exit_status {
 public:
  /// An unknown status: other code of this process collected it (errc::status_lost).
  exit_status() = default;

  static exit_status exited(int code, const resource_usage& usage = {}) { return {kind::code, code, false, usage}; }
  static exit_status killed(int signal, bool core_dumped = false, const resource_usage& usage = {}) {
    return {kind::signal, signal, core_dumped, usage};
  }

  bool ok() const noexcept { return kind_ == kind::code && value_ == 0; }
  bool has_code() const noexcept { return kind_ == kind::code; }
  bool has_signal() const noexcept { return kind_ == kind::signal; }
  bool lost() const noexcept { return kind_ == kind::lost; }

  /// The exit code, or -1 if a signal killed the process or the status is unknown.
  int code() const noexcept { return has_code() ? value_ : -1; }
  /// The signal that killed the process, or 0.
  int signal() const noexcept { return has_signal() ? value_ : 0; }
  bool core_dumped() const noexcept { return core_dumped_; }

  /// All zero if no status was collected.
  const resource_usage& usage() const noexcept { return usage_; }

  /// Compares the exit codes or signals, not the usage.
  friend bool operator==(const exit_status& a, const exit_status& b) noexcept {
    return a.kind_ == b.kind_ && a.value_ == b.value_ && a.core_dumped_ == b.core_dumped_;
  }

 private:
  enum class kind { lost, code, signal };
  exit_status(kind k, int value, bool core, const resource_usage& usage)
      : kind_(k), core_dumped_(core), value_(value), usage_(usage) {}

  kind kind_ = kind::lost;
  bool core_dumped_ = false;
  int value_ = 0;
  resource_usage usage_{};
};

std::string to_string(const exit_status&);
std::ostream& operator<<(std::ostream&, const exit_status&);

}  // namespace brood
