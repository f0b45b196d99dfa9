// libuv in the stdout group: uv_spawn with a pipe, uv_read_start with the 64 KiB it suggests.
#include <uv.h>

#include <array>
#include <memory>
#include <stdexcept>

#include "stdout_command.hpp"

namespace {

void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
}

struct reading {
  uv_process_t process{};
  uv_pipe_t out{};
  std::unique_ptr<char[]> room{};
  std::size_t size = 0;
  long long bytes = 0;
  long status = -1;

  static void provide(uv_handle_t* handle, std::size_t suggested, uv_buf_t* buffer) {
    auto* self = static_cast<reading*>(handle->data);
    if (!self->room) self->room = std::make_unique<char[]>(self->size = suggested);
    *buffer = uv_buf_init(self->room.get(), static_cast<unsigned>(self->size));
  }

  static void arrived(uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
    if (size >= 0) {
      static_cast<reading*>(stream->data)->bytes += size;
    } else {
      uv_close(reinterpret_cast<uv_handle_t*>(stream), nullptr);
    }
  }

  static void ended(uv_process_t* process, std::int64_t status, int signal) {
    static_cast<reading*>(process->data)->status = signal != 0 ? -signal : static_cast<long>(status);
    uv_close(reinterpret_cast<uv_handle_t*>(process), nullptr);
  }
};

long long read_all(char* program, std::string amount) {
  uv_loop_t* loop = uv_default_loop();
  reading it;
  it.process.data = it.out.data = &it;
  uv_pipe_init(loop, &it.out, 0);
  std::array<uv_stdio_container_t, 3> stdio{};
  stdio[0].flags = UV_IGNORE;
  stdio[1].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | UV_WRITABLE_PIPE);
  stdio[1].data.stream = reinterpret_cast<uv_stream_t*>(&it.out);
  stdio[2].flags = UV_INHERIT_FD;
  stdio[2].data.fd = 2;
  std::array<char*, 3> arguments{program, amount.data(), nullptr};
  uv_process_options_t options{};
  options.file = program;
  options.args = arguments.data();
  options.stdio_count = 3;
  options.stdio = stdio.data();
  options.exit_cb = reading::ended;
  check(uv_spawn(loop, &it.process, &options), "uv_spawn");
  check(uv_read_start(reinterpret_cast<uv_stream_t*>(&it.out), reading::provide, reading::arrived), "uv_read_start");
  uv_run(loop, UV_RUN_DEFAULT);
  if (it.status != 0) throw std::runtime_error("the child: status " + std::to_string(it.status));
  return it.bytes;
}

}  // namespace

int main(int, char** argv) {
  return bench::serve_stdout([argv](const std::string& amount) { return read_all(argv[1], amount); });
}
