#include "process/joint.hpp"

#include <array>
#include <boost/asio/post.hpp>
#include <stdexcept>

#include "brood/pipe.hpp"
#include "sys/calls.hpp"
#include "values/copying.hpp"

namespace brood::detail::process {
namespace {

constexpr std::size_t splice_size = 1024 * 1024;  // the maximum size of a pipe
constexpr std::size_t copy_size = 64 * 1024;
constexpr int moves_a_turn = 16;  // then other handlers of the loop run

}  // namespace

joint::joint(std::shared_ptr<readable_state> from, std::shared_ptr<writable_state> to)
    : ended(std::make_shared<detail::one_shot_state<error_code>>(from->get_executor())),
      from_(std::move(from)),
      to_(std::move(to)),
      splices_(!to_->is_terminal()) {}  // the end of a terminal's input depends on what was written last

void joint::start() {
  if (to_->is_joined()) throw std::logic_error("pipe: another stream is already joined to this one");
  from_->join();
  to_->join();
  to_->closed->listen([self = shared_from_this()](error_code reason) { self->target_closed(reason); });
  asio::post(from_->get_executor(), [self = shared_from_this()] { self->move(); });
}

void joint::move() {
  for (int i = 0; i < moves_a_turn && !finished_; ++i) {
    switch (move_some()) {
      case outcome::moved: continue;
      case outcome::source_dry: return wait_for_source();
      case outcome::target_full: return wait_for_target();
      case outcome::finished: return;
    }
  }
  if (!finished_) asio::post(from_->get_executor(), [self = shared_from_this()] { self->move(); });
}

joint::outcome joint::move_some() {
  if (!to_->is_open()) return outcome::finished;  // target_closed() follows
  if (to_->queued() != 0) return outcome::target_full;
  if (const std::string kept = from_->take_all_kept(); !kept.empty()) {
    to_->write(kept);
    return outcome::moved;
  }
  if (!from_->is_open()) {
    finish({});
    return outcome::finished;
  }
  for (error_code ec : {from_->descriptor().make_nonblocking(), to_->descriptor().make_nonblocking()}) {
    if (!ec) continue;
    finish(ec);
    return outcome::finished;
  }
  return splices_ ? splice_some() : copy_some();
}

joint::outcome joint::splice_some() {
  const ssize_t size = sys::splice_without_signal(from_->descriptor().get(), to_->descriptor().get(), splice_size);
  if (size > 0) return outcome::moved;
  if (size == -1 && sys::would_block()) {
    // The error does not say which of the two it was. If data arrives in between, the target is found ready at once.
    return sys::readable_now(from_->descriptor().get()) == 0 ? outcome::source_dry : outcome::target_full;
  }
  if (size == -1 && errno == EINVAL) {  // neither is a pipe, or one is a terminal
    splices_ = false;
    return outcome::moved;
  }
  finish(size == 0 ? error_code() : sys::last_error());
  return outcome::finished;
}

joint::outcome joint::copy_some() {
  alignas(io_buffer::place) std::array<char, copy_size> buffer;
  const ssize_t size = from_->read(buffer.data(), buffer.size());
  if (size > 0) {
    to_->write({buffer.data(), static_cast<std::size_t>(size)});
    return outcome::moved;
  }
  if (size == -1 && sys::would_block()) return outcome::source_dry;
  // EIO: the other side of the terminal is closed
  finish(size == 0 || errno == EIO ? error_code() : sys::last_error());
  return outcome::finished;
}

void joint::wait_for_source() {
  using wait_type = loop::descriptor::wait_type;
  from_->descriptor().wait(wait_type::wait_read, [self = shared_from_this()](error_code ec) { self->ready(ec); });
}

void joint::wait_for_target() {
  if (to_->queued() != 0) {
    to_->wait_drained([self = shared_from_this()](error_code) { self->move(); });
    return;
  }
  using wait_type = loop::descriptor::wait_type;
  to_->descriptor().wait(wait_type::wait_write, [self = shared_from_this()](error_code ec) { self->ready(ec); });
}

/// A cancelled wait means that one of the streams was closed, which move() detects. Any other error would recur at
/// once.
void joint::ready(error_code ec) {
  if (ec && ec != asio::error::operation_aborted) return finish(ec);
  move();
}

/// The reader closed its end, or the program closed the stream: the writer must get SIGPIPE or EPIPE.
void joint::target_closed(error_code reason) {
  if (finished_) return;
  finish(reason ? reason : error_code(asio::error::broken_pipe));
}

void joint::finish(error_code reason) {
  if (std::exchange(finished_, true)) return;
  auto self = shared_from_this();
  from_->close();
  if (reason) {
    to_->close(reason);
  } else {
    to_->end();
  }
  ended->set({}, reason);
}

unique_fd relay(const std::shared_ptr<readable_state>& from) {
  int ends[2];
  if (sys::pipe(ends) == -1) {
    throw boost::system::system_error(sys::last_error(), "readable: buffered output cannot be forwarded");
  }
  unique_fd reader(ends[0]);
  auto writer = std::make_shared<writable_state>(from->get_executor(), unique_fd(ends[1]));
  std::make_shared<joint>(from, std::move(writer))->start();
  return reader;
}

}  // namespace brood::detail::process
