#include "brood/spawn_sync.hpp"

#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "process/start.hpp"

// A loop of their own, for the length of the call, is all that these add to the calls they are named after.

namespace brood {
namespace {

namespace asio = boost::asio;

/// Gives the command its input and runs the loop until the result is there. A grandchild that keeps a pipe open does
/// not delay this, because exec closes the pipes.
exec_result finish(asio::io_context& loop, exec_run run, const sync_options& options) {
  error_code reason;
  exec_result result;
  run.async_result([&](error_code ec, exec_result r) {
    reason = ec;
    result = std::move(r);
  });
  const auto in = options.exec.in.type();
  if (in == stdio::kind::usual || in == stdio::kind::pipe || in == stdio::kind::terminal)
    run.child().in().end(options.input);
  loop.run();
  if (reason) throw boost::system::system_error(reason, result.command);
  return result;
}

void refuse_channel(const sync_options& options) {
  if (options.exec.in.type() != stdio::kind::channel) return;
  throw std::invalid_argument("exec_sync: a channel is not possible, because no event loop reads it");
}

}  // namespace

exec_result exec_file_sync(const std::string& file, arguments args, const sync_options& options) {
  refuse_channel(options);
  asio::io_context loop{1};
  return finish(loop, exec_file(loop, file, std::move(args), options.exec), options);
}

exec_result exec_sync(const std::string& line, const sync_options& options) {
  refuse_channel(options);
  asio::io_context loop{1};
  return finish(loop, exec(loop, line, options.exec), options);
}

spawn_sync_result spawn_sync(const shell& line, const spawn_options& options) {
  return spawn_sync(line.program(), line.args(), options);
}

spawn_sync_result spawn_sync(const std::string& command, const spawn_options& options) {
  return spawn_sync(command, arguments(), options);
}

spawn_sync_result spawn_sync(const std::string& command, arguments args, const spawn_options& options) {
  for (const auto kind : {stdio::kind::pipe, stdio::kind::terminal, stdio::kind::channel}) {
    if (!detail::process::has_stdio(options, kind)) continue;
    throw std::invalid_argument(
        "spawn_sync: a pipe, terminal or channel is not possible, because nothing reads its other end");
  }
  asio::io_context loop{1};
  auto parts = detail::process::start(
      loop.get_executor(),
      {.file = command, .args = std::move(args), .options = options, .usual = stdio::inherit, .channel = nullptr});
  const auto state = parts.state;
  const auto exited = state->exited;
  loop.run();
  if (error_code reason = exited->error()) throw boost::system::system_error(reason, command);
  return {std::get<0>(*exited->results()), state->timed_out};
}

}  // namespace brood
