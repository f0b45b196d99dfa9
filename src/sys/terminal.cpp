#include "sys/terminal.hpp"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "sys/calls.hpp"
#include "sys/faults.hpp"

namespace brood::detail::sys {

/// Uses TIOCGPTPEER rather than the name of the slave, because /dev/pts may be another mount.
terminal open_terminal(const terminal_size& size) noexcept {
  terminal made;
  made.master.reset(open("/dev/ptmx", O_RDWR | O_NOCTTY));
  const int unlock = 0;
  if (!made.master || fault_due() || ::ioctl(made.master.get(), TIOCSPTLCK, &unlock) == -1) return {};
  made.slave.reset(::ioctl(made.master.get(), TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC));
  if (!made.slave || resize_terminal(made.master.get(), size) == -1) return {};
  return made;
}

int resize_terminal(int fd, const terminal_size& size) noexcept {
  const winsize window{.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
  return fault_due() ? -1 : ::ioctl(fd, TIOCSWINSZ, &window);
}

std::optional<char> end_of_input(int fd) noexcept {
  termios modes;
  if (::tcgetattr(fd, &modes) == -1 || (modes.c_lflag & ICANON) == 0) return std::nullopt;
  return static_cast<char>(modes.c_cc[VEOF]);
}

}  // namespace brood::detail::sys
