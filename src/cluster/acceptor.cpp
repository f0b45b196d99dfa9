#include "brood/cluster/acceptor.hpp"

#include "cluster/acceptor_state.hpp"
#include "cluster/this_worker_state.hpp"

namespace brood::cluster {
namespace {

/// Connections that wait for the program to accept them. Beyond that they are refused, and the primary gives them to
/// another worker.
constexpr std::size_t most_waiting = 128;

}  // namespace

void acceptor_state::open(std::string name, const tcp::endpoint& local) {
  key = std::move(name);
  protocol_ = local.protocol();
  listening->set({}, local);
}

void acceptor_state::end(error_code reason) {
  if (ended_) return;
  ended_ = reason;
  while (!accepting_.empty()) accepting_.complete_one(reason, tcp::socket(accepting_.get_executor()));
  if (!listening->reached()) listening->set(reason, tcp::endpoint());
}

bool acceptor_state::take(unique_fd& fd) {
  if (ended_ || (accepting_.empty() && arrived_.size() >= most_waiting)) return false;
  if (accepting_.empty()) {
    arrived_.push_back(std::move(fd));
    return true;
  }
  error_code ec;
  auto socket = adopt(std::move(fd), ec);
  accepting_.complete_one(ec, std::move(socket));
  return true;
}

void acceptor_state::accept(handler h) {
  if (!arrived_.empty()) {
    unique_fd fd = std::move(arrived_.front());
    arrived_.pop_front();
    error_code ec;
    auto socket = adopt(std::move(fd), ec);
    accepting_.post(std::move(h), ec, std::move(socket));
  } else if (ended_) {
    accepting_.post(std::move(h), ended_, tcp::socket(accepting_.get_executor()));
  } else {
    accepting_.add(std::move(h));
  }
}

asio::ip::tcp::socket acceptor_state::adopt(unique_fd fd, error_code& ec) {
  tcp::socket socket(accepting_.get_executor());
  socket.assign(protocol_, fd.get(), ec);
  if (!ec) static_cast<void>(fd.release());
  return socket;
}

acceptor::acceptor(std::shared_ptr<acceptor_state> state) : listening(state->listening), state_(std::move(state)) {}

acceptor::~acceptor() {
  if (state_) close();
}

asio::any_io_executor acceptor::get_executor() const noexcept { return state_->executor(); }

void acceptor::accept(acceptor_state& state, accept_handler handler) { state.accept(std::move(handler)); }

void acceptor::close() {
  if (auto owner = state_->owner.lock()) owner->close_acceptor(*state_);
  state_->end(errc::listener_closed);
}

}  // namespace brood::cluster
