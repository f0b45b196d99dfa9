#include "process/start.hpp"

#include <array>
#include <iterator>
#include <utility>

#include "launch/launch.hpp"
#include "sys/calls.hpp"

namespace brood::process {
namespace {

/// The child's and the parent's end of one standard stream; what is not needed stays empty.
struct stream_ends {
  int child = -1;       // borrowed, or owned by child_end
  unique_fd child_end;
  unique_fd parent_end;
};

[[noreturn]] void give_up(spawn_step step, std::string path) {
  throw spawn_error(step, sys::last_error(), std::move(path));
}

stream_ends open_stream(const stdio& kind, int number) {
  constexpr const char* null_device = "/dev/null";
  stream_ends ends;
  switch (kind.type()) {
    case stdio::kind::inherit: ends.child = number; return ends;
    case stdio::kind::descriptor: ends.child = kind.fd(); return ends;
    case stdio::kind::ignore:
      ends.child_end.reset(sys::open(null_device, number == 0 ? O_RDONLY : O_RDWR));
      if (!ends.child_end) give_up(spawn_step::open, null_device);
      break;
    case stdio::kind::pipe: {
      int both[2];
      if (sys::pipe(both) == -1) give_up(spawn_step::pipe, {});
      ends.child_end.reset(both[number == 0 ? 0 : 1]);
      ends.parent_end.reset(both[number == 0 ? 1 : 0]);
      break;
    }
  }
  ends.child = ends.child_end.get();
  return ends;
}

stream_ends open_channel() {
  stream_ends ends;
  int both[2];
  if (sys::socket_pair(both) == -1) give_up(spawn_step::pipe, {});
  ends.parent_end.reset(both[0]);
  ends.child_end.reset(both[1]);
  ends.child = both[1];
  return ends;
}

constexpr int channel_number = 3;

launch::request to_launch(const start_request& request, std::vector<int> descriptors) {
  launch::request result;
  result.file = request.file;
  result.argv.push_back(request.argv0.empty() ? request.file : request.argv0);
  result.argv.insert(result.argv.end(), request.args.begin(), request.args.end());
  environment env = request.env;
  if (request.channel) {
    env.set("NODE_CHANNEL_FD", std::to_string(channel_number)).set("NODE_CHANNEL_SERIALIZATION_MODE", "json");
  }
  result.env = env.block();
  result.cwd = request.cwd;
  result.descriptors = std::move(descriptors);
  result.new_session = request.detached;
  return result;
}

/// How a module is run: with "node" in front if it is a script, by itself otherwise.
void resolve_module(start_request& request, const std::string& module, const fork_options& options) {
  const bool script = module.ends_with(".js") || module.ends_with(".mjs") || module.ends_with(".cjs");
  if (options.exec_path.empty() && !script) {
    request.file = module;
    return;
  }
  request.file = options.exec_path.empty() ? "node" : options.exec_path;
  arguments all = options.exec_args;
  all.push_back(module);
  all.insert(all.end(), std::make_move_iterator(request.args.begin()), std::make_move_iterator(request.args.end()));
  request.args = std::move(all);
}

}  // namespace

started start(const asio::any_io_executor& ex, start_request request) {
  std::array<stream_ends, 4> ends{open_stream(request.in, 0), open_stream(request.out, 1), open_stream(request.err, 2)};
  std::vector<int> descriptors{ends[0].child, ends[1].child, ends[2].child};
  if (request.channel) {
    ends[channel_number] = open_channel();
    descriptors.push_back(ends[channel_number].child);
  }
  launch::plan plan(to_launch(request, std::move(descriptors)));
  launch::process process = launch::start(plan);

  started result;
  result.state = std::make_shared<child_state>(ex, std::move(process.pidfd), std::move(request.channel));
  child_state& state = *result.state;
  state.pid = process.pid;
  state.args = plan.take_argv();
  state.file = std::move(request.file);
  if (ends[0].parent_end) state.in = result.in = std::make_shared<writable_state>(ex, std::move(ends[0].parent_end));
  if (ends[1].parent_end) state.out = result.out = std::make_shared<readable_state>(ex, std::move(ends[1].parent_end));
  if (ends[2].parent_end) state.err = result.err = std::make_shared<readable_state>(ex, std::move(ends[2].parent_end));
  state.watch(std::move(ends[channel_number].parent_end));
  return result;
}

started start_module(std::shared_ptr<ipc::endpoint> channel, const std::string& module, arguments args,
                     const fork_options& options) {
  const asio::any_io_executor ex = channel->executor;
  start_request request{.file = {},
                        .args = std::move(args),
                        .argv0 = options.argv0,
                        .cwd = options.cwd.string(),
                        .env = options.env,
                        .in = options.in,
                        .out = options.out,
                        .err = options.err,
                        .detached = options.detached,
                        .channel = std::move(channel)};
  resolve_module(request, module, options);
  return start(ex, std::move(request));
}

}  // namespace brood::process
