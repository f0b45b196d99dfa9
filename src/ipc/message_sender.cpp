#include "brood/message_sender.hpp"

#include <boost/asio/append.hpp>
#include <boost/asio/post.hpp>

#include "ipc/endpoint.hpp"
#include "sys/calls.hpp"
#include "wire/request_envelope.hpp"

namespace brood {
namespace {

namespace asio = boost::asio;
using handler = detail::waiters<>::handler;

/// Returns false if the handle cannot be sent.
///
/// A socket is switched to non-blocking mode, which Node requires: up to Node 18 it accepts one connection after
/// another until there is none, and on a blocking socket it would block for ever. A pipe is unchanged, because it may
/// be another program's standard output.
bool prepare_to_travel(const attachment& handle) {
  const int fd = handle.native_handle();
  if (detail::sys::is_socket(fd)) return detail::sys::set_nonblocking(fd) == 0;
  return detail::sys::is_pipe(fd);
}

void check(const attachment& handle) {
  if (handle && !prepare_to_travel(handle)) {
    throw boost::system::system_error(make_error_code(errc::invalid_handle), "send");
  }
}

void complete_later(detail::ipc::endpoint& through, handler h, error_code reason) {
  asio::post(through.executor, asio::append(std::move(h), reason));
}

/// A handler that may be cancelled while the channel holds it.
class acknowledgement {
 public:
  acknowledgement(std::shared_ptr<detail::ipc::endpoint> through, handler h)
      : through_(through), waiter_(through->executor) {
    waiter_.add(std::move(h));
  }

  void answered(bool taken) {
    const auto alive = through_.lock();
    const bool refused = !taken && alive && alive->connected();
    complete(taken ? error_code() : make_error_code(refused ? errc::handle_refused : errc::channel_closed));
  }

  void complete(error_code reason) {
    if (!waiter_.empty()) waiter_.complete_one(reason);
  }

 private:
  std::weak_ptr<detail::ipc::endpoint> through_;
  detail::waiters<> waiter_;
};

template <class Body>
void send_and_wait(detail::ipc::endpoint& through, const Body& body, attachment handle, handler h) {
  if (!through.connected()) return complete_later(through, std::move(h), errc::channel_closed);
  if (handle && !prepare_to_travel(handle)) return complete_later(through, std::move(h), errc::invalid_handle);
  try {
    through.send(body, std::move(handle), nullptr);
  } catch (const boost::system::system_error& error) {  // the serialization cannot represent it
    return complete_later(through, std::move(h), error.code());
  }
  through.link->when_left(std::move(h));
}

template <class Body>
void send_and_hear(detail::ipc::endpoint& through, const Body& body, attachment handle, handler h) {
  if (!prepare_to_travel(handle)) return complete_later(through, std::move(h), errc::invalid_handle);
  auto waits = std::make_shared<acknowledgement>(through.shared_from_this(), std::move(h));
  if (!through.connected()) return waits->answered(false);
  try {
    through.send(body, std::move(handle), [waits](bool taken) { waits->answered(taken); });
  } catch (const boost::system::system_error& error) {
    waits->complete(error.code());
  }
}

template <class Body>
void ask(detail::ipc::endpoint& through, Body body, std::chrono::milliseconds timeout,
         detail::ipc::open_requests::handler h) {
  const auto refuse = [&](error_code reason) {
    asio::post(through.executor, asio::append(std::move(h), reason, message()));
  };
  if (!through.connected()) return refuse(errc::channel_closed);
  if (timeout.count() < 0) return refuse(asio::error::invalid_argument);
  const std::uint64_t id = through.unanswered->next_id();
  try {
    through.send(detail::wire::in_request_envelope(detail::wire::request_key, id, std::move(body)), {}, nullptr);
  } catch (const boost::system::system_error& error) {  // the serialization cannot represent it
    return refuse(error.code());
  }
  through.unanswered->add(id, timeout, std::move(h));
}

}  // namespace

message_sender::message_sender(std::shared_ptr<detail::ipc::endpoint> through)
    : requests(detail::event_of(through->requests)), endpoint_(through, through->executor) {}

bool message_sender::send(const boost::json::value& body, attachment handle) {
  check(handle);
  return endpoint_->send(body, std::move(handle), nullptr);
}

bool message_sender::send_value(const value& body, attachment handle) {
  check(handle);
  return endpoint_->send(body, std::move(handle), nullptr);
}

bool message_sender::send_json(std::string_view text) { return endpoint_->send_json(text); }

void message_sender::start_send(const endpoint_ptr& to, const boost::json::value& body, attachment handle, handler h) {
  const auto entry = to.enter();
  send_and_wait(*to.unguarded(), body, std::move(handle), std::move(h));
}

void message_sender::start_send(const endpoint_ptr& to, const value& body, attachment handle, handler h) {
  const auto entry = to.enter();
  send_and_wait(*to.unguarded(), body, std::move(handle), std::move(h));
}

void message_sender::start_acked(const endpoint_ptr& to, const boost::json::value& body, attachment handle, handler h) {
  const auto entry = to.enter();
  send_and_hear(*to.unguarded(), body, std::move(handle), std::move(h));
}

void message_sender::start_acked(const endpoint_ptr& to, const value& body, attachment handle, handler h) {
  const auto entry = to.enter();
  send_and_hear(*to.unguarded(), body, std::move(handle), std::move(h));
}

void message_sender::start_request(const endpoint_ptr& to, boost::json::value body, std::chrono::milliseconds timeout,
                                   answer_handler h) {
  const auto entry = to.enter();
  ask(*to.unguarded(), std::move(body), timeout, std::move(h));
}

void message_sender::start_request(const endpoint_ptr& to, value body, std::chrono::milliseconds timeout,
                                   answer_handler h) {
  const auto entry = to.enter();
  ask(*to.unguarded(), std::move(body), timeout, std::move(h));
}

void message_sender::wait_drained(const endpoint_ptr& to, handler h) {
  const auto entry = to.enter();
  detail::ipc::endpoint& through = *to.unguarded();
  if (!through.connected()) return complete_later(through, std::move(h), errc::channel_closed);
  through.link->when_drained(std::move(h));
}

}  // namespace brood
