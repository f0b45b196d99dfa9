#include "ipc/inheritance.hpp"

#include <atomic>
#include <charconv>
#include <cstdlib>
#include <string>

#include "brood/error.hpp"
#include "sys/calls.hpp"

namespace brood::detail::ipc {
namespace {

std::optional<std::string> take_variable(const char* name) {
  const char* value = ::getenv(name);
  if (value == nullptr) return std::nullopt;
  std::string copy = value;
  ::unsetenv(name);
  return copy;
}

std::optional<int> to_number(const std::string& text) {
  int number = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size() || number < 0) return std::nullopt;
  return number;
}

/// The identity of this process, which cannot change: read once, then constant.
struct identity {
  inheritance facts;
  bool understood = true;
  std::atomic<int> channel{-1};

  identity() {
    auto fd = take_variable("NODE_CHANNEL_FD");
    auto mode = take_variable("NODE_CHANNEL_SERIALIZATION_MODE");
    auto id = take_variable("NODE_UNIQUE_ID");
    const auto made_by_brood = take_variable("BROOD_CHANNEL");
    if (!fd) return;
    const auto number = to_number(*fd);
    if (!number || sys::set_close_on_exec(*number) == -1) return;
    facts.has_channel = true;
    facts.parent_is_brood = made_by_brood == std::to_string(sys::number_of(*number));
    if (id) facts.worker_id = to_number(*id).value_or(0);
    // If the parent uses an unknown serialization, this process is still its child or worker: it must report that
    // instead of running as if it had no parent.
    if (mode && *mode == "advanced") facts.form = serialization::advanced;
    understood = !mode || *mode == "json" || *mode == "advanced";
    if (understood) channel = *number;
  }
};

identity& own() {
  static identity instance;
  return instance;
}

}  // namespace

const inheritance& inherited() { return own().facts; }

unique_fd take_channel(const char* for_whom) {
  unique_fd end(own().channel.exchange(-1));
  const errc reason = own().understood ? errc::no_channel : errc::unknown_serialization;
  if (!end) throw boost::system::system_error(make_error_code(reason), for_whom);
  return end;
}

}  // namespace brood::detail::ipc
