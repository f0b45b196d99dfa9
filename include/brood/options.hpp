#pragma once

#include <chrono>
#include <csignal>
#include <filesystem>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace brood {

using arguments = std::vector<std::string>;

/// The environment of a child. Left alone, it is this process's own at the moment of the start.
///
/// `{{"PATH", "/bin"}}` replaces it: the child sees just these, as with Node's `env`. `environment{}.set(..).unset(..)`
/// changes the inherited one. The variables of a message channel (NODE_CHANNEL_FD, NODE_CHANNEL_SERIALIZATION_MODE,
/// NODE_UNIQUE_ID) are never inherited: they belong to this process alone.
class environment {
 public:
  using variable = std::pair<const std::string, std::string>;

  environment() = default;
  environment(std::initializer_list<variable> exactly);

  environment& set(std::string name, std::string value);
  environment& unset(std::string name);
  /// Adds what `other` sets and removes what it unsets; if `other` replaces, the result replaces too.
  environment& merge(const environment& other);

  /// "NAME=value" for each variable the child will have, in the order of the names.
  std::vector<std::string> block() const;

 private:
  bool inherits_ = true;
  std::map<std::string, std::optional<std::string>> changes_;
};

/// What a child gets as one of its standard descriptors.
class stdio {
 public:
  static const stdio pipe;     ///< one end of a pipe; the other is the parent's child.in(), out() or err()
  static const stdio inherit;  ///< the parent's own descriptor of that number
  static const stdio ignore;   ///< /dev/null

  /// A descriptor of this process. It stays the caller's and must be open when the child is started.
  static stdio descriptor(int fd) { return {kind::descriptor, fd}; }

  enum class kind { pipe, inherit, ignore, descriptor };
  kind type() const noexcept { return kind_; }
  int fd() const noexcept { return fd_; }

 private:
  constexpr stdio(kind k, int fd) noexcept : kind_(k), fd_(fd) {}
  kind kind_;
  int fd_;
};
inline constexpr stdio stdio::pipe{kind::pipe, -1};
inline constexpr stdio stdio::inherit{kind::inherit, -1};
inline constexpr stdio stdio::ignore{kind::ignore, -1};

/// One step of making a process end: send the signal, then wait so long for the end before the next step.
struct stop_step {
  int signal;
  std::chrono::milliseconds patience;
};
/// The steps of making a process end, taken in order until it has: the same for time limits, stop() and shutdown.
using stop_ladder = std::vector<stop_step>;
inline const stop_ladder default_stop{{SIGTERM, std::chrono::seconds(5)}, {SIGKILL, std::chrono::seconds(0)}};

struct spawn_options {
  /// The directory the program runs in; a relative command is looked up from there. Empty: this process's own.
  std::filesystem::path cwd{};
  environment env{};
  /// What the program sees as argv[0]. Empty: the command as given.
  std::string argv0{};
  stdio in = stdio::pipe;
  stdio out = stdio::pipe;
  stdio err = stdio::pipe;
  /// Puts the child into a session of its own (setsid), so that it outlives this process's terminal.
  bool detached = false;
};

/// Node's fork(): the standard streams are inherited, a message channel stands at descriptor 3.
struct fork_options {
  std::filesystem::path cwd{};
  environment env{};
  std::string argv0{};
  stdio in = stdio::inherit;
  stdio out = stdio::inherit;
  stdio err = stdio::inherit;
  bool detached = false;
  /// What runs the module. Empty: `node` (found in PATH) for .js, .mjs and .cjs, else the module itself is executed.
  std::string exec_path{};
  /// Arguments for exec_path, before the module.
  arguments exec_args{};
};

}  // namespace brood
