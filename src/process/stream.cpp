#include "brood/stream.hpp"

#include "brood/pipe.hpp"
#include "brood/stdio.hpp"
#include "process/joint.hpp"
#include "process/readable.hpp"
#include "process/writable.hpp"

namespace brood {

stdio stdio::stream(readable& from) { return descriptor(from.release()); }
stdio stdio::stream(writable& to) { return descriptor(to.release()); }

readable::readable(std::shared_ptr<detail::process::readable_state> s)
    : ended(detail::event_of(s->ended)), state_(s, s->get_executor()) {}

readable::~readable() {
  if (state_) state_->dropped();
}

void readable::detach() noexcept { state_ = {}; }

readable::executor_type readable::get_executor() const noexcept { return state_.unguarded()->get_executor(); }

subscription readable::on_data(std::function<void(std::string_view)> f) {
  auto added = detail::access::make<subscription>(state_->data().add(std::move(f), detail::audience::program));
  state_->flow();
  return added;
}

subscription readable::on_line(std::function<void(const output_line&)> f, std::size_t limit) {
  auto added = detail::access::make<subscription>(state_->add_line_listener(std::move(f), limit));
  state_->flow();
  return added;
}

subscription readable::on_end(std::function<void()> f) { return ended.on(std::move(f)); }
void readable::pause() { state_->pause(); }
void readable::resume() { state_->resume(); }
void readable::close() { state_->close(); }
unique_fd readable::release() {
  return state_->partly_kept() ? detail::process::relay(state_.unguarded()) : state_->release();
}

void readable::read_some(const detail::state_ptr<detail::process::readable_state>& state,
                         boost::asio::mutable_buffer buffer, read_handler handler) {
  state->read_some(buffer, std::move(handler));
}

writable::writable(std::shared_ptr<detail::process::writable_state> s)
    : drained(detail::event_of(s->drained)), closed(detail::event_of(s->closed)), state_(s, s->get_executor()) {}

writable::~writable() {
  if (state_) state_->dropped();
}

void writable::detach() {
  state_->detached();
  state_ = {};
}

writable::executor_type writable::get_executor() const noexcept { return state_.unguarded()->get_executor(); }
bool writable::write(std::string_view data) { return state_->write(data); }
void writable::end() { state_->end(); }

void writable::end(std::string_view last_data) {
  state_->write(last_data);
  state_->end();
}

void writable::close() { state_->close({}); }
unique_fd writable::release() { return state_->release(); }

void writable::write_some(const detail::state_ptr<detail::process::writable_state>& state,
                          boost::asio::const_buffer buffer, write_handler handler) {
  state->write_some(buffer, std::move(handler));
}

void writable::wait_drained(const detail::state_ptr<detail::process::writable_state>& state, drained_handler handler) {
  state->wait_drained(std::move(handler));
}

one_shot_event<error_code> pipe(readable& from, writable& to) {
  auto joined = std::make_shared<detail::process::joint>(from.state_.unguarded(), to.state_.unguarded());
  joined->start();
  return detail::event_of(joined->ended);
}

}  // namespace brood
