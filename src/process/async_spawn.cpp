#include "brood/async_spawn.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <exception>

#include "launch/launcher.hpp"
#include "process/start.hpp"

namespace brood {
namespace process {

/// Lives on the loop; the launcher only sees the preparation, and hands back a process or an error by a post.
class async_start : public std::enable_shared_from_this<async_start> {
 public:
  explicit async_start(asio::any_io_executor ex) : executor_(ex), waiters_(ex) {}

  void begin(start_request request) {
    // Counts as work of the loop, so that run() waits for the launcher.
    auto busy = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    launch::on_launcher([self = shared_from_this(), busy, request = std::move(request)]() mutable {
      auto outcome = std::make_shared<result>(launch_it(std::move(request)));
      asio::post(busy, [self, outcome] { self->finish(std::move(*outcome)); });
      // The last reference to what belongs to the loop must go there, not here.
      asio::post(busy, [self = std::move(self)] {});
    });
  }

  void wait(detail::waiters<std::optional<child_process>>::handler handler) {
    if (!done_) return waiters_.add(std::move(handler));
    waiters_.post(std::move(handler), reason(), std::exchange(child_, std::nullopt));
  }

  const std::optional<spawn_error>& error() const noexcept { return error_; }

 private:
  struct result {
    std::optional<preparation> prepared{};
    launch::process launched{};
    std::optional<spawn_error> error{};
  };

  static result launch_it(start_request request) {
    result r;
    try {
      r.prepared.emplace(std::move(request));
      r.launched = launch::start(r.prepared->plan());
    } catch (const spawn_error& error) {
      r.error = error;
    } catch (const std::bad_alloc&) {
      r.error.emplace(spawn_step::clone, error_code(ENOMEM, boost::system::system_category()), "");
    }
    return r;
  }

  void finish(result r) {
    done_ = true;
    error_ = std::move(r.error);
    if (!error_) child_.emplace(r.prepared->adopt(executor_, std::move(r.launched)));
    while (!waiters_.empty()) waiters_.complete_one(reason(), std::exchange(child_, std::nullopt));
  }

  error_code reason() const { return error_ ? error_->code() : error_code(); }

  asio::any_io_executor executor_;
  detail::waiters<std::optional<child_process>> waiters_;
  std::optional<child_process> child_;
  std::optional<spawn_error> error_;
  bool done_ = false;
};

}  // namespace process

spawning::spawning(std::shared_ptr<process::async_start> state) : state_(std::move(state)) {}

const std::optional<spawn_error>& spawning::error() const noexcept { return state_->error(); }

void spawning::wait(process::async_start& state, child_handler handler) { state.wait(std::move(handler)); }

spawning async_spawn(executor ex, const std::string& command, arguments args, const spawn_options& options) {
  auto state = std::make_shared<process::async_start>(ex.get());
  state->begin({.file = command, .args = std::move(args), .options = options});
  return spawning(std::move(state));
}

}  // namespace brood
