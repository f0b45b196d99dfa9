#include "brood/http/response.hpp"

#include <boost/asio/error.hpp>
#include <boost/json/serialize.hpp>
#include <utility>

#include "http/connection.hpp"

namespace brood::http {

namespace asio = boost::asio;

response::response(const response& other) noexcept
    : connection_(other.connection_), number_(other.number_), copy_(other.connection_ != nullptr) {
  if (copy_) connection_->copied(number_);
}

// The response that a handler gets belongs to the connection, so moving from it copies it.
response::response(response&& other) noexcept : connection_(other.connection_), number_(other.number_), copy_(true) {
  if (other.copy_) {
    other.connection_ = nullptr;
    other.copy_ = false;
  } else {
    copy_ = connection_ != nullptr;
    if (copy_) connection_->copied(number_);
  }
}

response& response::operator=(response other) noexcept {
  std::swap(connection_, other.connection_);
  std::swap(number_, other.number_);
  std::swap(copy_, other.copy_);
  return *this;
}

response::~response() {
  if (copy_ && connection_ != nullptr) connection_->dropped(number_);
}

bool response::open() const noexcept { return connection_ != nullptr && connection_->answers(number_); }

response& response::status(int code) {
  if (open()) connection_->current().status(code);
  return *this;
}

response& response::header(std::string_view name, std::string_view value) {
  if (open()) connection_->current().set(name, value);
  return *this;
}

response& response::append_header(std::string_view name, std::string_view value) {
  if (open()) connection_->current().add(name, value);
  return *this;
}

void response::wait_drained(brood::detail::waiters<>::handler handler) const {
  connection_->wait_drained(number_, std::move(handler));
}

bool response::write(std::string_view piece) { return open() && connection_->write(piece); }

bool response::send_file(unique_fd file, file_range range) {
  return open() && connection_->send_file(std::move(file), range);
}

upgraded response::upgrade() {
  if (!open()) throw boost::system::system_error(asio::error::not_connected, "http: upgrade");
  return connection_->upgrade(false).connection;
}

detail::departed detail::depart(response& from) {
  if (!from.open()) throw boost::system::system_error(asio::error::not_connected, "https: upgrade");
  return from.connection_->upgrade(true);
}

bool response::end(std::string_view body) { return open() && connection_->end(body); }

bool response::json(const boost::json::value& value) {
  return open() && header("Content-Type", "application/json").end(boost::json::serialize(value));
}

}  // namespace brood::http
