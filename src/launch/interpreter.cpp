#include "launch/interpreter.hpp"

#include <elf.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <fstream>
#include <string_view>

namespace brood::detail::launch {
namespace {

constexpr std::size_t longest_first_line = 256;  // BINPRM_BUF_SIZE: the kernel reads no further
constexpr std::size_t longest_name = 4096;
constexpr int max_segments = 256;

/// Reads `size` bytes at `offset`. Returns whether the file has them.
bool read_at(std::ifstream& file, std::uint64_t offset, void* to, std::size_t size) {
  file.clear();
  file.seekg(static_cast<std::streamoff>(offset));
  return static_cast<bool>(file.read(static_cast<char*>(to), static_cast<std::streamsize>(size)));
}

std::string of_script(std::string_view line) {
  constexpr std::string_view blank = " \t";
  const auto begin = line.find_first_not_of(blank, 2);
  if (begin == std::string_view::npos) return {};
  return std::string(line.substr(begin, line.find_first_of(" \t\r\n", begin) - begin));
}

template <class Header, class Segment>
std::string of_elf(std::ifstream& file) {
  Header header;
  if (!read_at(file, 0, &header, sizeof header)) return {};
  for (int i = 0; i < header.e_phnum && i < max_segments; ++i) {
    Segment segment;
    const auto at = header.e_phoff + static_cast<std::uint64_t>(i) * header.e_phentsize;
    if (!read_at(file, at, &segment, sizeof segment)) return {};
    if (segment.p_type != PT_INTERP || segment.p_filesz == 0 || segment.p_filesz > longest_name) continue;
    std::string name(segment.p_filesz, '\0');
    if (!read_at(file, segment.p_offset, name.data(), name.size())) return {};
    return name.c_str();  // up to the first NUL
  }
  return {};
}

}  // namespace

std::string interpreter_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::array<char, longest_first_line> start{};
  file.read(start.data(), start.size());
  const std::string_view head(start.data(), static_cast<std::size_t>(file.gcount()));
  if (head.starts_with("#!")) return of_script(head);
  if (head.size() <= EI_CLASS || !head.starts_with(std::string_view(ELFMAG, SELFMAG))) return {};
  return head[EI_CLASS] == ELFCLASS64 ? of_elf<Elf64_Ehdr, Elf64_Phdr>(file) : of_elf<Elf32_Ehdr, Elf32_Phdr>(file);
}

}  // namespace brood::detail::launch
