#pragma once

#include <boost/system/error_code.hpp>
#include <boost/system/system_error.hpp>
#include <string>
#include <string_view>
#include <type_traits>

namespace brood {

using boost::system::error_code;

/// What brood itself reports, beside the errno values of the system calls it makes.
enum class errc {
  status_lost = 1,        ///< the child ended, but other code in this process collected its status first
  channel_closed,         ///< send() on a channel that is closed, or closed before the message left
  no_channel,             ///< the process has no message channel: it was not started with one
  protocol_error,        ///< the peer sent bytes that are not a message of the agreed serialization
  message_too_large,      ///< a message, or all that waits to be sent, is beyond the channel's limit
  handle_refused,         ///< the peer did not take the descriptor sent with a message; Node is asked four times
  not_a_worker,           ///< this process was not started by a cluster primary
  bad_reply,              ///< the primary answered a listen request with something that is no answer
  unknown_serialization,  ///< the parent speaks a serialization on the channel that this version does not
  not_serializable,       ///< a value that the channel's serialization has no form for: in json a cycle or a BigInt
  invalid_handle,         ///< a descriptor to be sent that is neither a socket nor a pipe: it would end a Node peer
  listener_closed,        ///< the acceptor was closed, or its worker was told to disconnect
  request_failed,         ///< the peer answered a request with an error; its text is the body of the answer
};

const boost::system::error_category& brood_category() noexcept;
error_code make_error_code(errc) noexcept;

/// The steps of starting a process, in the order they are taken; a spawn_error names the one that failed.
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

/// "execute", "change directory to" ...: the words that stand after "cannot" in the message of a spawn_error.
std::string_view to_string(spawn_step) noexcept;

/// A process that could not be started. Nothing of it is left: no child, no descriptor, no memory.
///
/// what() reads `spawn: cannot change directory to /nope: No such file or directory`. A reason about another file than
/// the one named says so: `spawn: cannot execute ./x.py (its interpreter /no/python is missing): No such file or
/// directory`. A limit is named: `spawn: cannot make a pipe: Too many open files (RLIMIT_NOFILE is 1024)`.
class spawn_error : public boost::system::system_error {
 public:
  /// `remark`: what stands in brackets behind the path.
  spawn_error(spawn_step step, error_code reason, std::string path, const std::string& remark = {});

  spawn_step step() const noexcept { return step_; }
  /// What the step worked on: the program, the directory, the argument. May be empty.
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
