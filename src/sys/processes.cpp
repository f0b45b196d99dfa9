#include "sys/processes.hpp"

#include <dirent.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <ctime>
#include <functional>
#include <memory>
#include <string_view>

#include "brood/unique_fd.hpp"
#include "sys/calls.hpp"

namespace brood::detail::sys {
namespace {

std::string file_of(pid_t process, const char* name) { return "/proc/" + std::to_string(process) + '/' + name; }

std::optional<pid_t> number_in(std::string_view text) {
  pid_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// 0 for a negative number, because no negative field is used.
std::uint64_t take_number(std::string_view& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(std::min(text.find(' '), text.size() - 1) + 1);
  return number;
}

/// The number of this process in /proc.
std::optional<pid_t> own_number() {
  const auto text = content_of("/proc/self/stat");
  if (!text) return std::nullopt;
  return number_in(std::string_view(*text).substr(0, text->find(' ')));
}

}  // namespace

bool is_gone(int error) noexcept { return error == ENOENT || error == ESRCH; }
bool is_refused(int error) noexcept { return error == EACCES || error == EPERM; }

std::optional<std::string> content_of(const std::string& path) {
  const unique_fd file(open(path.c_str(), O_RDONLY));
  if (!file) return std::nullopt;
  std::string content;
  for (std::size_t used = 0;;) {
    content.resize(std::max<std::size_t>(4096, used * 2));
    const ssize_t size = read(file.get(), content.data() + used, content.size() - used);
    if (size < 0) return std::nullopt;
    used += static_cast<std::size_t>(size);
    content.resize(used);
    if (size == 0) return content;
  }
}

std::optional<std::vector<std::string>> folders_in(const std::string& path) {
  unique_fd file(open(path.c_str(), O_RDONLY | O_DIRECTORY));
  if (!file) return std::nullopt;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::fdopendir(file.get()), &::closedir);
  if (!folder) return std::nullopt;
  static_cast<void>(file.release());
  std::vector<std::string> names;
  errno = 0;
  while (const dirent* one = ::readdir(folder.get())) {
    const std::string_view name = one->d_name;
    if (one->d_type == DT_DIR && name != "." && name != "..") names.emplace_back(name);
  }
  if (errno != 0) return std::nullopt;
  return names;
}

std::optional<std::vector<pid_t>> all_processes() {
  const auto folders = folders_in("/proc");
  if (!folders) return std::nullopt;
  const auto own = own_number();
  if (!own) return std::nullopt;
  if (*own != ::getpid()) {
    errno = ENOENT;
    return std::nullopt;
  }
  std::vector<pid_t> all;
  for (const auto& name : *folders) {
    if (const auto number = number_in(name)) all.push_back(*number);
  }
  std::sort(all.begin(), all.end(), std::greater());
  return all;
}

/// The second field is the name of the program, in parentheses. It may contain any character, including parentheses.
std::optional<process_entry> entry_of(pid_t process) {
  const unique_fd file(open(file_of(process, "stat").c_str(), O_RDONLY));
  if (!file) return std::nullopt;
  std::array<char, 2048> text;  // the whole file, in one read
  const ssize_t size = read(file.get(), text.data(), text.size());
  if (size == -1) return std::nullopt;
  std::string_view rest(text.data(), static_cast<std::size_t>(size));
  rest.remove_prefix(std::min(rest.rfind(')') + 2, rest.size()));
  if (rest.size() < 2) {
    errno = size == 0 ? ESRCH : EIO;
    return std::nullopt;
  }
  constexpr std::size_t first = 4;  // the first field that is a number
  std::array<std::uint64_t, 22 - first + 1> numbers{};
  const char state = rest.front();
  rest.remove_prefix(2);
  for (auto& number : numbers) number = take_number(rest);
  constexpr std::uint64_t kernel_flag = 0x00200000;  // PF_KTHREAD of linux/sched.h
  const auto pid_in = [&](std::size_t field) { return static_cast<pid_t>(numbers[field - first]); };
  return process_entry{.state = state,
                       .parent = pid_in(4),
                       .group = pid_in(5),
                       .session = pid_in(6),
                       .kernel_thread = (numbers[9 - first] & kernel_flag) != 0,
                       .threads = static_cast<unsigned>(numbers[20 - first]),
                       .start = numbers[22 - first]};
}

std::optional<std::string> environment_of(pid_t process) { return content_of(file_of(process, "environ")); }
std::optional<std::string> command_line_of(pid_t process) { return content_of(file_of(process, "cmdline")); }

std::uint64_t ticks_since_start() noexcept {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  const auto ticks = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto part = static_cast<std::uint64_t>(now.tv_nsec) * ticks / 1'000'000'000;
  return static_cast<std::uint64_t>(now.tv_sec) * ticks + part;
}

}  // namespace brood::detail::sys
