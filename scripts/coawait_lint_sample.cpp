// What coawait_lint.sh must find (the marked lines) and must let pass (all others). Never built.
#include <array>
#include <coroutine>
#include <string>
#include <utility>
#include <vector>

struct task {
  struct promise_type {
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() {}
  };
  bool await_ready() { return true; }
  void await_suspend(std::coroutine_handle<>) {}
  int await_resume() { return 1; }
};

using words = std::vector<std::string>;
struct options {
  std::string cwd{};
};
struct with_constructor {
  std::string cwd{};
  with_constructor() {}
};
struct nested {
  with_constructor inner{};
};
struct trivial {
  int uid = -1;
  bool detached = false;
};
struct operation {
  options kept;
  task result() & { return {}; }
};

task later(auto) { return {}; }
task run(options) { return {}; }
task run_words(words) { return {}; }
operation start(words, options o) { return {std::move(o)}; }
options make() { return {}; }
void spawn(task, auto) {}

task bad() {
  std::string s;
  co_await run({});                                                             // BAD
  co_await run({.cwd = s});                                                     // BAD
  co_await later(options{s});                                                   // BAD
  co_await later(nested{});                                                     // BAD
  co_await later([s] { return s; });                                            // BAD
  co_await later([&s, copy = s] { return s + copy; });                          // BAD
  co_await later(std::array{s, s});                                             // BAD
  co_await run_words({"a", "b"});                                               // BAD
  spawn((co_await task{}, task{}), [s]() -> task { co_return; });               // BAD
  auto operation = start({"a"}, {.cwd = s + std::to_string(co_await task{})});  // BAD
  if (auto o = (co_await task{}, options{s}); o.cwd.empty()) co_return;         // BAD
}

task good() {
  std::string s;
  int n = 0;
  co_await later(with_constructor{});
  co_await later(trivial{.uid = 7});
  co_await later([] { return 1; });
  co_await later([&n] { ++n; });
  co_await later(s + "x");
  co_await later(make());
  auto named = start({"a", "b"}, {.cwd = s});
  co_await named.result();
  auto closure = [s] { return s; };
  co_await later(closure);
  auto begun = later([s] { return s; });
  co_await begun;
  auto coroutine = [s]() -> task { co_await task{}; };
  co_await coroutine();
  spawn(task{}, [s]() -> task { co_await task{}; });
  spawn((co_await task{}, task{}), []() -> task {
    auto inner = start({"a"}, {.cwd = "x"});
    co_await inner.result();
  });
  if (std::string line = std::to_string(co_await task{}); !line.empty()) co_return;
}
