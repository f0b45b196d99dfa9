// Exits with 1 where the compiler destroys a temporary twice that stands in one full expression with
// a co_await, with 0 where it does not. Constructions and destructions are counted; nothing is freed twice.
#include <coroutine>
#include <exception>

static int alive = 0;

struct counted {
  counted() { ++alive; }
  counted(const counted&) { ++alive; }
  counted& operator=(const counted&) = default;
  ~counted() { --alive; }
};

struct options {  // an aggregate whose destructor matters, as an options struct with a string is
  counted member{};
};

struct task {
  struct promise_type {
    task get_return_object() { return {}; }
    std::suspend_never initial_suspend() noexcept { return {}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() {}
    void unhandled_exception() { std::terminate(); }
  };
};

static std::suspend_never take(const options&) { return {}; }

template <class Function>
static std::suspend_never call(Function function) {
  function();
  return {};
}

static task aggregate() { co_await take({}); }

static task lambda() {
  counted captured;
  co_await call([captured] { (void)captured; });
}

int main() {
  aggregate();
  lambda();
  return alive == 0 ? 0 : 1;
}
