#include "sys/process_usage.hpp"

#include <unistd.h>

#include <array>
#include <charconv>
#include <string>
#include <string_view>

#include "brood/unique_fd.hpp"
#include "sys/calls.hpp"

namespace brood::detail::sys {
namespace {

/// Reads the beginning of a file of /proc, which is the whole file for those read here. Empty if it cannot be read.
std::string_view read_start(pid_t process, const char* name, std::array<char, 2048>& space) {
  const unique_fd file(open(("/proc/" + std::to_string(process) + name).c_str(), O_RDONLY));
  const ssize_t size = file ? read(file.get(), space.data(), space.size()) : -1;
  return {space.data(), size > 0 ? static_cast<std::size_t>(size) : 0};
}

std::optional<std::uint64_t> number_at(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  return number;
}

/// Field number `index`, from 0, of fields that follow a space each.
std::optional<std::uint64_t> field(std::string_view text, int index) {
  for (; index >= 0; --index) {
    const auto space = text.find(' ');
    if (space == std::string_view::npos) return std::nullopt;
    text.remove_prefix(space + 1);
  }
  return number_at(text);
}

}  // namespace

std::optional<process_usage> usage_of(pid_t process) {
  std::array<char, 2048> space;
  std::string_view text = read_start(process, "/stat", space);
  // The second field is the name of the program, in parentheses. It may contain any character, including parentheses.
  const auto name_end = text.rfind(')');
  if (name_end == std::string_view::npos) return std::nullopt;
  text.remove_prefix(name_end + 1);
  // By the numbers of proc(5), whose third field is the first here: utime 14, stime 15, rss 24.
  const auto user = field(text, 14 - 3);
  const auto system = field(text, 15 - 3);
  const auto pages = field(text, 24 - 3);
  if (!user || !system || !pages) return std::nullopt;
  const auto tick = static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK));
  const auto page = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  return process_usage{std::chrono::microseconds((*user + *system) * 1'000'000 / tick), *pages * page};
}

std::optional<std::uint64_t> proportional_memory_of(pid_t process) {
  std::array<char, 2048> space;
  const std::string_view text = read_start(process, "/smaps_rollup", space);
  constexpr std::string_view name = "\nPss:";
  const auto at = text.find(name);
  if (at == std::string_view::npos) return std::nullopt;
  const auto kibibytes = number_at(text.substr(at + name.size()));
  if (!kibibytes) return std::nullopt;
  return *kibibytes * 1024;
}

}  // namespace brood::detail::sys
