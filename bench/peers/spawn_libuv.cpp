// libuv in the spawn group: uv_spawn with three pipes, read to their end, on one loop.
#include <uv.h>

#include <array>
#include <functional>
#include <stdexcept>

#include "spawn_commands.hpp"

namespace {

void check(int result, const char* what) {
  if (result < 0) throw std::runtime_error(std::string(what) + ": " + uv_strerror(result));
}

// Deletes itself when the process and its pipes are closed, and then calls `done`.
class child {
 public:
  child(uv_loop_t* loop, std::function<void(long)> done) : done_(std::move(done)) {
    std::array<uv_stdio_container_t, 3> stdio{};
    for (std::size_t i = 0; i < pipes_.size(); ++i) {
      uv_pipe_init(loop, &pipes_[i], 0);
      pipes_[i].data = this;
      const int direction = i == 0 ? UV_READABLE_PIPE : UV_WRITABLE_PIPE;  // as the child sees it
      stdio[i].flags = static_cast<uv_stdio_flags>(UV_CREATE_PIPE | direction);
      stdio[i].data.stream = stream(i);
    }
    std::array<char, 10> name{"/bin/true"};
    std::array<char*, 2> arguments{name.data(), nullptr};
    uv_process_options_t options{};
    options.file = name.data();
    options.args = arguments.data();
    options.stdio_count = 3;
    options.stdio = stdio.data();
    options.exit_cb = [](uv_process_t* process, std::int64_t status, int signal) {
      auto* self = static_cast<child*>(process->data);
      self->status_ = signal != 0 ? -signal : static_cast<long>(status);
      self->close(reinterpret_cast<uv_handle_t*>(process));
    };
    process_.data = this;
    check(uv_spawn(loop, &process_, &options), "uv_spawn");
  }
  child(const child&) = delete;
  child& operator=(const child&) = delete;

  void read_to_the_end() {
    close(reinterpret_cast<uv_handle_t*>(&pipes_[0]));
    for (std::size_t i = 1; i < pipes_.size(); ++i) check(uv_read_start(stream(i), provide, arrived), "uv_read_start");
  }

 private:
  ~child() = default;

  uv_stream_t* stream(std::size_t i) { return reinterpret_cast<uv_stream_t*>(&pipes_[i]); }

  void close(uv_handle_t* handle) {
    uv_close(handle, [](uv_handle_t* closed) {
      auto* self = static_cast<child*>(closed->data);
      if (--self->open_ != 0) return;
      auto done = std::move(self->done_);
      const long status = self->status_;
      delete self;
      done(status);
    });
  }

  static void provide(uv_handle_t* handle, std::size_t, uv_buf_t* buffer) {
    auto& room = static_cast<child*>(handle->data)->room_;
    *buffer = uv_buf_init(room.data(), static_cast<unsigned>(room.size()));
  }

  static void arrived(uv_stream_t* stream, ssize_t size, const uv_buf_t*) {
    if (size < 0) static_cast<child*>(stream->data)->close(reinterpret_cast<uv_handle_t*>(stream));
  }

  std::function<void(long)> done_;
  uv_process_t process_{};
  std::array<uv_pipe_t, 3> pipes_{};
  std::array<char, 4096> room_{};
  long status_ = 0;
  int open_ = 4;
};

void must_be_true(long status) {
  if (status != 0) throw std::runtime_error("/bin/true: status " + std::to_string(status));
}

long long spawn_and_wait() {
  long status = -1;
  const auto start = bench::clock::now();
  auto* one = new child(uv_default_loop(), [&status](long told) { status = told; });
  const auto blocked = bench::ns_since(start);
  one->read_to_the_end();
  uv_run(uv_default_loop(), UV_RUN_DEFAULT);
  must_be_true(status);
  return blocked;
}

struct ticking {
  uv_timer_t timer{};
  bench::clock::time_point before = bench::clock::now();
  bench::clock::duration longest{};
  bool last = false;

  void tick() {
    const auto now = bench::clock::now();
    longest = std::max(longest, now - before);
    before = now;
    if (last) uv_close(reinterpret_cast<uv_handle_t*>(&timer), nullptr);
  }
};

std::string stall(double amount) {
  uv_loop_t* loop = uv_default_loop();
  const int wanted = static_cast<int>(amount);
  int started = 0;
  int ended = 0;
  ticking ticks;
  ticks.timer.data = &ticks;
  uv_timer_init(loop, &ticks.timer);
  uv_update_time(loop);
  uv_timer_start(
      &ticks.timer, [](uv_timer_t* timer) { static_cast<ticking*>(timer->data)->tick(); }, 1, 1);
  const auto start = bench::clock::now();
  while (started < wanted && bench::clock::now() - start < bench::longest_burst) {
    ++started;
    auto* one = new child(loop, [&](long status) {
      must_be_true(status);
      ticks.last = ++ended == started;
    });
    one->read_to_the_end();
  }
  uv_run(loop, UV_RUN_DEFAULT);
  return bench::words(started, std::chrono::duration_cast<std::chrono::nanoseconds>(ticks.longest).count());
}

}  // namespace

int main() {
  auto commands = bench::spawn_commands(spawn_and_wait);
  commands["stall"] = stall;
  return bench::serve(commands);
}
