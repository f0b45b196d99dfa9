#include "brood/cluster/acceptor.hpp"

#include "cluster/acceptor_state.hpp"
#include "cluster/this_worker_state.hpp"

namespace brood::cluster {

acceptor::acceptor(std::shared_ptr<detail::acceptor_state> state)
    : listening(brood::detail::event_of(state->listening)),
      closed(brood::detail::event_of(state->closed)),
      state_(state, state->executor()) {}

acceptor& acceptor::operator=(acceptor&& other) noexcept { return brood::detail::replace(*this, std::move(other)); }

acceptor::~acceptor() {
  if (!state_) return;
  state_->drop();
  close();
}

boost::asio::any_io_executor acceptor::get_executor() const noexcept { return state_.unguarded()->executor(); }

void acceptor::accept(const brood::detail::state_ptr<detail::acceptor_state>& state, accept_handler handler) {
  state->accept(std::move(handler));
}

void acceptor::accept_local(const brood::detail::state_ptr<detail::acceptor_state>& state,
                            local_accept_handler handler) {
  state->accept_local(std::move(handler));
}
address acceptor::where() const { return state_->where(); }

void acceptor::on_connections(batch_handler f) { state_->serve(std::move(f)); }
const boost::json::value& acceptor::shared_data() const noexcept { return state_.unguarded()->data; }
void acceptor::on_shared_data(std::function<void()> f) { state_->on_shared_data = std::move(f); }
void acceptor::on_exhausted(std::function<void()> f) { state_->on_exhausted = std::move(f); }
int acceptor::native_handle() const noexcept { return state_.unguarded()->socket(); }
void acceptor::set_load(std::size_t open) noexcept { state_->set_load(open); }
void acceptor::count_requests(std::size_t more) noexcept { state_->count_requests(more); }

void acceptor::close() {
  const auto entry = state_.enter();
  detail::acceptor_state& state = *state_.unguarded();
  if (auto owner = state.owner.lock()) owner->close_acceptor(state);
  state.end(errc::listener_closed, false);
}

}  // namespace brood::cluster
