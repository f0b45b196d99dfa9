// Responses that are sent from a file.
#include <sys/stat.h>

#include <algorithm>
#include <boost/system/system_error.hpp>
#include <cerrno>

#include "http/connection.hpp"
#include "http/core.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

// The limit for one turn; then other connections are served. As nginx's sendfile_max_chunk.
constexpr std::uint64_t max_at_once = 2 * 1024 * 1024;

}  // namespace

bool connection::send_file(unique_fd file, file_range range) {
  struct stat s {};
  if (::fstat(file.get(), &s) != 0) {
    throw boost::system::system_error(errno, boost::system::system_category(), "http: send_file");
  }
  const auto size = static_cast<std::uint64_t>(S_ISREG(s.st_mode) ? s.st_size : 0);
  if (!S_ISREG(s.st_mode) || range.offset > size || answer_.opened()) {
    throw boost::system::system_error(asio::error::invalid_argument, "http: send_file");
  }
  const auto length = std::min(range.size, size - range.offset);
  if (!drop_body()) answer_.close();
  answer_.open(out(), core_->date(), length);
  if (answer_.has_body() && length > 0) {
    file_ = std::make_unique<outgoing_file>();
    file_->fd = std::move(file);
    file_->offset = range.offset;
    file_->left = length;
  }
  ended_ = true;
  flush();
  if (!in_handler_ && phase_ == phase::answering && !file_) ended_later();
  return true;
}

/// Called after out_ was sent. Returns true if the file was sent completely.
bool connection::flush_file() {
  auto budget = max_at_once;
  while (file_->left > 0) {
    if (budget == 0) {
      await_writable();
      return false;
    }
    const auto wanted = static_cast<std::size_t>(std::min(file_->left, budget));
    const auto sent = stream_.send_file(file_->fd.get(), file_->offset, wanted);
    if (sent.blocked) {
      await_writable();
      return false;
    }
    if (sent.size == 0) {
      // The peer has closed, or the file became shorter. Only closing the connection can signal that to the peer.
      close();
      return false;
    }
    file_->offset += sent.size;
    file_->left -= sent.size;
    budget -= sent.size;
  }
  file_.reset();
  return true;
}

}  // namespace brood::http::detail
