#include "brood/cluster/address.hpp"

#include <ostream>

#include "brood/cluster/listen_options.hpp"
#include "cluster/requested_address.hpp"

namespace brood::cluster {

std::string to_string(const address& a) {
  if (a.type == address::kind::path) return a.host;
  const std::string port = ':' + std::to_string(a.port);
  return a.type == address::kind::ipv6 ? '[' + a.host + ']' + port : a.host + port;
}

std::ostream& operator<<(std::ostream& out, const address& a) { return out << to_string(a); }

address requested_address(const wire::listen_request& request) {
  address result;
  if (request.address_type == "-1") return {address::kind::path, request.address.value_or(""), 0};
  if (request.address_type == "6" || request.address_type == "udp6") result.type = address::kind::ipv6;
  result.host = request.address.value_or(result.type == address::kind::ipv6 ? "::" : "0.0.0.0");
  result.port = static_cast<std::uint16_t>(request.port);
  return result;
}

int requested_backlog(const wire::listen_request& request) {
  return request.backlog > 0 && request.backlog <= 65'535 ? static_cast<int>(request.backlog) : default_backlog;
}

}  // namespace brood::cluster
