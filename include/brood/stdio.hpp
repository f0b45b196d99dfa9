#pragma once

#include <memory>
#include <string>
#include <utility>

#include "brood/unique_fd.hpp"

namespace brood {

class readable;
class writable;

namespace detail::process {
class given_away;
}

/// What a child gets as one of its descriptors.
class stdio {
 public:
  /// What is usual where it stands: a pipe for spawn(), the parent's own for fork() and cluster workers.
  stdio() = default;
  static const stdio pipe;      ///< one end of a pipe; the other is the parent's child.in(), out() or err()
  static const stdio inherit;   ///< the parent's own descriptor of that number
  static const stdio ignore;    ///< /dev/null; beyond 2, nothing at all
  static const stdio terminal;  ///< a pseudo terminal, the same for all of a child that are one; see spawn_options
  static const stdio channel;   ///< the message channel, Node's 'ipc'; one a child at most

  /// A descriptor of this process. It stays the caller's and must be open when the child is started.
  static stdio descriptor(int fd) { return {kind::descriptor, fd}; }
  /// One that is given away: it is closed here when the child has got it, or could not be started. It can be given to
  /// one child only.
  static stdio descriptor(unique_fd fd);
  /// What another child writes, or what it reads: the two are joined by one pipe, with nobody in between. The stream is
  /// taken out of the parent's hands (readable::release) and at its end there.
  static stdio stream(readable& from);
  static stdio stream(writable& to);
  /// A file, opened for the child: to read, to write from the start (made or emptied), to write at its end. This
  /// process opens it, so that a FIFO holds up the start until somebody opens its other side (fifo(7)).
  static stdio read(std::string path) { return {kind::read, -1, std::move(path)}; }
  static stdio write(std::string path) { return {kind::write, -1, std::move(path)}; }
  static stdio append(std::string path) { return {kind::append, -1, std::move(path)}; }

  enum class kind { usual, pipe, inherit, ignore, terminal, channel, descriptor, read, write, append };
  kind type() const noexcept { return kind_; }
  /// -1 when it was given away and is closed already.
  int fd() const noexcept { return owned_ ? owned_->get() : fd_; }
  const std::string& path() const noexcept { return path_; }

 private:
  friend class detail::process::given_away;
  stdio(kind k, int fd = -1, std::string path = {}) : kind_(k), fd_(fd), path_(std::move(path)) {}
  kind kind_ = kind::usual;
  int fd_ = -1;
  std::string path_{};
  std::shared_ptr<unique_fd> owned_{};  // fd_, where it was given away
};
inline const stdio stdio::pipe{kind::pipe};
inline const stdio stdio::inherit{kind::inherit};
inline const stdio stdio::ignore{kind::ignore};
inline const stdio stdio::terminal{kind::terminal};
inline const stdio stdio::channel{kind::channel};

inline stdio stdio::descriptor(unique_fd fd) {
  stdio given(kind::descriptor, fd.get());
  given.owned_ = std::make_shared<unique_fd>(std::move(fd));
  return given;
}

}  // namespace brood
