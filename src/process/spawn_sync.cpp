#include "brood/spawn_sync.hpp"

#include <boost/asio/io_context.hpp>
#include <stdexcept>

#include "process/start.hpp"

// A loop of their own, for the length of the call, is all that these add to the calls they are named after.

namespace brood {
namespace {

/// Gives the command its input and runs the loop until the result is there. A grandchild that keeps a pipe does not
/// keep the loop: exec lets go of the pipes.
exec_result finish(asio::io_context& loop, exec_run run, const std::string& input) {
  error_code reason;
  exec_result result;
  run.async_result([&](error_code ec, exec_result r) {
    reason = ec;
    result = std::move(r);
  });
  run.child().in().end(input);
  loop.run();
  if (reason) throw boost::system::system_error(reason, result.command);
  return result;
}

}  // namespace

exec_result exec_file_sync(const std::string& file, arguments args, const sync_options& options) {
  asio::io_context loop{1};
  return finish(loop, exec_file(loop, file, std::move(args), options.exec), options.input);
}

exec_result exec_sync(const std::string& line, const sync_options& options) {
  asio::io_context loop{1};
  return finish(loop, exec(loop, line, options.exec), options.input);
}

exit_status spawn_sync(const std::string& command, arguments args, const spawn_options& options) {
  for (const stdio* one : {&options.in, &options.out, &options.err}) {
    if (one->type() == stdio::kind::pipe) throw std::invalid_argument("spawn_sync: a pipe would have no other end");
  }
  asio::io_context loop{1};
  auto parts = process::start(
      loop.get_executor(),
      {.file = command, .args = std::move(args), .options = options, .usual = stdio::inherit, .channel = nullptr});
  const child_process child(std::move(parts));
  loop.run();
  if (error_code reason = child.exited.error()) throw boost::system::system_error(reason, command);
  return *child.exited.value();
}

}  // namespace brood
