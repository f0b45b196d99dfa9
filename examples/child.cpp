// child.js in C++: prints what it reads, and exits at the end of its input. Any program can be a child.
#include <unistd.h>

#include <iostream>
#include <string_view>

int main() {
  char data[4096];
  for (ssize_t size; (size = ::read(STDIN_FILENO, data, sizeof data)) > 0;) {
    std::cout << "Data received from parent: " << std::string_view(data, static_cast<std::size_t>(size)) << std::flush;
  }
}
