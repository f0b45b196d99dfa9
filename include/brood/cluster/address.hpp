#pragma once

#include <cstdint>
#include <iosfwd>
#include <string>

namespace brood::cluster {

/// An address that a worker listens on. Prints as "0.0.0.0:8000", "[::1]:8000" or "/run/app.sock".
struct address {
  enum class kind { ipv4, ipv6, path };
  kind type = kind::ipv4;
  /// A numeric address or a path; "0.0.0.0" if the worker gave no address. A link-local IPv6 address has its zone:
  /// "fe80::1%eth0".
  std::string host{};
  std::uint16_t port = 0;

  friend bool operator==(const address&, const address&) = default;
};

std::string to_string(const address&);
std::ostream& operator<<(std::ostream&, const address&);

}  // namespace brood::cluster
