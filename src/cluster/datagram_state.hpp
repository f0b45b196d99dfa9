#pragma once

#include <boost/asio/ip/udp.hpp>
#include <memory>
#include <string>

#include "brood/cluster/datagram_port.hpp"
#include "brood/unique_fd.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

struct this_worker_state;

/// The state of a datagram_port.
struct datagram_state : std::enable_shared_from_this<datagram_state> {
  using udp = asio::ip::udp;

  datagram_state(const asio::any_io_executor& ex, brood::detail::wire::listen_request what);

  /// Takes the socket, which must be bound as requested.
  error_code open(std::string name, unique_fd fd);
  void end(error_code reason);
  bool ended() const noexcept { return ended_.failed(); }

  const brood::detail::wire::listen_request request;
  std::string key;  // empty until open, and if the primary does not know of it
  std::weak_ptr<this_worker_state> owner;
  std::shared_ptr<std::int64_t> numbering;  // this_worker_state::number
  udp::socket socket;
  udp::endpoint local;
  const std::shared_ptr<brood::detail::one_shot_state<udp::endpoint>> bound;
  const std::shared_ptr<brood::detail::one_shot_state<error_code>> closed;

 private:
  error_code ended_;
};

}  // namespace brood::cluster::detail
