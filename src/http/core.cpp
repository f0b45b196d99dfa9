#include "http/core.hpp"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <boost/asio/post.hpp>
#include <utility>

#include "brood/unique_fd.hpp"

namespace brood::http::detail {
namespace {

namespace asio = boost::asio;

using std::chrono::milliseconds;

// The maximum number of pooled connections and buffers; more of them, after a burst, are freed.
constexpr std::size_t kept_connections = 1024;
constexpr std::size_t kept_buffers = 16;
constexpr std::size_t kept_buffer_size = 128 * 1024;

// How long a draining connection may wait for its first request, or for its next one.
constexpr milliseconds max_idle_before_first = std::chrono::seconds{5};
constexpr milliseconds max_idle_before_next = std::chrono::seconds{1};

/// A second, or less if a time-out is shorter than that.
milliseconds tick_for(const server_options& options) {
  milliseconds tick = std::chrono::seconds{1};
  for (auto time :
       {options.headers_timeout, options.request_timeout, options.keep_alive_timeout, options.send_timeout}) {
    if (time.count() > 0) tick = std::min(tick, time);
  }
  if (options.tls && options.handshake_timeout.count() > 0) tick = std::min(tick, options.handshake_timeout);
  return std::max(tick, milliseconds{10});
}

}  // namespace

core::core(asio::any_io_executor ex, handler h, server_options options, source_factory make_source)
    : executor_(std::move(ex)),
      handler_(std::move(h)),
      options_(std::move(options)),
      limits_{.header_size = std::min<std::size_t>(options_.max_header_size, UINT32_MAX),
              .headers_count = options_.max_headers_count,
              .body_size = options_.max_body_size,
              .streams = handler_.streams()},
      tick_(tick_for(options_)),
      make_source_(std::move(make_source)),
      listening_(std::make_shared<listening_state>(executor_)),
      drained_(executor_),
      clock_(executor_) {
  brood::detail::require_strand(executor_);
}

core::~core() = default;

void core::listen(const listen_address& where) {
  if (closing_) throw boost::system::system_error(asio::error::shut_down, "listen on a closed server");
  sources_.push_back(make_source_(*this, where));
}

/// The result of the first listen() counts, even if another one is reported first. It may be reported before listen()
/// has returned.
void core::listens(const connection_source& source, boost::system::error_code ec,
                   const asio::ip::tcp::endpoint& where) {
  if (!sources_.empty() && sources_.front().get() != &source) return;
  local_ = where;
  // Listeners must not run inside the call to listen().
  asio::post(executor_, [state = listening_, ec, where] { state->set(ec, where); });
}

/// The accept is retried at a short interval, but logged less often.
void core::cannot_accept() {
  constexpr std::chrono::seconds between_lines{1};
  const auto now = std::chrono::steady_clock::now();
  if (now < no_line_before_) return;
  no_line_before_ = now + between_lines;
  log(log_level::warning,
      "http: cannot accept connections, probably for lack of file descriptors or memory; trying again");
}

bool core::turned_away(int fd) {
  if (options_.max_connections == 0 || open_.size() < options_.max_connections) return false;
  count_refusal();
  if (options_.tls) return true;  // a response would need a handshake
  static constexpr std::string_view text =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
  // Read the received part of the request first: closing with unread input would reset the connection and destroy the
  // response.
  std::array<char, 4096> unread;
  ::recv(fd, unread.data(), unread.size(), MSG_DONTWAIT);
  ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  return true;
}

connection& core::obtain() {
  if (spare_.empty()) spare_.push_back(std::make_unique<connection>(*this));
  open_.reserve(open_.size() + 1);
  auto* c = spare_.back().release();
  spare_.pop_back();
  return *c;
}

void core::take(int fd, stream::protocol family, bool no_delay, bool crowded) {
  const auto entry = enter();
  ++statistics_.accepted;
  unique_fd owned{fd};
  if (stopped_ || turned_away(fd)) return;
  auto& c = obtain();
  c.start(shared_from_this(), owned.release(), family, no_delay, crowded);
}

void core::opened(connection& c) {
  c.place = open_.size();
  open_.push_back(&c);
  for (const auto& source : sources_) source->count(open_.size());
  wind_clock();
}

void core::read_soon(connection& c) {
  c.retain();
  fresh_.push_back(&c);
  if (fresh_.size() > 1) return;
  asio::post(executor_, [self = shared_from_this()] { self->read_fresh(); });
}

void core::read_fresh() {
  const auto entry = enter();
  std::swap(fresh_, reading_);
  for (auto* c : reading_) {
    c->read_again();
    c->release();
  }
  reading_.clear();
}

void core::closed(connection& c) {
  auto* last = open_.back();
  last->place = c.place;
  open_[c.place] = last;
  open_.pop_back();
  for (const auto& source : sources_) source->count(open_.size());
  check_drained();
}

void core::recycled(connection& c) noexcept {
  std::unique_ptr<connection> owned{&c};
  if (!stopped_ && spare_.size() < kept_connections) spare_.push_back(std::move(owned));
}

void core::lend(byte_buffer& to) noexcept {
  if (buffers_.empty()) return;
  to = std::move(buffers_.back());
  buffers_.pop_back();
}

void core::give_back(byte_buffer& from) noexcept {
  if (from.capacity() == 0) return;
  if (buffers_.size() < kept_buffers && from.capacity() <= kept_buffer_size) {
    buffers_.push_back(std::move(from));
  } else {
    from.release();
  }
}

bool core::last_request(std::size_t count) const noexcept {
  return closing_ || (options_.max_requests_per_socket != 0 && count >= options_.max_requests_per_socket);
}

void core::expire_after(connection& c, tick start, milliseconds limit) noexcept {
  if (limit.count() == 0) return deadlines::suspend(c);
  // One more, because the tick of `start` is already in progress.
  wheel_.set(c, std::max(start + ticks(limit), wheel_.now()) + 1);
}

void core::expire_soon(connection& c, bool first) noexcept {
  const auto given = options_.keep_alive_timeout;
  const auto max_idle = first ? max_idle_before_first : max_idle_before_next;
  expire_after(c, wheel_.now(), given.count() > 0 ? std::min(given, max_idle) : max_idle);
}

void core::wind_clock() {
  if (clock_runs_ || stopped_ || open_.empty()) return;
  clock_runs_ = true;
  clock_->expires_after(tick_);
  clock_->async_wait([weak = weak_from_this()](boost::system::error_code ec) {
    const auto self = weak.lock();
    if (!self) return;
    const auto entry = self->enter();
    self->clock_runs_ = false;
    if (ec) return;
    self->wheel_.turn([](deadline& d) { static_cast<connection&>(d).late(); });
    self->wind_clock();
  });
}

void core::log(log_level level, std::string_view text) const {
  if (options_.log && !stopped_) options_.log(level, text);
}

server_statistics core::statistics() const noexcept {
  auto result = statistics_;
  result.connections = open_.size();
  return result;
}

void core::when_drained(brood::detail::waiters<>::handler completion) { drained_.add(std::move(completion)); }

void core::async_close(brood::detail::waiters<>::handler completion) {
  when_drained(std::move(completion));
  drain();
}

void core::drain() {
  if (!std::exchange(closing_, true)) {
    // Kept, in order to report the number of open connections to them.
    const auto sources = sources_;
    for (const auto& source : sources) source->close();
    // A copy, because draining a connection may close it, and its handler may close others.
    const auto copy = open_;
    for (auto* c : copy) c->retain();
    for (auto* c : copy) c->drain();
    for (auto* c : copy) c->release();
  }
  check_drained();
}

void core::check_drained() {
  if (!closing_ || !open_.empty()) return;
  if (clock_) clock_->cancel();
  sources_.clear();
  while (!drained_.empty()) drained_.complete_one({});
}

void core::stop() {
  stopped_ = closing_ = true;
  for (const auto& source : std::exchange(sources_, {})) source->close();
  while (!drained_.empty()) drained_.complete_one(asio::error::operation_aborted);
  for (auto* c : std::vector<connection*>(open_)) c->close();
  for (auto* c : std::exchange(fresh_, {})) c->release();
  spare_.clear();
  clock_.reset();
}

}  // namespace brood::http::detail
