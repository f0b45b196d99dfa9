// Says which descriptors it has and what each is, "0 pipe:[123]", one a line. It looks with system calls of its own,
// through one descriptor, which it leaves out.
#include <dirent.h>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <string>

namespace {

struct raw_entry {
  unsigned long inode;
  long offset;
  unsigned short size;
  unsigned char type;
  char name[1];
};

std::string target_of(const std::string& number) {
  char text[4096];
  const ssize_t size = ::readlink(("/proc/self/fd/" + number).c_str(), text, sizeof text);
  return size < 0 ? "?" : std::string(text, static_cast<std::size_t>(size));
}

}  // namespace

int main() {
  const int folder = ::open("/proc/self/fd", O_RDONLY | O_DIRECTORY);
  std::map<int, std::string> all;
  alignas(raw_entry) char buffer[8192];
  for (long size = 0; (size = ::syscall(SYS_getdents64, folder, buffer, sizeof buffer)) > 0;) {
    for (long at = 0; at < size;) {
      const auto* entry = reinterpret_cast<const raw_entry*>(buffer + at);
      at += entry->size;
      const std::string name = entry->name;
      if (name[0] != '.' && std::atoi(name.c_str()) != folder) all[std::atoi(name.c_str())] = target_of(name);
    }
  }
  for (const auto& [number, target] : all) std::cout << number << ' ' << target << '\n';
}
