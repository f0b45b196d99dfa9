#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace brood {

using boost::system::error_code;

/// Errors that brood itself reports, in addition to the errno values of system calls.
enum class errc {
  status_lost = 1,        ///< the child ended, but other code of this process collected its status first
  channel_closed,         ///< the channel is closed, or closed before the message was sent
  no_channel,             ///< this process was not started with a message channel
  protocol_error,         ///< the peer sent bytes that are not a message of the agreed serialization
  message_too_large,      ///< a message, or the queue of unsent messages, exceeds the channel's limit
  handle_refused,         ///< the peer did not accept the handle sent with a message; a Node peer is asked four times
  not_a_worker,           ///< this process was not started by a cluster primary
  bad_reply,              ///< the primary's reply to a listen request is malformed
  unknown_serialization,  ///< the parent uses a serialization on the channel that this version does not know
  not_serializable,       ///< the channel's serialization cannot represent the value: in json a cycle or a BigInt
  invalid_handle,         ///< a handle to send that is neither a socket nor a pipe; it would crash a Node peer
  listener_closed,        ///< the acceptor or datagram port was closed, or its worker is disconnecting
  request_failed,         ///< the peer answered a request with an error; the body of the response has its text
};

const boost::system::error_category& brood_category() noexcept;
error_code make_error_code(errc) noexcept;

/// The steps of starting a process, in order. A spawn_error names the step that failed.
enum class spawn_step {
  argument,
  pipe,
  open,
  clone,
  cgroup,
  descriptor,
  session,
  limit,
  group,
  user,
  privileges,
  parent,
  directory,
  execute
};

/// Returns the words after "cannot" in the message of a spawn_error: "execute", "change directory to" ...
std::string_view to_string(spawn_step) noexcept;

/// A process could not be started. No child, descriptor or memory of the attempt is left.
///
/// what() reads `spawn: cannot change directory to /nope: No such file or directory`. If the reason concerns another
/// file, it is named: `spawn: cannot execute ./x.py (its interpreter /no/python is missing): No such file or
/// directory`. A limit is named, too: `spawn: cannot create a pipe: Too many open files (RLIMIT_NOFILE is 1024)`.
class spawn_error : public boost::system::system_error {
 public:
  /// `remark` is printed in parentheses after the path.
  spawn_error(spawn_step step, error_code reason, std::string path, const std::string& remark = {});

  spawn_step step() const noexcept { return step_; }
  /// The object of the step: the program, the directory, the argument. May be empty.
  const std::string& path() const noexcept { return path_; }
  const char* what() const noexcept override { return text_.c_str(); }

 private:
  spawn_step step_;
  std::string path_;
  std::string text_;
};

}  // namespace brood

template <>
struct boost::system::is_error_code_enum<brood::errc> : std::true_type {};
