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

/// The source of one of a child's file descriptors.
class stdio {
 public:
  /// The default: a pipe for spawn(), the parent's own descriptor for fork() and for cluster workers.
  stdio() = default;
  static const stdio pipe;     ///< a pipe; the parent has the other end as child.in(), out() or err()
  static const stdio inherit;  ///< the parent's own descriptor with the same number
  static const stdio ignore;   ///< /dev/null; from 3 on, a closed descriptor
  /// a pseudo terminal, shared by all streams of the child that are one; see spawn_options
  static const stdio terminal;
  static const stdio channel;  ///< the message channel, Node's 'ipc'; at most one a child

  /// A descriptor of this process. The caller keeps it, and it must be open when the child is started.
  static stdio descriptor(int fd) { return {kind::descriptor, fd}; }
  /// A descriptor that is given away. It is closed in this process when the child has it, or if the start fails, so
  /// only one child can get it.
  static stdio descriptor(unique_fd fd);
  /// Another child's output, or its input: one pipe joins both children directly. The parent's stream is released
  /// (readable::release) and ends.
  static stdio stream(readable& from);
  static stdio stream(writable& to);
  /// A file that is opened for the child: to read, to write from the start (created or truncated), or to append. This
  /// process opens it, so a FIFO blocks the start until another process opens its other side (fifo(7)).
  static stdio read(std::string path) { return {kind::read, -1, std::move(path)}; }
  static stdio write(std::string path) { return {kind::write, -1, std::move(path)}; }
  static stdio append(std::string path) { return {kind::append, -1, std::move(path)}; }

  enum class kind { usual, pipe, inherit, ignore, terminal, channel, descriptor, read, write, append };
  kind type() const noexcept { return kind_; }
  /// -1 if it was given away and is already closed.
  int fd() const noexcept { return owned_ ? owned_->get() : fd_; }
  const std::string& path() const noexcept { return path_; }

 private:
  friend class detail::process::given_away;
  stdio(kind k, int fd = -1, std::string path = {}) : kind_(k), fd_(fd), path_(std::move(path)) {}
  kind kind_ = kind::usual;
  int fd_ = -1;
  std::string path_{};
  std::shared_ptr<unique_fd> owned_{};  // fd_, if it is to be given away
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
