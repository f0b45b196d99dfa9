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

/// A child on its way: it is being started by another thread, so that the loop does not stand still meanwhile.
/// Dropping this lets the start go on; the child then runs, and is reaped, unheard.
class [[nodiscard]] pending_spawn {
 public:
  /// Gives the child, once. Signature: `void(error_code, std::optional<child_process>)`. Error: errno of the step that
  /// failed, told in full by error(); operation_aborted when cancelled. Cancellation: every kind; the child, should it
  /// start, is left running.
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

  /// What spawn() would have thrown; empty while the start is under way and when it succeeded.
  const std::optional<spawn_error>& error() const noexcept;

 private:
  friend detail::access;
  explicit pending_spawn(std::shared_ptr<detail::process::async_start> state);
  using child_handler = boost::asio::any_completion_handler<void(error_code, std::optional<child_process>)>;
  static void wait(detail::process::async_start& state, child_handler handler);

  std::shared_ptr<detail::process::async_start> state_;
};

/// spawn(), made by a thread of brood's own. The loop is held up for the few microseconds that it takes to hand the
/// work over, however much memory this process holds and however slow the program is to load. Never throws for a start
/// that fails: async_child() tells, also for arguments that cannot be passed.
pending_spawn async_spawn(executor ex, const std::string& command, arguments args = {}, const spawn_options& options = {});
pending_spawn async_spawn(executor ex, const std::string& command, const spawn_options& options);
pending_spawn async_spawn(executor ex, const shell& line, const spawn_options& options = {});

}  // namespace brood
