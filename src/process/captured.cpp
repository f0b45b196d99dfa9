#include "process/captured.hpp"

#include <algorithm>
#include <filesystem>

#include "sys/calls.hpp"

namespace brood::detail::process {
namespace {

error_code write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const ssize_t done = sys::write_without_signal(fd, data.data(), data.size());
    if (done == -1) return sys::last_error();
    data.remove_prefix(static_cast<std::size_t>(done));
  }
  return {};
}

}  // namespace

int captured::open_memory() noexcept {
  memory_.reset(sys::memory_file());
  return memory_.get();
}

error_code captured::add(std::string_view piece) {
  if (file_) return spill(piece);
  const std::size_t room = limit_ - text_.size();
  text_ += piece.substr(0, room);
  if (piece.size() <= room || truncated_) return {};
  if (policy_ == exec_options::overflow::spill) return spill(piece.substr(room));
  truncated_ = true;
  return {};
}

/// The first time, the text in memory is written first, because the file must have the whole output.
error_code captured::spill(std::string_view piece) {
  if (truncated_) return {};
  error_code failed;
  if (!file_) {
    std::error_code no_directory;
    const auto directory = std::filesystem::temp_directory_path(no_directory);
    unique_fd made(sys::unnamed_file(no_directory ? "/tmp" : directory.string()));
    failed = made ? write_all(made.get(), text_) : sys::last_error();
    file_ = std::make_shared<const unique_fd>(std::move(made));
  }
  if (!failed) failed = write_all(file_->get(), piece);
  if (!failed) return {};
  file_.reset();
  truncated_ = true;
  return failed;
}

bool captured::over_limit() const noexcept {
  return memory_ ? sys::size_of(memory_.get()) > static_cast<std::int64_t>(limit_) : truncated_ || file_;
}

error_code captured::finish() {
  if (!memory_) return {};
  const std::int64_t size = std::max<std::int64_t>(sys::size_of(memory_.get()), 0);
  text_.resize(std::min(limit_, static_cast<std::size_t>(size)));
  for (std::size_t done = 0; done < text_.size();) {
    const ssize_t more = sys::read_at(memory_.get(), text_.data() + done, text_.size() - done, done);
    if (more <= 0) text_.resize(done);  // the file was truncated meanwhile
    if (more == -1) return sys::last_error();
    done += static_cast<std::size_t>(more);
  }
  if (static_cast<std::size_t>(size) <= limit_) return {};
  if (policy_ == exec_options::overflow::spill) {
    file_ = std::make_shared<const unique_fd>(std::move(memory_));
  } else {
    truncated_ = true;
  }
  return {};
}

}  // namespace brood::detail::process
