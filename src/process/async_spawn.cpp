#include "brood/async_spawn.hpp"

#include <signal.h>
#include <sys/wait.h>

#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <mutex>
#include <system_error>

#include "launch/launcher.hpp"
#include "process/start.hpp"

namespace brood {

namespace asio = boost::asio;
namespace detail::process {

/// The loop's part of an asynchronous start, which does as little as possible. The launcher prepares and launches the
/// child, creates its state, and posts the state or an error back.
class async_start final : public std::enable_shared_from_this<async_start>, detail::loop_end::member {
 public:
  explicit async_start(asio::any_io_executor ex) : executor_(ex), waiters_(ex) {}

  void begin(start_request request) {
    detail::require_strand(executor_);
    const auto loop = detail::loop_guard::of(executor_);
    const detail::loop_entry entry(detail::loop_entry::from::call, loop.get());
    join(executor_);
    given_ = given_away(request.options);
    add_channel(request, executor_);
    request.env.emplace(request.options.env);
    // Counts as work of the loop, so that run() waits for the launcher.
    desk_->busy = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
    desk_->owner = shared_from_this();
    const std::string file = request.file;
    auto refused = std::make_shared<result>();
    try {
      check(request);
      wake_loop(executor_, file);
      detail::launch::on_launcher([desk = desk_, request = std::move(request)]() mutable {
        hand_back(*desk, std::make_shared<result>(launch_it(std::move(request))));
      });
      return;
    } catch (const spawn_error& error) {
      refused->error = error;
    } catch (const std::system_error& error) {  // no thread could be started
      refused->error.emplace(spawn_step::clone, error.code(), file);
    }
    hand_back(*desk_, std::move(refused));
  }

  void wait(detail::waiters<std::optional<child_process>>::handler handler) {
    if (!done_) return waiters_.add(std::move(handler));
    waiters_.post(std::move(handler), reason(), std::exchange(child_, std::nullopt));
  }

  const std::optional<spawn_error>& error() const noexcept { return error_; }

 private:
  struct result {
    std::optional<preparation> prepared{};
    detail::launch::process launched{};
    started child{};
    std::optional<spawn_error> error{};
  };

  /// Shared by launcher and loop. Objects of the loop are used under the lock: by the launcher, which creates the
  /// child's state and posts it, or by the loop if it is destroyed first.
  struct handover_desk {
    std::mutex mutex{};
    asio::any_io_executor busy{};
    std::shared_ptr<async_start> owner{};
  };

  static void hand_back(handover_desk& at, std::shared_ptr<result> outcome) {
    const std::lock_guard lock(at.mutex);
    if (!at.owner) {
      if (!outcome->error) outcome->prepared->abandon(std::move(outcome->launched));
      return;
    }
    if (!outcome->error) adopt(*outcome, at.owner->executor_);
    asio::post(at.busy, [owner = std::move(at.owner), outcome = std::move(outcome)] { owner->finish(*outcome); });
    at.busy = {};
  }

  void let_go() noexcept override {
    const auto at = desk_;  // the owner may hold the last reference to this
    std::unique_lock lock(at->mutex);
    const auto owner = std::exchange(at->owner, nullptr);
    const auto busy = std::exchange(at->busy, {});
    lock.unlock();
  }

  static result launch_it(start_request request) {
    result r;
    const std::string file = request.file;
    try {
      r.prepared.emplace(std::move(request));
      r.launched = detail::launch::start_here(r.prepared->plan());
    } catch (const spawn_error& error) {
      r.error = error;
    } catch (const std::bad_alloc&) {
      r.error.emplace(spawn_step::clone, error_code(ENOMEM, boost::system::system_category()), file);
    }
    return r;
  }

  void finish(result& r) {
    done_ = true;
    given_.close();
    error_ = std::move(r.error);
    if (!error_) {
      r.child.state->watch();
      child_.emplace(detail::access::make<child_process>(std::move(r.child)));
    }
    while (!waiters_.empty()) waiters_.complete_one(reason(), std::exchange(child_, std::nullopt));
  }

  static void adopt(result& r, const asio::any_io_executor& ex) try {
    r.child = r.prepared->adopt(ex, std::move(r.launched));
    r.prepared.reset();
    // the exception could not be caught on this thread, and the child could not be watched
  } catch (const std::bad_alloc&) {
    ::kill(r.launched.pid, SIGKILL);
    ::waitpid(r.launched.pid, nullptr, 0);
    r.error.emplace(spawn_step::clone, error_code(ENOMEM, boost::system::system_category()), std::string());
  }

  error_code reason() const { return error_ ? error_->code() : error_code(); }

  asio::any_io_executor executor_;
  const std::shared_ptr<handover_desk> desk_ = std::make_shared<handover_desk>();
  detail::waiters<std::optional<child_process>> waiters_;
  std::optional<child_process> child_;
  std::optional<spawn_error> error_;
  given_away given_;
  bool done_ = false;
};

}  // namespace detail::process

pending_spawn::pending_spawn(std::shared_ptr<detail::process::async_start> state) : state_(std::move(state)) {}

const std::optional<spawn_error>& pending_spawn::error() const noexcept { return state_->error(); }

void pending_spawn::wait(detail::process::async_start& state, child_handler handler) { state.wait(std::move(handler)); }

pending_spawn async_spawn(executor ex, const std::string& command, arguments args, const spawn_options& options) {
  auto state = std::make_shared<detail::process::async_start>(ex.get());
  state->begin({.file = command, .args = std::move(args), .options = options});
  return detail::access::make<pending_spawn>(std::move(state));
}

pending_spawn async_spawn(executor ex, const std::string& command, const spawn_options& options) {
  return async_spawn(std::move(ex), command, arguments(), options);
}

pending_spawn async_spawn(executor ex, const shell& line, const spawn_options& options) {
  return async_spawn(std::move(ex), line.program(), line.args(), options);
}

}  // namespace brood
