#include "cluster/listener.hpp"

#include <boost/asio/post.hpp>
#include <utility>

namespace brood::cluster::detail {

namespace asio = boost::asio;

namespace sys = brood::detail::sys;

listener::listener(const asio::any_io_executor& ex, brood::detail::wire::listen_request request, int socket,
                   std::unique_ptr<dispatcher::assignment> policy)
    : dispatcher_(std::make_shared<dispatcher>(ex, std::move(policy))),
      request_(std::move(request)),
      key_(request_.key()),
      name_(sys::name_of(socket)) {}

bool listener::answers(const brood::detail::wire::listen_request& r) const {
  const std::int64_t port = name_ ? name_->port : request_.port;
  return r.address == request_.address && r.address_type == request_.address_type && r.fd == request_.fd &&
         r.port == port && (request_.port != 0 || r.index == request_.index);
}

void listener::start(hand_over_function f) {
  dispatcher_->on_hand_over(std::move(f));
  dispatcher_->on_change([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->changed();
  });
}

void listener::changed() {
  go_on();
  if (!finished_ || !all_taken() || !dispatcher_->settled()) return;
  asio::post(dispatcher_->get_executor(), std::exchange(finished_, nullptr));
}

void listener::finish(std::function<void()> done) {
  finished_ = std::move(done);
  sys::remove(std::exchange(file_, {}));
  take_all();
  changed();
}

void listener::refuse(int socket) const {
  if (!borrowed_) sys::refuse_connections(socket);
}

void listener::give_up() {
  if (!borrowed_) stop_sockets();
  close();
}

void listener::close() {
  finished_ = nullptr;
  sys::remove(std::exchange(file_, {}));
  close_sockets();
  dispatcher_->close();
}

}  // namespace brood::cluster::detail
