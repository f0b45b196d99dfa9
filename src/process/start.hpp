#pragma once

#include <memory>
#include <string>

#include "process/child_state.hpp"

namespace brood::process {

/// What spawn() and fork() have in common, once their options are reduced to this.
struct start_request {
  std::string file;
  arguments args;  ///< without argv[0]
  std::string argv0;
  std::string cwd;
  environment env;
  stdio in = stdio::pipe;
  stdio out = stdio::pipe;
  stdio err = stdio::pipe;
  bool detached = false;
  std::shared_ptr<ipc::endpoint> channel{};  ///< if given, the child gets the other end at descriptor 3
};

/// A started child: its state, and the parent's ends of its pipes, which belong to the handle.
struct started {
  std::shared_ptr<child_state> state;
  std::shared_ptr<writable_state> in;
  std::shared_ptr<readable_state> out;
  std::shared_ptr<readable_state> err;
};

/// Throws spawn_error; then no descriptor and no child is left.
started start(const asio::any_io_executor& ex, start_request request);

/// fork(): the same for a module, with a channel that is `channel` on this side.
started start_module(std::shared_ptr<ipc::endpoint> channel, const std::string& module, arguments args,
                     const fork_options& options);

}  // namespace brood::process
