#include "process/readable.hpp"

#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "sys/calls.hpp"
#include "values/copying.hpp"

namespace brood::detail::process {
namespace {

constexpr std::size_t chunk = 64 * 1024;  // the capacity of a pipe
constexpr int large_pipe = 1024 * 1024;
constexpr std::size_t max_kept = 3 * large_pipe;  // more than a child can leave in its pipe and the side pipe
constexpr int chunks_a_turn = 16;                 // then other handlers of the loop run

/// On Linux, EIO means that the other side of a terminal is closed; pty(7) does not mention it.
error_code end_reason(int fd, ssize_t size) {
  if (size == 0) return asio::error::eof;
  const error_code reason = sys::last_error();
  return reason.value() == EIO && ::isatty(fd) == 1 ? error_code(asio::error::eof) : reason;
}

bool would_block(ssize_t result) { return result == -1 && sys::would_block(); }

}  // namespace

void readable_state::flow() {
  if (joined_ || pumping_) return;  // the current turn continues by itself
  flowing_ = true;
  fd_.keep_loop(true);
  // A child that has just been started has not written yet, so an early read would only cost a system call.
  if (fd_.is_open() && kept_.empty() && side_.held() == 0 && !lines_wait_) return wait();
  next_turn();
}

std::weak_ptr<detail::listener_base> readable_state::add_line_listener(std::function<void(const output_line&)> f,
                                                                       std::size_t limit) {
  auto lines = std::make_shared<line_delivery>(std::move(f), limit);
  auto feeder = data_.add(
      [this, lines](std::string_view data) {
        lines->add(data);
        if (!lines->deliver(*this)) lines_wait_ = true;
      },
      detail::audience::program);
  lines->fed_by(feeder);
  std::erase_if(lines_, [](const auto& one) { return one.expired(); });
  lines_.push_back(lines);
  return feeder;
}

/// Returns false if a pause keeps lines from being delivered.
bool readable_state::deliver_lines() {
  if (lines_.empty()) return true;
  lines_wait_ = false;
  const bool at_end = !fd_.is_open() && kept_.empty();
  const auto all = lines_;
  for (const auto& one : all) {
    const auto lines = one.lock();
    if (!lines) continue;
    if (at_end) lines->end();
    if (!lines->deliver(*this)) lines_wait_ = true;
  }
  return !lines_wait_;
}

void readable_state::next_turn() {
  asio::post(get_executor(), [self = shared_from_this()] { self->pump(); });
}

void readable_state::resume() {
  paused_ = false;
  if (flowing_) flow();
}

void readable_state::close() {
  if (ended->happened()) return;
  kept_.clear();
  if (paused_) lines_.clear();
  side_.close();
  fd_.close();
  // Post it, because the caller may be inside a call of the program.
  asio::post(get_executor(), [self = shared_from_this()] { self->finish(asio::error::operation_aborted); });
}

unique_fd readable_state::release() {
  if (flowing_ || joined_ || !reader_.empty()) throw std::logic_error("readable: the stream is being read");
  unique_fd given = fd_.release();
  if (!given || !kept_.empty()) {
    given.reset(sys::memory_file());
    if (!given || sys::write_at(given.get(), kept_.data(), kept_.size(), 0) == -1) {
      throw boost::system::system_error(sys::last_error(), "readable: buffered output cannot be preserved");
    }
  }
  close();
  return given;
}

void readable_state::join() {
  if (flowing_ || joined_ || !reader_.empty()) throw std::logic_error("pipe: the stream is being read");
  joined_ = true;
  fd_.keep_loop(true);
  fd_.cancel();
}

void readable_state::dropped() {
  data_.forget_program();
  ended->forget_program();
  if (!joined_ && data_.empty() && reader_.empty()) close();
}

void readable_state::wait() {
  if (std::exchange(waiting_, true)) return;
  fd_.wait(loop::descriptor::wait_type::wait_read, [self = shared_from_this()](error_code ec) { self->ready(ec); });
}

void readable_state::ready(error_code ec) {
  waiting_ = false;
  if (ec == asio::error::operation_aborted) {
    // A cancelled read ended the wait. Meanwhile another read or the flow may have started, or the end may be awaited.
    if (fd_.is_open() && !joined_ && (!reader_.empty() || flowing_ || exited_)) wait();
    return;
  }
  if (joined_ || !fd_.is_open()) return;
  if (ec) return finish(ec);
  if (flowing_ && !(paused_ && exited_)) return pump();
  if (!reader_.empty()) return complete_read();
  look_for_end();
}

/// One turn of the flow. If a listener throws, only this turn ends: the guard posts the next one.
void readable_state::pump() {
  if (pumping_ || !fd_.is_open()) {
    if (!pumping_) emit_kept();
    return;
  }
  if (paused_ && exited_) return take_what_is_left();
  auto self = shared_from_this();
  struct turn {
    readable_state& state;
    bool again = true;
    ~turn() {
      state.pumping_ = false;
      if (again && (!state.paused_ || state.exited_)) state.next_turn();
    }
  } turn{*self};
  pumping_ = true;
  if (!emit_kept()) return;
  if (error_code ec = fd_.make_nonblocking()) return finish(ec);
  const io_buffer buffer(chunk);
  for (int i = 0; i < chunks_a_turn && !paused_ && fd_.is_open(); ++i) {
    const ssize_t size = read(buffer.data(), chunk);
    if (size > 0) {
      make_room_if_full(static_cast<std::size_t>(size));
      data_.call(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
      deliver_lines();  // those that a pause had kept back, if another listener has resumed the stream
      continue;
    }
    turn.again = false;
    if (would_block(size)) return wait();
    return finish(end_reason(fd_.get(), size));
  }
  if (!fd_.is_open()) turn.again = false;
}

/// A child that fills its pipe has more output than fits: a larger pipe reduces the number of turns of both sides. Only
/// then, because most children write little. If the system does not permit it, nothing changes.
void readable_state::make_room_if_full(std::size_t size) noexcept {
  full_ = size == chunk;
  if (full_ && !std::exchange(grown_, true)) moves_ = sys::set_pipe_size(fd_.get(), large_pipe) != -1;
}

/// Data that cannot be moved is read directly, and the end or an error is detected there, too.
void readable_state::move_aside() noexcept {
  moves_ = (side_.is_open() || side_.open(fd_.get())) && (side_.take_from(fd_.get()) != -1 || sys::would_block());
}

/// Returns true if no kept data is left.
bool readable_state::emit_kept() {
  if (!deliver_lines() || (paused_ && !kept_.empty())) return false;
  if (const std::string kept = std::exchange(kept_, {}); !kept.empty()) data_.call(kept);
  end_if_read();
  return true;
}

void readable_state::read_some(asio::mutable_buffer buffer, handler h) {
  if (flowing_ || joined_ || !reader_.empty()) return reader_.post(std::move(h), asio::error::already_started, 0);
  if (buffer.size() == 0) return reader_.post(std::move(h), {}, 0);
  if (!kept_.empty()) return reader_.post(std::move(h), {}, take_kept(buffer));
  if (!fd_.is_open()) return reader_.post(std::move(h), failure_ ? failure_ : asio::error::eof, 0);
  if (error_code ec = fd_.make_nonblocking()) return reader_.post(std::move(h), ec, 0);
  target_ = buffer;
  fd_.keep_loop(true);
  reader_.add(std::move(h), [this](asio::cancellation_type) { fd_.cancel(); });
  complete_read();
}

void readable_state::complete_read() {
  const ssize_t size = read(target_.data(), target_.size());
  if (would_block(size)) return wait();
  if (size <= 0) return finish(end_reason(fd_.get(), size));
  reader_.complete_one({}, static_cast<std::size_t>(size));
  // The program may not read again. If it does, its read comes first.
  if (exited_) asio::post(get_executor(), [self = shared_from_this()] { self->take_what_is_left(); });
}

void readable_state::read_available() {
  if (!flowing_ || paused_ || !fd_.is_open()) return;
  auto self = shared_from_this();
  const io_buffer buffer(chunk);
  for (std::size_t left = side_.held() + sys::readable_now(fd_.get()); left > 0 && fd_.is_open();) {
    const ssize_t size = read(buffer.data(), std::min(chunk, left));
    if (would_block(size)) return;
    if (size <= 0) return finish(end_reason(fd_.get(), size));
    left -= static_cast<std::size_t>(size);
    data_.call(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
  }
}

std::size_t readable_state::take_kept(asio::mutable_buffer buffer) {
  const std::size_t size = std::min(buffer.size(), kept_.size());
  std::memcpy(buffer.data(), kept_.data(), size);
  kept_.erase(0, size);
  if (kept_.empty()) {
    asio::post(get_executor(), [self = shared_from_this()] {
      self->end_if_read();
      self->take_what_is_left();
    });
  }
  return size;
}

void readable_state::child_exited() {
  exited_ = true;
  take_what_is_left();
}

void readable_state::keep_loop(bool on) {
  end_keeps_loop_ = on;
  if (exited_ && idle()) fd_.keep_loop(on);
}

/// All masters of a terminal share its modes: if one was released, it is in blocking mode, and so is this one.
ssize_t readable_state::read(void* data, std::size_t size) noexcept {
  if (terminal_ && !sys::is_ready(fd_.get(), POLLIN)) {
    errno = EAGAIN;
    return -1;
  }
  if (full_ && moves_ && side_.held() == 0) move_aside();
  return side_.held() != 0 ? side_.read(data, size) : sys::read(fd_.get(), data, size);
}

void readable_state::take_what_is_left() {
  if (!exited_ || !fd_.is_open() || !idle()) return;
  fd_.keep_loop(end_keeps_loop_);
  if (error_code ec = fd_.make_nonblocking()) return finish(ec);
  look_for_end();
}

/// Reads the available data, and continues to wait if the end has not been reached: a grandchild may hold the other
/// end. A grandchild that writes for ever is stopped by the full pipe; from then on data is read on demand.
void readable_state::look_for_end() {
  char piece[4096];
  while (kept_.size() < max_kept) {
    const ssize_t size = read(piece, sizeof piece);
    if (would_block(size)) return wait();
    if (size <= 0) return finish(end_reason(fd_.get(), size));
    kept_.append(piece, static_cast<std::size_t>(size));
  }
}

void readable_state::finish(error_code reason) {
  auto self = shared_from_this();
  side_.close();
  fd_.close();
  if (reason != asio::error::eof && reason != asio::error::operation_aborted) failure_ = reason;
  if (!reader_.empty()) reader_.complete_one(reason, 0);
  end_if_read();  // first, because the child's last event, `closed`, follows from `finished`
  finished->set(failure_);
}

void readable_state::end_if_read() {
  if (fd_.is_open() || !kept_.empty()) return;
  auto self = shared_from_this();
  if (!deliver_lines()) return;
  ended->set(failure_);
  data_.clear();
}

}  // namespace brood::detail::process
