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
/// Runs the coroutine of a handler on the loop of its connection, and has request and response kept until it ends.
void run_handler(boost::asio::awaitable<void> work, response& answer);
}  // namespace detail

/// What answers requests: any function of `(const request&, response&)` that returns nothing, or a coroutine that
/// returns `asio::awaitable<void>`. Called once a request, when it has arrived whole.
///
/// One of `(const request&, request_body&, response&)` is called as soon as the head has come, and reads the body
/// itself; request::body() is empty then.
///
/// Request and response of a coroutine are valid until it ends, whatever becomes of the connection; until then the
/// connection serves nothing else, even if the response has ended. A handler that throws, before or after its first
/// suspension, is answered with 500 and told to server_options::log, and so is one that ends without having ended the
/// response or kept a copy of it. A coroutine still suspended when the server is dropped goes on; response::open()
/// tells it so.
///
/// Thread safety: none of its own. A server calls it for one request at a time, on the server's executor. Copies for
/// servers on several threads share what the function refers to.
class handler {
  template <class Function>
  static constexpr bool takes_whole = std::invocable<Function&, const request&, response&>;
  template <class Function>
  static constexpr bool takes_stream = std::invocable<Function&, const request&, request_body&, response&>;

 public:
  template <class Function>
    requires(!std::same_as<std::remove_cvref_t<Function>, handler> && (takes_whole<Function> || takes_stream<Function>))
  handler(Function f) : function_(adapt(std::move(f))), streams_(!takes_whole<Function>) {}
  /// Says what a function that is no handler has to take.
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
  /// It reads bodies itself.
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
