#include "loop/descriptor.hpp"

#include "sys/calls.hpp"

namespace brood::detail::loop {

error_code descriptor::make_nonblocking() {
  if (nonblocking_) return {};
  if (!is_open()) return asio::error::bad_descriptor;
  if (sys::set_nonblocking(get()) == -1) return sys::last_error();
  nonblocking_ = true;
  return {};
}

error_code descriptor::watch() {
  if (watched_) return {};
  if (!is_open()) return asio::error::bad_descriptor;
  auto& stream = watched_.emplace(get_executor());
  error_code ec;
  stream.assign(fd_.get(), ec);
  if (ec) {
    watched_.reset();
    return ec;
  }
  watched_fd_ = fd_.release();
  return {};
}

void descriptor::cancel() noexcept {
  error_code ignored;
  ++waits_->round;
  if (watched_) watched_->cancel(ignored);
}

void descriptor::close() noexcept {
  error_code ignored;
  ++waits_->round;
  if (watched_) watched_->close(ignored);
  watched_fd_ = -1;
  fd_.reset();
}

unique_fd descriptor::release() noexcept {
  ++waits_->round;
  if (watched_) fd_.reset(watched_->release());
  watched_.reset();
  watched_fd_ = -1;
  if (std::exchange(nonblocking_, false)) sys::set_blocking(fd_.get());
  return std::move(fd_);
}

}  // namespace brood::detail::loop
