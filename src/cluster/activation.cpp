#include "brood/cluster/activation.hpp"

#include <unistd.h>

#include <charconv>
#include <cstdlib>
#include <optional>
#include <string_view>

#include "sys/calls.hpp"

namespace brood::cluster {
namespace {

constexpr int first_descriptor = 3;  // SD_LISTEN_FDS_START

std::optional<std::string> take_variable(const char* name) {
  const char* value = std::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string copy = value;
  ::unsetenv(name);
  return copy;
}

int number_of(const std::optional<std::string>& text) {
  int number = -1;
  if (!text) return number;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  return error == std::errc{} && end == text->data() + text->size() ? number : -1;
}

}  // namespace

std::vector<activated_socket> take_activated_sockets() {
  const auto pid = take_variable("LISTEN_PID");
  const auto count = take_variable("LISTEN_FDS");
  const auto names = take_variable("LISTEN_FDNAMES");
  std::vector<activated_socket> all;
  // Meant for another process: the variables were inherited by mistake, and the descriptors may be anything here.
  if (number_of(pid) != ::getpid()) return all;
  std::string_view left = names ? std::string_view(*names) : std::string_view();
  for (int i = 0; i < number_of(count); ++i) {
    const auto colon = std::min(left.find(':'), left.size());
    const std::string name(left.substr(0, colon));
    left.remove_prefix(std::min(colon + 1, left.size()));
    const int fd = first_descriptor + i;
    if (brood::detail::sys::is_open(fd) == -1) break;  // LISTEN_FDS is wrong
    brood::detail::sys::set_close_on_exec(fd);
    all.push_back({unique_fd(fd), name});
  }
  return all;
}

}  // namespace brood::cluster
