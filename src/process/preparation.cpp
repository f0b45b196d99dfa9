#include "process/preparation.hpp"

#include <unistd.h>

#include <random>
#include <string_view>
#include <utility>

#include "loop/orphans.hpp"
#include "process/tree_search.hpp"
#include "sys/calls.hpp"
#include "sys/processes.hpp"

namespace brood::detail::process {
namespace {

[[noreturn]] void give_up(spawn_step step, std::string path) {
  throw spawn_error(step, sys::last_error(), std::move(path));
}

unique_fd open_file(const std::string& path, int flags) {
  unique_fd fd(sys::open(path.c_str(), flags));
  if (!fd) give_up(spawn_step::open, path);
  return fd;
}

/// Adds this child's mark to the marks of the trees that this process belongs to, so that it stays in them.
void add_mark(environment_block& env, const std::string& mark) {
  const std::string outer(env.value_of(tree::mark_name).value_or(std::string_view()));
  env.set(tree::mark_name, outer.empty() ? mark : outer + tree::between_marks + mark);
}

/// Distinguishes this child's descendants from all other processes of the machine.
std::string new_mark() {
  std::random_device random;
  return std::to_string(::getpid()) + '-' + std::to_string(random()) + std::to_string(random());
}

}  // namespace

preparation::preparation(start_request request) : request_(std::move(request)) {
  spawn_options& o = request_.options;
  if (o.tree && o.cgroup.empty()) o.group = true;
  start_ = sys::ticks_since_start();
  open_streams();
  if (!o.cgroup.empty()) {
    cgroup_.reset(sys::open((o.cgroup / "cgroup.procs").c_str(), O_WRONLY));
    if (!cgroup_) give_up(spawn_step::cgroup, o.cgroup.string());
  }
  if (o.group || !o.cgroup.empty()) mark_ = new_mark();
  plan_ = std::make_unique<launch::plan>(to_launch());
}

void preparation::open_streams() {
  const spawn_options& o = request_.options;
  ends_.reserve(o.more.size() + 4);
  const auto next = [this] { return static_cast<int>(ends_.size()); };
  for (const stdio* one : {&o.in, &o.out, &o.err}) {
    ends_.push_back(open_stream(one->type() == stdio::kind::usual ? request_.usual : *one, next()));
  }
  for (const stdio& one : o.more) ends_.push_back(open_stream(one, next()));
  if (request_.channel && channel_number_ < 0) {
    channel_number_ = next();
    ends_.push_back(open_channel());
  }
}

preparation::stream_ends preparation::open_stream(const stdio& kind, int number) {
  stream_ends ends;
  switch (kind.type()) {
    case stdio::kind::usual:
    case stdio::kind::pipe: return number > 2 ? open_both_ways() : open_pipe(number);
    case stdio::kind::terminal: return open_terminal(number);
    case stdio::kind::channel: channel_number_ = number; return open_channel();
    case stdio::kind::inherit: ends.child = number; return ends;
    case stdio::kind::descriptor: ends.child = kind.fd(); return ends;
    case stdio::kind::ignore:
      if (number > 2) return ends;
      ends.child_end = open_file("/dev/null", number == 0 ? O_RDONLY : O_RDWR);
      break;
    case stdio::kind::read: ends.child_end = open_file(kind.path(), O_RDONLY); break;
    case stdio::kind::write: ends.child_end = open_file(kind.path(), O_WRONLY | O_CREAT | O_TRUNC); break;
    case stdio::kind::append: ends.child_end = open_file(kind.path(), O_WRONLY | O_CREAT | O_APPEND); break;
  }
  ends.child = ends.child_end.get();
  return ends;
}

preparation::stream_ends preparation::open_pipe(int number) {
  stream_ends ends;
  int both[2];
  if (sys::pipe(both) == -1) give_up(spawn_step::pipe, {});
  ends.child_end.reset(both[number == 0 ? 0 : 1]);
  ends.parent_end.reset(both[number == 0 ? 1 : 0]);
  ends.child = ends.child_end.get();
  return ends;
}

preparation::stream_ends preparation::open_both_ways() {
  stream_ends ends;
  int both[2];
  if (sys::socket_pair(both) == -1) give_up(spawn_step::pipe, {});
  ends.parent_end.reset(both[0]);
  ends.child_end.reset(both[1]);
  ends.child = both[1];
  return ends;
}

preparation::stream_ends preparation::open_channel() {
  stream_ends ends = open_both_ways();
  channel_end_ = std::move(ends.parent_end);
  return ends;
}

/// A child has at most one terminal, whichever of its descriptors refer to it. Output to any of them arrives at the
/// same master.
preparation::stream_ends preparation::open_terminal(int number) {
  stream_ends ends;
  if (terminal_number_ < 0) {
    terminal_ = sys::open_terminal(request_.options.terminal);
    if (!terminal_.slave) give_up(spawn_step::open, "a terminal");
    terminal_number_ = number;
  }
  ends.terminal = true;
  ends.child = terminal_.slave.get();
  // One master for input and one for output: of out, err and further descriptors, only the first one.
  const bool seen_already = number > 0 && seen_terminal_;
  seen_terminal_ = seen_terminal_ || number > 0;
  if (!seen_already && (number < 3 || terminal_number_ == number)) {
    ends.parent_end.reset(sys::duplicate(terminal_.master.get()));
    if (!ends.parent_end) give_up(spawn_step::open, "a terminal");
  }
  return ends;
}

launch::request preparation::to_launch() {
  const spawn_options& o = request_.options;
  launch::request result;
  result.file = request_.file;
  result.argv.push_back(o.argv0.empty() ? request_.file : o.argv0);
  result.argv.insert(result.argv.end(), request_.args.begin(), request_.args.end());
  environment_block env = request_.env ? std::move(*request_.env) : environment_block(o.env);
  if (request_.channel) {
    const bool advanced = o.serialization == serialization::advanced;
    request_.channel->form = o.serialization;
    env.set("NODE_CHANNEL_FD", std::to_string(channel_number_));
    env.set("NODE_CHANNEL_SERIALIZATION_MODE", advanced ? "advanced" : "json");
    // Names the channel that has a brood parent: the child's own children may inherit the variable, but have other
    // channels.
    const int end = ends_[static_cast<std::size_t>(channel_number_)].child;
    env.set("BROOD_CHANNEL", std::to_string(sys::number_of(end)));
  }
  if (!mark_.empty()) add_mark(env, mark_);
  result.env = std::move(env);
  result.cwd = o.cwd.string();
  for (const auto& one : ends_) result.descriptors.push_back(one.child);
  result.cgroup = cgroup_.get();
  result.cgroup_path = o.cgroup.string();
  result.new_session = leads_session();
  result.terminal = terminal_number_;
  result.new_group = o.group;
  result.die_with_parent = o.die_with_parent;
  result.as = o.as;
  result.limits = o.limits;
  return result;
}

bool preparation::leads_session() const noexcept { return request_.options.detached || terminal_number_ >= 0; }

void preparation::drop_childs_side() noexcept {
  if (!plan_) return;
  argv_ = plan_->take_argv();
  plan_.reset();
  for (auto& one : ends_) one.child_end.reset();
  terminal_.slave.reset();
  cgroup_.reset();
}

tree preparation::tree_of(pid_t root) const {
  return {.root = root,
          .group = request_.options.group,
          .cgroup = request_.options.cgroup,
          .mark = mark_,
          .outer_session = leads_session() ? -1 : ::getsid(0),
          .start = start_};
}

void preparation::abandon(launch::process launched) {
  if (request_.options.on_drop == on_drop::kill) {
    sys::pidfd_send_signal(launched.pidfd.get(), SIGKILL);
    if (const tree all = tree_of(launched.pid); all.has_bounds()) tree_search(all, SIGKILL, nullptr).run();
  }
  loop::add_orphan(std::move(launched.pidfd));
}

started preparation::adopt(const asio::any_io_executor& ex, launch::process launched) {
  drop_childs_side();
  started result;
  result.state = std::make_shared<child_state>(ex, std::move(launched.pidfd), std::move(request_.channel));
  child_state& state = *result.state;
  state.pid = launched.pid;
  state.args = std::move(argv_);
  state.file = std::move(request_.file);
  state.on_drop = request_.options.on_drop;
  state.stop_steps_of_options = request_.options.stop;
  state.timeout = request_.options.timeout;
  state.ends_tree = request_.options.tree;
  state.tree = tree_of(launched.pid);
  const auto reader = [&](stream_ends& from) -> std::shared_ptr<readable_state> {
    if (!from.parent_end) return nullptr;
    return std::make_shared<readable_state>(ex, std::move(from.parent_end), from.terminal);
  };
  if (ends_[0].parent_end) {
    result.in = std::make_shared<writable_state>(ex, std::move(ends_[0].parent_end), ends_[0].terminal);
  }
  state.in = result.in;
  state.out = result.out = reader(ends_[1]);
  state.err = result.err = reader(ends_[2]);
  for (std::size_t i = 3; i < ends_.size(); ++i) result.more.push_back(std::move(ends_[i].parent_end));
  state.channel_end = std::move(channel_end_);
  return result;
}

}  // namespace brood::detail::process
