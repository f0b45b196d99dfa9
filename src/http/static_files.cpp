#include "brood/http/static_files.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <array>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <charconv>

#include "http/date.hpp"
#include "http/file_path.hpp"
#include "http/preconditions.hpp"

namespace brood::http {
namespace {

using namespace detail;

/// Opens a file beneath `root`; returns -1 with errno if there is none. Never blocks, as opening a FIFO could.
int open_beneath(int root, const std::string& name, bool symlinks) noexcept {
  open_how how{};
  how.flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
  how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | (symlinks ? 0u : RESOLVE_NO_SYMLINKS);
  int fd;
  do {
    fd = static_cast<int>(::syscall(SYS_openat2, root, name.c_str(), &how, sizeof how));
    // EAGAIN: something was renamed meanwhile, and the kernel cannot guarantee the result.
  } while (fd < 0 && (errno == EINTR || errno == EAGAIN));
  return fd;
}

/// The status for an error of opening a file. The response must not reveal whether an unreadable file exists.
int status_of(int error) noexcept {
  switch (error) {
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case EIO: return 500;
    default: return 404;
  }
}

/// "mtime-size" in hexadecimal, including nanoseconds: two versions of a file differ in one of them.
class file_tag {
 public:
  explicit file_tag(const struct stat& s) noexcept {
    auto* at = text_.data();
    *at++ = '"';
    at = hex(at, static_cast<std::uint64_t>(s.st_mtim.tv_sec) * 1'000'000'000 +
                     static_cast<std::uint64_t>(s.st_mtim.tv_nsec));
    *at++ = '-';
    at = hex(at, static_cast<std::uint64_t>(s.st_size));
    *at++ = '"';
    size_ = static_cast<std::size_t>(at - text_.data());
  }
  std::string_view view() const noexcept { return {text_.data(), size_}; }

 private:
  char* hex(char* at, std::uint64_t number) noexcept { return std::to_chars(at, at + 16, number, 16).ptr; }

  std::array<char, 40> text_;
  std::size_t size_;
};

void redirect_to_directory(const request& message, response& answer) {
  auto path = message.path();
  while (path.starts_with('/')) path.remove_prefix(1);  // "//host/" would be a redirect to another host
  std::string to = '/' + std::string(path) + '/';
  if (!message.query().empty()) to.append("?").append(message.query());
  answer.status(301).header("Location", to).end();
}

std::string content_range(const selection& part, std::uint64_t size) {
  const auto all = std::to_string(size);
  if (part.status == 416) return "bytes */" + all;
  return "bytes " + std::to_string(part.first) + '-' + std::to_string(part.first + part.size - 1) + '/' + all;
}

void send(const request& message, response& answer, unique_fd file, const struct stat& s, std::string_view name) {
  const file_tag tag{s};
  const auto size = static_cast<std::uint64_t>(s.st_size);
  const auto part = select(message, {.etag = tag.view(), .modified = s.st_mtim.tv_sec, .size = size}, current_second());
  const auto modified = imf_fixdate(s.st_mtim.tv_sec);
  answer.status(part.status).header("ETag", tag.view());
  answer.header("Last-Modified", {modified.data(), modified.size()});
  if (part.status == 206 || part.status == 416) answer.header("Content-Range", content_range(part, size));
  if (part.status >= 300) return void(answer.end());
  answer.header("Accept-Ranges", "bytes").header("Content-Type", content_type_of(name));
  answer.send_file(std::move(file), {.offset = part.first, .size = part.size});
}

}  // namespace

static_files::static_files(const std::filesystem::path& root, static_files_options options)
    : options_(std::move(options)) {
  const auto failed = [&] {
    return boost::system::system_error(errno, boost::system::system_category(), "http: cannot serve " + root.string());
  };
  unique_fd opened{::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC)};
  if (!opened) throw failed();
  // A sandbox may forbid this essential system call.
  const unique_fd tried{open_beneath(opened.get(), ".", true)};
  if (!tried) throw failed();
  root_ = std::make_shared<const unique_fd>(std::move(opened));
}

void static_files::serve(const request& message, response& answer, std::string_view path) const {
  if (message.method() != verb::get && message.method() != verb::head) {
    answer.status(405).header("Allow", "GET, HEAD").end();
    return;
  }
  auto wanted = find_file_path(path);
  if (wanted.is != file_path::verdict::good) {
    answer.status(wanted.is == file_path::verdict::bad ? 400 : 404).end();
    return;
  }
  const bool directory = wanted.name.ends_with('/');
  if (directory) wanted.name += options_.index.empty() ? "." : options_.index;
  unique_fd file{open_beneath(root_->get(), wanted.name, options_.symlinks)};
  struct stat s {};
  if (!file || ::fstat(file.get(), &s) != 0) {
    answer.status(status_of(errno)).end();
    return;
  }
  if (S_ISDIR(s.st_mode) && !directory) return redirect_to_directory(message, answer);
  if (!S_ISREG(s.st_mode)) {
    answer.status(404).end();
    return;
  }
  if (!options_.cache_control.empty()) answer.header("Cache-Control", options_.cache_control);
  send(message, answer, std::move(file), s, wanted.name);
}

}  // namespace brood::http
