#include "ipc/endpoint.hpp"

#include "ipc/inheritance.hpp"

namespace brood::ipc {

void endpoint::open(unique_fd fd) {
  link = std::make_shared<channel>(executor, std::move(fd), form);
  messages->on_room([weak = std::weak_ptr(link)] {
    if (auto open = weak.lock()) open->resume();
  });
  channel::callbacks callbacks;
  callbacks.user = [weak = weak_from_this()](message&& m, std::size_t size) {
    auto self = weak.lock();
    if (!self) return;
    if (self->tap) self->tap(m);
    const bool unread = self->drop_unread && !self->messages->ever_read();
    if (unread && self->messages->full()) return;
    self->messages->push(std::move(m), 1 + size / bytes_of_one);
    if (self->messages->full() && !unread) self->link->pause();
  };
  callbacks.internal = [weak = weak_from_this()](boost::json::object m, attachment handle) {
    auto self = weak.lock();
    if (self && self->internal_message) self->internal_message(std::move(m), std::move(handle));
  };
  callbacks.closed = [weak = weak_from_this()](error_code reason) {
    auto self = weak.lock();
    if (!self) return;
    self->messages->end();
    self->disconnected->set({}, reason);
  };
  link->start(std::move(callbacks));
}

void endpoint::open_inherited(unique_fd fd) {
  form = inherited().form;
  open(std::move(fd));
  if (inherited().parent_is_brood) link->greet();
}

}  // namespace brood::ipc
