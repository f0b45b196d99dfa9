#include "brood/error.hpp"

#include <sys/resource.h>

namespace brood {
namespace {

class category final : public boost::system::error_category {
 public:
  const char* name() const noexcept override { return "brood"; }
  std::string message(int value) const override {
    switch (static_cast<errc>(value)) {
      case errc::status_lost: return "other code of this process collected the exit status";
      case errc::channel_closed: return "the message channel is closed";
      case errc::no_channel: return "this process was not started with a message channel";
      case errc::protocol_error: return "the peer sent data that is not a valid message";
      case errc::message_too_large: return "the message exceeds the channel's limit";
      case errc::handle_refused: return "the peer did not accept the handle sent with the message";
      case errc::not_a_worker: return "this process was not started by a cluster primary";
      case errc::bad_reply: return "the primary's reply to the listen request is malformed";
      case errc::unknown_serialization: return "the parent uses an unknown serialization";
      case errc::not_serializable: return "the channel's serialization cannot represent the value";
      case errc::invalid_handle: return "only a socket or a pipe can be sent as a handle";
      case errc::listener_closed: return "the listener is closed";
      case errc::request_failed: return "the peer answered the request with an error";
    }
    return "unknown brood error " + std::to_string(value);
  }
};

/// Names the limit, because raising it is the remedy.
std::string limit_behind(const error_code& reason) {
  rlimit limit{};
  if (reason != boost::system::errc::too_many_files_open || ::getrlimit(RLIMIT_NOFILE, &limit) == -1) return "";
  return " (RLIMIT_NOFILE is " + std::to_string(limit.rlim_cur) + ')';
}

std::string describe(spawn_step step, const error_code& reason, const std::string& path, const std::string& remark) {
  std::string text = "spawn: cannot ";
  text += to_string(step);
  if (!path.empty()) text += ' ' + path;
  if (!remark.empty()) text += " (" + remark + ')';
  return text + ": " + reason.message() + limit_behind(reason);
}

}  // namespace

const boost::system::error_category& brood_category() noexcept {
  static const category instance;
  return instance;
}

error_code make_error_code(errc value) noexcept { return {static_cast<int>(value), brood_category()}; }

std::string_view to_string(spawn_step step) noexcept {
  switch (step) {
    case spawn_step::argument: return "use";
    case spawn_step::pipe: return "create a pipe";
    case spawn_step::open: return "open";
    case spawn_step::clone: return "create a process for";
    case spawn_step::cgroup: return "enter cgroup";
    case spawn_step::descriptor: return "pass on descriptor";
    case spawn_step::session: return "start a session or group for";
    case spawn_step::limit: return "set the limits of";
    case spawn_step::group: return "change to group";
    case spawn_step::user: return "change to user";
    case spawn_step::privileges: return "drop the privileges of";
    case spawn_step::parent: return "set the parent-death signal of";
    case spawn_step::directory: return "change directory to";
    case spawn_step::execute: return "execute";
  }
  return "start";
}

spawn_error::spawn_error(spawn_step step, error_code reason, std::string path, const std::string& remark)
    : system_error(reason), step_(step), path_(std::move(path)), text_(describe(step, reason, path_, remark)) {}

}  // namespace brood
