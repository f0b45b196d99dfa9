#include "cluster/renewal.hpp"

#include <array>
#include <boost/system/error_code.hpp>
#include <utility>

#include "policy/ticket_keys.hpp"
#include "sys/calls.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

namespace policy = brood::detail::policy;

std::shared_ptr<renewal> renewal::of(const asio::any_io_executor& ex, boost::json::value& data, tell_function tell) {
  const auto lifetime = policy::ticket_keys::lifetime(data);
  if (!lifetime) return nullptr;
  return std::shared_ptr<renewal>(new renewal(ex, data, *lifetime, std::move(tell)));
}

renewal::renewal(const asio::any_io_executor& ex, boost::json::value& data, std::chrono::milliseconds lifetime,
                 tell_function tell)
    : data_(&data), lifetime_(lifetime), tell_(std::move(tell)), timer_(ex), due_(clock::now() + lifetime) {}

void renewal::go_on() {
  rests_ = false;
  if (renew_in_time()) tell_();
  wait();
}

void renewal::rest() {
  rests_ = true;  // the timer may have fired with its handler still queued
  timer_.cancel();
}

/// Returns false if it is too early. After two lifetimes, for example after a night without workers, the current keys
/// are as outdated as the old ones, so both are replaced.
bool renewal::renew_in_time() {
  const auto now = clock::now();
  if (now < due_) return false;
  for (int times = now - due_ < lifetime_ ? 1 : 2; times > 0; --times) {
    std::array<unsigned char, policy::ticket_keys::size> random;
    if (!brood::detail::sys::random(random.data(), random.size()))
      break;  // the old keys are better than none; retried after another lifetime
    *data_ = policy::ticket_keys::renewed(*data_, random);
  }
  due_ = now + lifetime_;
  return true;
}

void renewal::wait() {
  timer_.expires_at(due_);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!ec && self && !self->rests_) self->go_on();
  });
}

}  // namespace brood::cluster::detail
