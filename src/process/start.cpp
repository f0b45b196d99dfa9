#include "process/start.hpp"

#include <algorithm>
#include <boost/asio/steady_timer.hpp>
#include <iterator>
#include <utility>

#include "launch/launcher.hpp"
#include "process/stop_steps.hpp"
#include "sys/calls.hpp"

namespace brood::detail::process {
namespace {

[[noreturn]] void refuse(std::string what) {
  throw spawn_error(spawn_step::argument, {EINVAL, boost::system::system_category()}, std::move(what));
}

/// Decides how a module is run: by "node" if it is a script, otherwise directly.
void resolve_module(start_request& request, const std::string& module) {
  const bool script = module.ends_with(".js") || module.ends_with(".mjs") || module.ends_with(".cjs");
  const std::string& runner = request.options.exec_path;
  if (runner.empty() && !script) {
    if (!request.options.exec_args.empty()) refuse("`exec_args` without `exec_path`");
    request.file = module;
    return;
  }
  request.file = runner.empty() ? "node" : runner;
  arguments all = request.options.exec_args;
  all.push_back(module);
  all.insert(all.end(), std::make_move_iterator(request.args.begin()), std::make_move_iterator(request.args.end()));
  request.args = std::move(all);
}

}  // namespace

void add_channel(start_request& request, const asio::any_io_executor& ex) {
  if (!request.channel && has_stdio(request.options, stdio::kind::channel)) {
    request.channel = std::make_shared<ipc::endpoint>(ex);
  }
}

given_away::given_away(const spawn_options& o) {
  for (const stdio* one : {&o.in, &o.out, &o.err}) {
    if (one->owned_) all_.push_back(one->owned_);
  }
  for (const stdio& one : o.more) {
    if (one.owned_) all_.push_back(one.owned_);
  }
}

void given_away::close() noexcept {
  for (const auto& one : all_) one->reset();
  all_.clear();
}

bool has_stdio(const spawn_options& o, stdio::kind kind) {
  const auto is = [kind](const stdio& one) { return one.type() == kind; };
  return is(o.in) || is(o.out) || is(o.err) || std::any_of(o.more.begin(), o.more.end(), is);
}

void check_limits(const spawn_options& o) {
  if (o.timeout.count() < 0) refuse("a negative `timeout`");
  if (auto fault = fault_of(o.stop)) refuse(std::move(*fault));
}

void check(const start_request& request) {
  const spawn_options& o = request.options;
  check_limits(o);
  int number = 0;
  int channels = 0;
  const auto check_one = [&](const stdio& one) {
    const auto type = one.type() == stdio::kind::usual && number < 3 ? request.usual.type() : one.type();
    const int source = type == stdio::kind::inherit ? number : one.fd();
    const bool ours = type == stdio::kind::inherit || type == stdio::kind::descriptor;
    if (ours && sys::is_open(source) == -1) {
      throw spawn_error(spawn_step::descriptor, sys::last_error(), std::to_string(source));
    }
    // If this process was started with the descriptor closed, its number was probably reused, usually for an object of
    // a loop.
    if (type == stdio::kind::inherit && number < 3 && sys::is_private(source)) {
      throw spawn_error(spawn_step::descriptor, asio::error::bad_descriptor, std::to_string(source));
    }
    if (type == stdio::kind::channel && ++channels == 2) refuse("a second message channel for one child");
    ++number;
  };
  for (const stdio* one : {&o.in, &o.out, &o.err}) check_one(*one);
  for (const stdio& one : o.more) check_one(one);
}

void wake_loop(const asio::any_io_executor& ex, const std::string& file) try {
  const asio::steady_timer needs_all_of_it(ex);
} catch (const boost::system::system_error& error) {
  throw spawn_error(spawn_step::clone, error.code(), file);
}

started start_unwatched(const asio::any_io_executor& ex, start_request request) {
  struct until_started {
    given_away given;
    ~until_started() { given.close(); }
  } guard{given_away(request.options)};
  check(request);
  wake_loop(ex, request.file);
  add_channel(request, ex);
  preparation prepared(std::move(request));
  launch::plan& plan = prepared.plan();
  return prepared.adopt(ex, plan.dies_with_parent() ? launch::start_on_launcher(plan) : launch::start(plan));
}

started start(const asio::any_io_executor& ex, start_request request) {
  detail::require_strand(ex);
  const auto loop = detail::loop_guard::of(ex);
  const detail::loop_entry entry(detail::loop_entry::from::call, loop.get());
  started child = start_unwatched(ex, std::move(request));
  child.state->watch();
  return child;
}

started start_module(std::shared_ptr<ipc::endpoint> channel, const std::string& module, arguments args,
                     const fork_options& options) {
  const asio::any_io_executor ex = channel->executor;
  start_request request{
      .file = {}, .args = std::move(args), .options = options, .usual = stdio::inherit, .channel = std::move(channel)};
  resolve_module(request, module);
  return start(ex, std::move(request));
}

}  // namespace brood::detail::process
