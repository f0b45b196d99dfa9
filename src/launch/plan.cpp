#include "launch/plan.hpp"

#include <unistd.h>

#include <filesystem>
#include <string_view>

#include "launch/interpreter.hpp"

namespace brood::detail::launch {
namespace {

constexpr int max_cpus = 8192;
constexpr std::string_view default_path = "/usr/local/bin:/bin:/usr/bin";

std::vector<const char*> pointers(const std::vector<std::string>& strings) {
  std::vector<const char*> result;
  result.reserve(strings.size() + 1);
  for (const auto& one : strings) result.push_back(one.c_str());
  result.push_back(nullptr);
  return result;
}

[[noreturn]] void refuse(std::string what) {
  throw spawn_error(spawn_step::argument, {EINVAL, boost::system::system_category()}, std::move(what));
}

std::string list_of(const std::vector<gid_t>& groups) {
  std::string text;
  for (const gid_t one : groups) text += (text.empty() ? "" : ", ") + std::to_string(one);
  return text.empty() ? "none" : text;
}

void refuse_nul(std::string_view text, const char* what) {
  auto nul = text.find('\0');
  if (nul == std::string_view::npos) return;
  refuse(std::string(what) + " \"" + std::string(text.substr(0, nul)) + "\" (it contains a NUL byte)");
}

}  // namespace

plan::plan(request r) : request_(std::move(r)) {
  check();
  find_candidates();
  candidate_pointers_ = pointers(candidates_);
  argv_ = pointers(request_.argv);
  argv_.insert(argv_.begin(), nullptr);
  env_ = request_.env.pointers();
  descriptors_ = request_.descriptors;
  view_.candidates = candidate_pointers_.data();
  view_.argv = argv_.data() + 1;
  view_.env = env_.data();
  view_.cwd = request_.cwd.empty() ? nullptr : request_.cwd.c_str();
  view_.descriptors = descriptors_.data();
  view_.descriptor_count = static_cast<int>(descriptors_.size());
  view_.cgroup = request_.cgroup;
  view_.new_session = request_.new_session;
  view_.terminal = request_.terminal;
  view_.new_group = request_.new_group;
  view_.parent = request_.die_with_parent ? ::getpid() : 0;
  prepare_limits();
  prepare_identity();
}

void plan::prepare_limits() {
  const limits& from = request_.limits;
  for (const auto& one : from.resources) limits_.push_back({one.resource, {one.soft, one.hard}});
  view_.limits = limits_.data();
  view_.limit_count = static_cast<int>(limits_.size());
  view_.set_nice = from.nice.has_value();
  view_.nice = from.nice.value_or(0);
  view_.set_umask = from.umask.has_value();
  view_.umask = from.umask.value_or(0);
  constexpr std::size_t bits = sizeof(unsigned long) * 8;
  for (const int cpu : from.cpus) {
    if (cpu < 0 || cpu >= max_cpus) refuse("processor " + std::to_string(cpu));
    const auto number = static_cast<std::size_t>(cpu);
    if (cpus_.size() <= number / bits) cpus_.resize(number / bits + 1);
    cpus_[number / bits] |= 1UL << number % bits;
  }
  view_.cpus = cpus_.empty() ? nullptr : cpus_.data();
  view_.cpus_size = cpus_.size() * sizeof(unsigned long);
}

void plan::prepare_identity() {
  const identity& as = request_.as;
  // A child that changes its user or group must not keep the parent's supplementary groups.
  const bool drop_groups = as.uid || as.gid;
  if (as.groups) groups_ = *as.groups;
  view_.group_count = static_cast<int>(groups_.size());
  groups_.reserve(1);  // data() must not be null for an empty list
  view_.groups = as.groups || drop_groups ? groups_.data() : nullptr;
  view_.set_gid = as.gid.has_value();
  view_.gid = as.gid.value_or(0);
  view_.set_uid = as.uid.has_value();
  view_.uid = as.uid.value_or(0);
  view_.no_new_privs = as.no_new_privs;
}

void plan::check() const {
  if (request_.file.empty()) refuse("command \"\" (it is empty)");
  refuse_nul(request_.file, "command");
  for (const auto& one : request_.argv) refuse_nul(one, "argument");
  for (std::size_t i = 0; i < request_.env.size(); ++i) refuse_nul(request_.env[i], "environment variable");
  refuse_nul(request_.cwd, "directory");
  // setresuid(2) and setresgid(2) take -1 for "unchanged": the child would keep the rights that it must lose.
  if (request_.as.uid == static_cast<uid_t>(-1)) refuse("user -1");
  if (request_.as.gid == static_cast<gid_t>(-1)) refuse("group -1");
}

/// The rule of execvp(3): a name with a slash is a path. Any other name is searched in each directory of PATH, where an
/// empty entry is the current directory.
void plan::find_candidates() {
  if (request_.file.find('/') != std::string::npos) {
    candidates_ = {request_.file};
    return;
  }
  std::string_view rest = request_.env.value_of("PATH").value_or(default_path);
  for (;;) {
    auto colon = rest.find(':');
    std::string_view directory = rest.substr(0, colon);
    candidates_.push_back(directory.empty() ? request_.file : std::string(directory) + '/' + request_.file);
    if (colon == std::string_view::npos) return;
    rest.remove_prefix(colon + 1);
  }
}

std::string plan::path_of(const child_failure& failure) const {
  switch (static_cast<spawn_step>(failure.step)) {
    case spawn_step::directory: return request_.cwd;
    case spawn_step::descriptor: return std::to_string(request_.descriptors[static_cast<std::size_t>(failure.index)]);
    case spawn_step::cgroup: return request_.cgroup_path;
    case spawn_step::group: return failure.index == 0 ? std::to_string(*request_.as.gid) : list_of(groups_);
    case spawn_step::user: return request_.as.uid ? std::to_string(*request_.as.uid) : std::string();
    case spawn_step::session:
    case spawn_step::limit:
    case spawn_step::privileges:
    case spawn_step::parent: return request_.file;
    default: return request_.file;
  }
}

/// If the program exists, but the error is "not found" or "not permitted", its interpreter is missing.
spawn_error plan::error_of(const child_failure& failure) const {
  const auto step = static_cast<spawn_step>(failure.step);
  const error_code reason(failure.error, boost::system::system_category());
  if (step == spawn_step::execute && (failure.error == ENOENT || failure.error == EACCES)) {
    const auto from_there = [there = std::filesystem::path(request_.cwd)](const std::string& path) {
      return (there / path).string();
    };
    for (const auto& candidate : candidates_) {
      if (::access(from_there(candidate).c_str(), X_OK) == -1) continue;
      const std::string interpreter = interpreter_of(from_there(candidate));
      if (interpreter.empty() || ::access(from_there(interpreter).c_str(), X_OK) == 0) continue;
      const char* const how = errno == EACCES ? " cannot be executed" : " is missing";
      return {step, reason, candidate, "its interpreter " + interpreter + how};
    }
  }
  return {step, reason, path_of(failure)};
}

}  // namespace brood::detail::launch
