#pragma once

#include <boost/asio/awaitable.hpp>
#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include "brood/executor.hpp"
#include "brood/http/request.hpp"
#include "brood/http/response.hpp"

namespace brood::http {

namespace detail {
/// Runs the coroutine of a handler on the loop of its connection, and has request and response kept until it ends.
void run_handler(asio::awaitable<void> work, response& answer);
}  // namespace detail

/// What answers requests: any function of `(const request&, response&)` that returns nothing, or a coroutine that
/// returns `asio::awaitable<void>`. Called once a request, when it has arrived whole.
///
/// Request and response of a coroutine are valid until it ends, whatever becomes of the connection; until then the
/// connection serves nothing else, even if the response has ended. A handler that throws, before or after its first
/// suspension, is answered with 500 and told to server_options::log, and so is one that ends without having ended the
/// response or kept a copy of it. A coroutine still suspended when the server is dropped goes on; response::open()
/// tells it so.
class handler {
 public:
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, handler> &&
             std::invocable<Function&, const request&, response&>)
  handler(Function f) : function_(adapt(std::move(f))) {}

  void operator()(const request& message, response& answer) const { function_(message, answer); }

 private:
  using function = std::function<void(const request&, response&)>;

  template <class Function>
  static function adapt(Function f) {
    using result = std::invoke_result_t<Function&, const request&, response&>;
    if constexpr (std::same_as<result, asio::awaitable<void>>) {
      return [f = std::move(f)](const request& message, response& answer) mutable {
        detail::run_handler(f(message, answer), answer);
      };
    } else {
      static_assert(std::is_void_v<result>, "a handler returns nothing, or asio::awaitable<void>");
      return f;
    }
  }

  function function_;
};

}  // namespace brood::http
