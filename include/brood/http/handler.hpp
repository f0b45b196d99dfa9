#pragma once

#include <boost/asio/awaitable.hpp>
#include <concepts>
#include <functional>
#include <type_traits>
#include <utility>

#include "brood/detail/token.hpp"
#include "brood/executor.hpp"
#include "brood/http/request.hpp"
#include "brood/http/request_body.hpp"
#include "brood/http/response.hpp"

namespace brood::http {

namespace detail {
/// Runs the coroutine of a handler on the connection's loop, and keeps request and response alive until it ends.
void run_handler(boost::asio::awaitable<void> work, response& answer);
}  // namespace detail

/// A function that answers requests. It takes `(const request&, response&)` and returns nothing, or is a coroutine that
/// returns `asio::awaitable<void>`. It is called once for each request, after the whole request has arrived.
///
/// A function of `(const request&, request_body&, response&)` is called after the head has arrived, and reads the body
/// itself; request::body() is empty then.
///
/// Request and response of a coroutine are valid until it ends, even if the connection is lost. Until then the
/// connection serves no other request, even if the response has ended. If a handler throws, before or after its first
/// suspension, the response is 500 and server_options::log is called. The same happens if it neither ends the response
/// nor keeps a copy of it. A coroutine that is suspended when the server is destroyed goes on; response::open() is
/// false then.
///
/// Thread safety: none of its own. A server calls it for one request at a time, on the server's executor. Copies for
/// servers on several threads share the objects that the function refers to.
class handler {
  template <class Function>
  static constexpr bool takes_whole = std::invocable<Function&, const request&, response&>;
  template <class Function>
  static constexpr bool takes_stream = std::invocable<Function&, const request&, request_body&, response&>;

 public:
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, handler> && (takes_whole<Function> || takes_stream<Function>))
  handler(Function f) : function_(adapt(std::move(f))), streams_(!takes_whole<Function>) {}
  /// Rejects other functions with a message that names the accepted parameters.
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, handler> && !takes_whole<Function> && !takes_stream<Function>)
  handler(Function) {
    static_assert(brood::detail::never<Function>,
                  "a handler takes (const brood::http::request&, brood::http::response&) or "
                  "(const brood::http::request&, brood::http::request_body&, brood::http::response&)");
  }

  void operator()(const request& message, request_body& body, response& answer) const {
    function_(message, body, answer);
  }
  /// Whether the function reads bodies itself.
  bool streams() const noexcept { return streams_; }

 private:
  using function = std::function<void(const request&, request_body&, response&)>;

  template <class Function>
  static auto call(Function& f, const request& message, request_body& body, response& answer) {
    if constexpr (takes_whole<Function>) {
      return f(message, answer);
    } else {
      return f(message, body, answer);
    }
  }

  template <class Function>
  static function adapt(Function f) {
    return [f = std::move(f)](const request& message, request_body& body, response& answer) mutable {
      using result = decltype(call(f, message, body, answer));
      if constexpr (std::same_as<result, boost::asio::awaitable<void>>) {
        detail::run_handler(call(f, message, body, answer), answer);
      } else {
        static_assert(std::is_void_v<result>, "a handler returns nothing, or boost::asio::awaitable<void>");
        call(f, message, body, answer);
      }
    };
  }

  function function_;
  bool streams_;
};

}  // namespace brood::http
