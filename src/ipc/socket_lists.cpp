#include "ipc/socket_lists.hpp"

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <utility>

#include "sys/calls.hpp"

namespace brood::detail::ipc {
namespace {

constexpr std::size_t max_questions = 1024;  // that are pending; a correct peer has one of each kind for each server

// A correct peer has a few servers; another one must not make this side store data without limit.
constexpr std::size_t max_lists = 1024;
constexpr std::size_t longest_key = 1024;

std::string text_of(const char* command, const std::string& key, const std::size_t* count) {
  boost::json::object answer{{"cmd", command}, {"key", key}};
  if (count != nullptr) answer["count"] = *count;
  return boost::json::serialize(answer);
}

}  // namespace

void socket_lists::arrived(const std::string& key, int fd) {
  if (key.empty() || key.size() > longest_key) return;
  if (lists_.size() >= max_lists && !lists_.contains(key)) {
    for (auto& one : lists_) open_ones(one.second);
    std::erase_if(lists_, [](const auto& one) { return one.second.empty(); });
    if (lists_.size() >= max_lists) return;
  }
  auto& list = lists_[key];
  // Closed sockets are removed first, so that the list is never longer than twice the number of open ones.
  if (list.size() == list.capacity()) open_ones(list);
  list.push_back({fd, sys::number_of(fd)});
}

bool socket_lists::asked(const boost::json::object& message) {
  const auto* command = message.if_contains("cmd");
  if (command == nullptr) return false;
  const bool count = *command == "NODE_SOCKET_GET_COUNT";
  if (!count && *command != "NODE_SOCKET_NOTIFY_CLOSE") return false;
  const auto* key = message.if_contains("key");
  auto& questions = count ? counted_ : closing_;
  if (key != nullptr && key->is_string() && questions.size() < max_questions) {
    std::string name(key->get_string());
    if (lists_.contains(name)) questions.push_back(std::move(name));
  }
  return true;
}

std::size_t socket_lists::open_ones(std::vector<arrival>& all) {
  std::erase_if(all, [](const arrival& one) { return sys::number_of(one.fd) != one.number; });
  return all.size();
}

std::vector<std::string> socket_lists::answers() {
  std::vector<std::string> all;
  for (const auto& key : std::exchange(counted_, {})) {
    const std::size_t count = open_ones(lists_[key]);
    all.push_back(text_of("NODE_SOCKET_COUNT", key, &count));
  }
  std::erase_if(closing_, [&](const std::string& key) {
    const bool closed = open_ones(lists_[key]) == 0;
    if (closed) all.push_back(text_of("NODE_SOCKET_ALL_CLOSED", key, nullptr));
    return closed;
  });
  return all;
}

}  // namespace brood::detail::ipc
