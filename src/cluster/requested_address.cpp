#include "cluster/requested_address.hpp"

#include "brood/cluster/listen_options.hpp"

namespace brood::cluster::detail {

address requested_address(const brood::detail::wire::listen_request& request) {
  address result;
  if (request.address_type == "-1") return {address::kind::path, request.address.value_or(""), 0};
  if (request.address_type == "6" || request.address_type == "udp6") result.type = address::kind::ipv6;
  result.host = request.address.value_or(result.type == address::kind::ipv6 ? "::" : "0.0.0.0");
  result.port = static_cast<std::uint16_t>(request.port);
  return result;
}

int requested_backlog(const brood::detail::wire::listen_request& request) {
  return request.backlog > 0 && request.backlog <= 65'535 ? static_cast<int>(request.backlog) : default_backlog;
}

}  // namespace brood::cluster::detail
