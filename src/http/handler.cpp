#include "brood/http/handler.hpp"

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <utility>

#include "http/connection.hpp"

namespace brood::http::detail {

namespace asio = boost::asio;

/// Notifies the connection that its handler has ended: the coroutine has returned, or the loop was destroyed and the
/// coroutine with it.
class handler_end {
 public:
  explicit handler_end(response& answer) noexcept : connection_(answer.connection_) { connection_->handler_goes_on(); }
  handler_end(handler_end&& other) noexcept : connection_(std::exchange(other.connection_, nullptr)) {}
  ~handler_end() {
    if (connection_ != nullptr) connection_->handler_ended(nullptr);
  }
  const asio::any_io_executor& executor() const noexcept { return connection_->executor(); }
  void operator()(const std::exception_ptr& error) { std::exchange(connection_, nullptr)->handler_ended(error); }

 private:
  connection* connection_;
};

void run_handler(asio::awaitable<void> work, response& answer) {
  handler_end end{answer};
  asio::co_spawn(end.executor(), std::move(work), std::move(end));
}

}  // namespace brood::http::detail
