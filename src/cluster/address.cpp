#include "brood/cluster/address.hpp"

#include <ostream>

namespace brood::cluster {

std::string to_string(const address& a) {
  if (a.type == address::kind::path) return a.host;
  const std::string port = ':' + std::to_string(a.port);
  return a.type == address::kind::ipv6 ? '[' + a.host + ']' + port : a.host + port;
}

std::ostream& operator<<(std::ostream& out, const address& a) { return out << to_string(a); }

}  // namespace brood::cluster
