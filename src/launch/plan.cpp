#include "launch/plan.hpp"

#include <string_view>

namespace brood::launch {
namespace {

constexpr std::string_view default_path = "/usr/local/bin:/bin:/usr/bin";

std::string_view search_path(const std::vector<std::string>& env) {
  for (std::string_view variable : env) {
    if (variable.starts_with("PATH=")) return variable.substr(5);
  }
  return default_path;
}

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

void refuse_nul(const std::string& text, const char* what) {
  auto nul = text.find('\0');
  if (nul == std::string::npos) return;
  refuse(std::string(what) + " \"" + text.substr(0, nul) + "\" (it holds a NUL byte)");
}

}  // namespace

plan::plan(request r) : request_(std::move(r)) {
  check();
  find_candidates();
  candidate_pointers_ = pointers(candidates_);
  argv_ = pointers(request_.argv);
  argv_.insert(argv_.begin(), nullptr);
  env_ = pointers(request_.env);
  descriptors_ = request_.descriptors;
  view_ = {.candidates = candidate_pointers_.data(),
           .argv = argv_.data() + 1,
           .env = env_.data(),
           .cwd = request_.cwd.empty() ? nullptr : request_.cwd.c_str(),
           .descriptors = descriptors_.data(),
           .descriptor_count = static_cast<int>(descriptors_.size()),
           .new_session = request_.new_session,
           .failure = {}};
}

void plan::check() const {
  if (request_.file.empty()) refuse("command \"\" (it is empty)");
  refuse_nul(request_.file, "command");
  for (const auto& one : request_.argv) refuse_nul(one, "argument");
  for (const auto& one : request_.env) refuse_nul(one, "environment variable");
  refuse_nul(request_.cwd, "directory");
}

/// The rule of execvp(3): a name with a slash is the path itself; any other is tried in each directory of PATH, an
/// empty entry being the current directory.
void plan::find_candidates() {
  if (request_.file.find('/') != std::string::npos) {
    candidates_ = {request_.file};
    return;
  }
  std::string_view rest = search_path(request_.env);
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
    case spawn_step::session: return {};
    default: return request_.file;
  }
}

}  // namespace brood::launch
