#include "brood/http/client.hpp"

#include <algorithm>
#include <utility>

#include "http/client_exchange.hpp"
#include "http/text.hpp"

namespace brood::http {
namespace {

namespace asio = boost::asio;

std::shared_ptr<detail::client_exchange> start(const asio::any_io_executor& ex, const client_options& options,
                                               client_request request) {
  auto exchange = std::make_shared<detail::client_exchange>(ex, options, std::move(request));
  exchange->start();
  return exchange;
}

}  // namespace

std::string_view client_response::header(std::string_view name) const noexcept {
  const auto found = std::find_if(headers.begin(), headers.end(),
                                  [&](const auto& field) { return detail::same_name(field.name, name); });
  return found != headers.end() ? std::string_view(found->value) : std::string_view{};
}

void client_call::wait(detail::client_exchange& exchange, completion handler) { exchange.wait(std::move(handler)); }

client_call client::get(std::string url) const { return send({.url = std::move(url)}); }

client_call client::post(std::string url, std::string body, std::string content_type) const {
  client_request request{.method = "POST", .url = std::move(url), .body = std::move(body)};
  request.headers.push_back({"Content-Type", std::move(content_type)});
  return send(std::move(request));
}

client_call client::send(client_request request) const {
  return client_call(start(executor_, options_, std::move(request)));
}

void client::get(std::string url, callback done) const { send({.url = std::move(url)}, std::move(done)); }

void client::send(client_request request, callback done) const {
  start(executor_, options_, std::move(request))->wait(std::move(done));
}

}  // namespace brood::http
