#include "brood/cluster/acceptor.hpp"

#include "cluster/acceptor_state.hpp"
#include "cluster/this_worker_state.hpp"

namespace brood::cluster {

acceptor::acceptor(std::shared_ptr<acceptor_state> state)
    : listening(state->listening), closed(state->closed), state_(std::move(state)) {}

acceptor::~acceptor() {
  if (!state_) return;
  state_->drop_taken();  // what would get them may be half gone by now
  close();
}

boost::asio::any_io_executor acceptor::get_executor() const noexcept { return state_->executor(); }

void acceptor::accept(acceptor_state& state, accept_handler handler) { state.accept(std::move(handler)); }

void acceptor::accept_local(acceptor_state& state, local_accept_handler handler) {
  state.accept_local(std::move(handler));
}
address acceptor::where() const { return state_->where(); }

void acceptor::on_connections(batch_handler f) { state_->serve(std::move(f)); }
const boost::json::value& acceptor::data() const noexcept { return state_->data; }
void acceptor::on_data(std::function<void()> f) { state_->on_data = std::move(f); }
void acceptor::on_exhausted(std::function<void()> f) { state_->on_exhausted = std::move(f); }
int acceptor::native_handle() const noexcept { return state_->socket(); }
void acceptor::set_load(std::size_t open) noexcept { state_->set_load(open); }
void acceptor::count_requests(std::size_t more) noexcept { state_->count_requests(more); }

void acceptor::close() {
  if (auto owner = state_->owner.lock()) owner->close_acceptor(*state_);
  state_->end(errc::listener_closed, false);
}

}  // namespace brood::cluster
