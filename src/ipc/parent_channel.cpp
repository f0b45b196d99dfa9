#include "brood/channel.hpp"
#include "ipc/endpoint.hpp"
#include "ipc/inheritance.hpp"

namespace brood {
namespace {

namespace asio = boost::asio;

std::shared_ptr<detail::ipc::endpoint> open_inherited(const asio::any_io_executor& ex) {
  detail::require_strand(ex);
  unique_fd fd = detail::ipc::take_channel("parent_channel");
  auto opened = std::make_shared<detail::ipc::endpoint>(ex);
  opened->open_inherited(std::move(fd));
  opened->link->keep_loop(false);
  // Node's rule: a listener for messages, or for the disconnect, keeps the process running. So does one for requests.
  const auto look = [weak = std::weak_ptr(opened)](bool) {
    if (auto self = weak.lock()) {
      self->link->keep_loop(self->messages->has_reader() || self->requests->has_reader() ||
                            self->disconnected->has_interest());
    }
  };
  opened->messages->on_reader(look);
  opened->requests->on_reader(look);
  opened->disconnected->on_interest(look);
  return opened;
}

}  // namespace

parent_channel::parent_channel(executor ex) : parent_channel(open_inherited(ex.get())) {}

parent_channel::parent_channel(std::shared_ptr<detail::ipc::endpoint> opened)
    : message_sender(opened),
      messages(detail::event_of(opened->messages)),
      disconnected(detail::event_of(opened->disconnected)) {}

parent_channel& parent_channel::operator=(parent_channel&& other) noexcept {
  return detail::replace(*this, std::move(other));
}

parent_channel::~parent_channel() {
  if (!endpoint()) return;
  endpoint()->messages->forget_program();
  endpoint()->requests->forget_program();
  endpoint()->disconnected->forget_program();
  disconnect();
}

bool parent_channel::exists() { return detail::ipc::inherited().has_channel; }

void parent_channel::disconnect() {
  const auto entry = enter();
  endpoint()->disconnect();
}
bool parent_channel::connected() const noexcept { return endpoint()->connected(); }

}  // namespace brood
