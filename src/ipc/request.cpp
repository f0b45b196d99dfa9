#include "brood/request.hpp"

#include <exception>
#include <stdexcept>
#include <utility>

#include "ipc/endpoint.hpp"
#include "wire/request_envelope.hpp"

namespace brood {

request::request(std::weak_ptr<detail::ipc::endpoint> from, std::uint64_t id, brood::message content)
    : from_(std::move(from)), id_(id), content_(std::move(content)) {}

request::request(request&& other) noexcept
    : from_(std::move(other.from_)), id_(std::exchange(other.id_, 0)), content_(std::move(other.content_)) {}

request& request::operator=(request&& other) noexcept { return detail::replace(*this, std::move(other)); }

request::~request() { drop(); }

bool request::answer(const boost::json::value& body) {
  return reply(detail::wire::in_request_envelope(detail::wire::answer_key, open_id(), body));
}

bool request::answer_value(const value& body) {
  return reply(detail::wire::in_request_envelope(detail::wire::answer_key, open_id(), body));
}

bool request::fail(std::string_view text) { return reply(detail::wire::failure_envelope(open_id(), text)); }

template <class Body>
bool request::reply(const Body& envelope) {
  const auto through = from_.lock();
  bool sent = false;
  if (through) {
    const detail::state_ptr call(through, through->executor);
    sent = call->send(envelope, {}, nullptr);
  }
  id_ = 0;
  return sent;
}

std::uint64_t request::open_id() const {
  if (id_ == 0) throw std::logic_error("request: it was already answered, or moved from");
  return id_;
}

/// If the response cannot be sent, the peer notices by its time-out or by the end of the channel.
void request::drop() noexcept try {
  if (id_ != 0) fail("the request was destroyed without an answer");
} catch (const std::exception&) {}

}  // namespace brood
