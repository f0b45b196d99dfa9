#include "process/writable.hpp"

#include <stdexcept>

#include "brood/error.hpp"
#include "sys/calls.hpp"
#include "sys/terminal.hpp"

namespace brood::detail::process {
namespace {

constexpr std::size_t high_water_mark = 64 * 1024;

}  // namespace

std::size_t writable_state::put(const char* data, std::size_t size) {
  if (error_code ec = fd_.make_nonblocking()) {
    close(ec);
    return 0;
  }
  // A terminal may be in blocking mode: see readable_state::read.
  if (terminal_ && !sys::is_ready(fd_.get(), POLLOUT)) return 0;
  const ssize_t done = sys::write_without_signal(fd_.get(), data, size);
  if (done >= 0) return static_cast<std::size_t>(done);
  if (errno != EAGAIN && errno != EWOULDBLOCK) close(sys::last_error());
  return 0;
}

bool writable_state::write(std::string_view data) {
  if (!fd_.is_open() || ending_) return false;
  if (!data.empty()) line_begun_ = data.back() != '\n';
  if (queued() == 0 && writer_.empty()) data.remove_prefix(put(data.data(), data.size()));
  if (!data.empty() && fd_.is_open()) {
    queue_.append(data);
    wait();
  }
  full_ = full_ || queued() >= high_water_mark;
  return fd_.is_open() && !full_;
}

void writable_state::end() {
  if (terminal_ && !ending_) type_end();
  ending_ = true;
  close_at_end();
}

/// A terminal stays open: closing it would hang it up (SIGHUP) before the child has read its input.
void writable_state::close_at_end() {
  if (!ending_ || (terminal_ && !dropped_)) return;
  if (fd_.is_open() && queued() == 0 && writer_.empty()) close({});
}

void writable_state::dropped() {
  drained->forget_program();
  closed->forget_program();
  detached();
}

void writable_state::detached() {
  if (joined_) return;
  dropped_ = true;
  end();
}

void writable_state::child_exited() {
  const bool lost = queued() != 0 || !writer_.empty();
  close(lost ? error_code(asio::error::broken_pipe) : error_code());
}

/// The end of a terminal's input is the character VEOF at the start of a line. Inside a line it only submits the line
/// (termios(3)).
void writable_state::type_end() {
  const auto end = fd_.is_open() ? sys::end_of_input(fd_.get()) : std::nullopt;
  if (end) write(line_begun_ ? std::string{*end, *end} : std::string{*end});
}

void writable_state::close(error_code reason) {
  if (!fd_.is_open()) return;
  auto self = shared_from_this();
  fd_.close();
  const error_code told = reason ? reason : error_code(asio::error::operation_aborted);
  if (reason || queued() != 0) not_drained_ = told;
  queue_.clear();
  sent_ = 0;
  if (!writer_.empty()) writer_.complete_one(told, 0);
  while (!drained_.empty()) drained_.complete_one(told);
  // Post it, because close() may be called from inside the caller's write().
  asio::post(get_executor(), [self, reason] { self->closed->set({}, reason); });
}

void writable_state::wait() {
  if (std::exchange(waiting_, true)) return;
  fd_.wait(loop::descriptor::wait_type::wait_write, [self = shared_from_this()](error_code ec) { self->ready(ec); });
}

/// The wait belonged to a cancelled write, unless the queue needs it, too.
void writable_state::stop_waiting() {
  if (queued() == 0) fd_.cancel();
}

void writable_state::ready(error_code ec) {
  waiting_ = false;
  if (!fd_.is_open()) return;
  if (ec && ec != asio::error::operation_aborted) return close(ec);
  if (!flush() || !fd_.is_open()) return;
  while (!drained_.empty()) drained_.complete_one({});
  if (std::exchange(full_, false)) {
    auto self = shared_from_this();
    drained->call();
    if (!fd_.is_open() || queued() != 0) return;
  }
  if (!writer_.empty()) return complete_write();
  close_at_end();
}

/// Returns true if the queue is empty.
bool writable_state::flush() {
  while (queued() != 0) {
    const std::size_t done = put(queue_.data() + sent_, queued());
    if (!fd_.is_open()) return false;
    if (done == 0) {
      wait();
      return false;
    }
    sent_ += done;
  }
  queue_.clear();
  sent_ = 0;
  return true;
}

void writable_state::write_some(asio::const_buffer buffer, handler h) {
  if (!fd_.is_open() || ending_) return writer_.post(std::move(h), asio::error::broken_pipe, 0);
  if (!writer_.empty()) return writer_.post(std::move(h), asio::error::already_started, 0);
  source_ = buffer;
  writer_.add(std::move(h), [this](asio::cancellation_type) { stop_waiting(); });
  if (queued() == 0) complete_write();
}

void writable_state::complete_write() {
  const std::size_t done = put(static_cast<const char*>(source_.data()), source_.size());
  if (!fd_.is_open()) return;  // close() has completed it
  if (done == 0 && source_.size() != 0) return wait();
  writer_.complete_one({}, done);
  close_at_end();
}

void writable_state::wait_drained(detail::waiters<>::handler h) {
  if (!fd_.is_open() || queued() == 0) return drained_.post(std::move(h), not_drained_);
  drained_.add(std::move(h));
}

unique_fd writable_state::release() {
  if (queued() != 0 || !writer_.empty()) throw std::logic_error("writable: data is queued");
  unique_fd fd = fd_.release();
  asio::post(get_executor(), [self = shared_from_this()] { self->closed->set({}, {}); });
  return fd;
}

}  // namespace brood::detail::process
