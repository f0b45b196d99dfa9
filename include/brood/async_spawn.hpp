#pragma once

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <memory>
#include <optional>
#include <string>

#include "brood/child_process.hpp"
#include "brood/detail/token.hpp"

namespace brood {

namespace detail::process {
class async_start;
}

/// A child that another thread is starting, so that the loop does not block. Copies refer to the same start.
///
/// If all copies are destroyed, the start goes on and a pending async_child() still completes. If none is pending, the
/// child is treated as one whose handle was destroyed (spawn_options::on_drop): by default it keeps running, and is
/// reaped.
class [[nodiscard]] pending_spawn {
 public:
  /// Completes with the child. Only one call gets it; for others the optional is empty.
  /// Completion signature: `void(error_code, std::optional<child_process>)`.
  /// Errors: the errno of the step that failed, with details in error(); operation_aborted when cancelled.
  /// Cancellation: every kind ends the wait. The start goes on, and another call can still get the child.
  template <
      boost::asio::completion_token_for<void(error_code, std::optional<child_process>)> Token = detail::default_token>
  auto async_child(Token&& token = Token{}) & {
    return boost::asio::async_initiate<Token, void(error_code, std::optional<child_process>)>(
        [state = state_](auto handler) { wait(*state, std::move(handler)); }, token);
  }
  template <class Token = detail::default_token>
  void async_child(Token&& = Token{}) && {
    static_assert(detail::never<Token>,
                  "name the start first: `auto start = brood::async_spawn(...); "
                  "co_await start.async_child();`");
  }

  /// The exception that spawn() would have thrown. Empty while the start is in progress and if it succeeded.
  const std::optional<spawn_error>& error() const noexcept;

 private:
  friend detail::access;
  explicit pending_spawn(std::shared_ptr<detail::process::async_start> state);
  using child_handler = boost::asio::any_completion_handler<void(error_code, std::optional<child_process>)>;
  static void wait(detail::process::async_start& state, child_handler handler);

  std::shared_ptr<detail::process::async_start> state_;
};

/// spawn() on brood's launcher thread. The loop is blocked only for the few microseconds that the hand-over takes,
/// however much memory this process has and however slowly the program loads. A failed start, even one with an
/// invalid argument, is reported by async_child() and not thrown.
/// Throws: std::logic_error for a wrong thread or strand, see executor.
pending_spawn async_spawn(executor ex, const std::string& command, arguments args = {},
                          const spawn_options& options = {});
pending_spawn async_spawn(executor ex, const std::string& command, const spawn_options& options);
pending_spawn async_spawn(executor ex, const shell& line, const spawn_options& options = {});

}  // namespace brood
