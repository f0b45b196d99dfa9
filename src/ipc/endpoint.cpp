#include "ipc/endpoint.hpp"

#include "ipc/inheritance.hpp"
#include "wire/request_envelope.hpp"

namespace brood::detail::ipc {

void endpoint::open(unique_fd fd) {
  link = std::make_shared<channel>(executor, std::move(fd), form);
  const auto resume = [weak = std::weak_ptr(link)] {
    if (auto open = weak.lock()) open->resume();
  };
  messages->on_room(resume);
  requests->on_room(resume);
  channel::callbacks callbacks;
  callbacks.user = [weak = weak_from_this()](message&& m, std::size_t size) {
    if (auto self = weak.lock()) self->arrived(std::move(m), size);
  };
  callbacks.internal = [weak = weak_from_this()](boost::json::object m, attachment handle) {
    auto self = weak.lock();
    if (self && self->internal_message) self->internal_message(std::move(m), std::move(handle));
  };
  callbacks.closed = [weak = weak_from_this()](error_code reason) {
    auto self = weak.lock();
    if (!self) return;
    self->messages->end();
    self->requests->end();
    self->unanswered->end(reason ? reason : make_error_code(errc::channel_closed));
    self->disconnected->set({}, reason);
  };
  link->start(std::move(callbacks));
}

void endpoint::arrived(message&& m, std::size_t size) {
  const std::size_t weight = 1 + size / bytes_of_one;
  if (is_request_or_answer(m, weight)) return;
  if (tap) tap(m);
  const bool unread = drop_unread && !messages->ever_read();
  if (unread && messages->full()) return;
  messages->push(std::move(m), weight);
  if (messages->full() && !unread) link->pause();
}

/// Handles the message if it is a request or a response, and returns whether it was.
bool endpoint::is_request_or_answer(message& m, std::size_t weight) {
  using kind = wire::request_envelope::kind;
  const auto envelope = wire::read_request_envelope(m.body);
  if (!envelope) return false;
  if (envelope->what != kind::request) {
    if (!unanswered->has_sent(envelope->id)) return false;
    const bool failed = envelope->what == kind::failure;
    unanswered->answered(envelope->id, failed ? make_error_code(errc::request_failed) : error_code(),
                         wire::open_request_envelope(std::move(m), envelope->what));
    return true;
  }
  auto asked = detail::access::make<request>(weak_from_this(), envelope->id,
                                             wire::open_request_envelope(std::move(m), kind::request));
  if (!requests->ever_read()) {
    asked.fail("this process does not answer requests");
    return true;
  }
  requests->push(std::move(asked), weight);
  if (requests->full()) link->pause();
  return true;
}

void endpoint::open_inherited(unique_fd fd) {
  form = inherited().form;
  open(std::move(fd));
  if (inherited().parent_is_brood) link->greet();
}

}  // namespace brood::detail::ipc
