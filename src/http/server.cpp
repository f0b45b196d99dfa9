#include "brood/http/server.hpp"

#include <utility>

#include "brood/cluster/this_worker.hpp"
#include "http/core.hpp"
#include "http/plain_source.hpp"
#include "http/worker_source.hpp"
#include "sys/listen_unix.hpp"

namespace brood::http {

namespace asio = boost::asio;

server::server(executor ex, handler h, server_options options)
    : server(std::make_shared<detail::core>(ex.get(), std::move(h), std::move(options), detail::make_plain_source)) {}

server::server(cluster::this_worker& self, handler h, server_options options)
    : server(std::make_shared<detail::core>(self.get_executor(), std::move(h), std::move(options),
                                            [&self](detail::core& core, const detail::listen_address& where) {
                                              return detail::make_worker_source(self, core, where);
                                            })) {}

server::server(std::shared_ptr<detail::core> core)
    : listening(brood::detail::event_of(core->listening())), core_(std::move(core)) {}

server& server::operator=(server&& other) noexcept { return brood::detail::replace(*this, std::move(other)); }

server::~server() {
  if (!core_) return;
  core_->listening()->forget_program();
  core_->stop();
}

void server::listen(std::uint16_t port, const cluster::listen_options& with) {
  core_->listen({.endpoint = {asio::ip::tcp::v6(), port}, .everywhere = true, .with = with});
}
void server::listen(const endpoint& where, const cluster::listen_options& with) {
  core_->listen({.endpoint = where, .with = with});
}
void server::listen(const std::filesystem::path& path, const cluster::listen_options& with) {
  if (path.empty()) throw boost::system::system_error(asio::error::invalid_argument, "listen on an empty path");
  brood::detail::sys::refuse_address(path.string());
  core_->listen({.path = path, .with = with});
}
void server::listen_inherited(int descriptor, const cluster::listen_options& with) {
  if (descriptor < 0) throw boost::system::system_error(asio::error::bad_descriptor, "listen on a descriptor");
  core_->listen({.descriptor = descriptor, .with = with});
}

server::endpoint server::local_endpoint() const { return core_->local_endpoint(); }

server_statistics server::statistics() const noexcept { return core_->statistics(); }

void server::close(detail::core& core, brood::detail::waiters<>::handler completion) {
  core.async_close(std::move(completion));
}

}  // namespace brood::http
