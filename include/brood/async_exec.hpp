#pragma once

#include <boost/asio/async_result.hpp>
#include <memory>
#include <string>
#include <utility>

#include "brood/detail/token.hpp"
#include "brood/exec.hpp"

/// exec() and exec_file() as one expression: `auto result = co_await brood::async_exec(loop, "uname -s");`
namespace brood {

namespace detail {

/// A running command that only its completion handler refers to.
using command = std::shared_ptr<detail::process::exec_state>;
command start_command(const executor& ex, const std::string& line, exec_options options);
command start_command(const executor& ex, const std::string& file, arguments args, exec_options options);
void wait_for(command started, boost::asio::any_completion_handler<void(error_code, exec_result)> handler);

template <class Token>
auto async_wait_for(command started, Token&& token) {
  return boost::asio::async_initiate<Token, void(error_code, exec_result)>(
      [state = std::move(started)](auto handler) { wait_for(state, std::move(handler)); }, token);
}

template <class T>
concept exec_token = boost::asio::completion_token_for<T, void(error_code, exec_result)>;

}  // namespace detail

/// Runs a line of shell and completes with its result, as `exec(ex, line, options).async_result(token)` does. The call
/// itself starts the command.
///
/// Options are passed as a named variable. g++ 12.2 destroys a temporary of an aggregate type twice if it stands in an
/// expression with a co_await. `exec_options::on_drop` is ignored, because there is no handle.
/// Throws: spawn_error if the command cannot be started.
/// Completion signature: `void(error_code, exec_result)`. A command that fails is a result, not an error.
/// Errors: as exec_run::async_result.
/// Cancellation: as exec_run::async_result.
/// Thread safety: may be called on any thread as long as the executor's context exists. Everything else happens on the
/// executor.
template <detail::exec_token Token = detail::default_token>
auto async_exec(executor ex, const std::string& line, const exec_options& options, Token&& token = Token{}) {
  return detail::async_wait_for(detail::start_command(ex, line, options), std::forward<Token>(token));
}
template <detail::exec_token Token = detail::default_token>
auto async_exec(executor ex, const std::string& line, Token&& token = Token{}) {
  return detail::async_wait_for(detail::start_command(ex, line, {}), std::forward<Token>(token));
}
template <class Token = detail::default_token>
void async_exec(executor, const std::string&, exec_options&&, Token&& = Token{}) {
  static_assert(detail::never<Token>,
                "name the options first: `const brood::exec_options options{...}; "
                "co_await brood::async_exec(loop, line, options);`");
}

/// The same for a program with arguments that no shell interprets, as exec_file(). On g++ 12.2 the arguments need a
/// name, too: it rejects a braced list in an expression with a co_await ("array used as initializer").
template <detail::exec_token Token = detail::default_token>
auto async_exec_file(executor ex, const std::string& file, arguments args, const exec_options& options,
                     Token&& token = Token{}) {
  return detail::async_wait_for(detail::start_command(ex, file, std::move(args), options), std::forward<Token>(token));
}
template <detail::exec_token Token = detail::default_token>
auto async_exec_file(executor ex, const std::string& file, arguments args = {}, Token&& token = Token{}) {
  return detail::async_wait_for(detail::start_command(ex, file, std::move(args), {}), std::forward<Token>(token));
}
template <class Token = detail::default_token>
void async_exec_file(executor, const std::string&, arguments, exec_options&&, Token&& = Token{}) {
  static_assert(detail::never<Token>,
                "name the options first: `const brood::exec_options options{...}; "
                "co_await brood::async_exec_file(loop, file, args, options);`");
}

}  // namespace brood
