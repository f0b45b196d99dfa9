#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The messages of Node's cluster, as values and as JSON text. The names of the members and the rules are those between
/// Node's own primary and workers (lib/internal/cluster), which are the same from Node 20 to 26.
namespace brood::detail::wire {

/// The address that a worker wants to listen on: the members that queryServer and listening have in common.
struct listen_request {
  std::optional<std::string> address{};  ///< empty: any address
  std::int64_t port = 0;                 ///< -1 for a path
  std::string address_type = "4";        ///< "4", "6", "-1" for a path, "udp4", "udp6"
  std::optional<std::int64_t> fd{};
  std::int64_t flags = 0;     ///< 1: IPv6 only
  std::int64_t backlog = 0;   ///< 0: the default
  bool readable_all = false;  ///< of a path: every user may read
  bool writable_all = false;
  std::int64_t index = 0;  ///< distinguishes a worker's requests for port 0
  boost::json::value data{};

  /// Identifies the listener that workers share: Node's key, with the index only for port 0.
  std::string key() const;
};

struct socket_name {
  std::string address{};
  std::uint16_t port = 0;
  bool ipv6 = false;
};

/// A worker's report of its connections. An extension of brood.
struct traffic_report {
  std::uint64_t accepted = 0;           ///< since the start of the worker, from its own queues and not from the primary
  std::optional<std::uint64_t> open{};  ///< empty: unknown
  std::optional<std::uint64_t> requests{};  ///< empty: unknown

  friend bool operator==(const traffic_report&, const traffic_report&) = default;
};

struct cluster_message {
  enum class act {
    none,
    online,
    query_server,
    listening,
    close,
    exited_after_disconnect,
    new_connection,
    disconnect,
    loads,
    ready,
    traffic,
    new_data
  };

  act what = act::none;
  std::int64_t seq = -1;
  std::optional<std::int64_t> ack{};  ///< if present, this is the reply to the message with that seq
  std::string key{};
  std::optional<bool> accepted{};
  std::int64_t error = 0;  ///< a positive errno; 0 if the worker may listen
  std::optional<socket_name> sockname{};
  /// extension of brood: the worker's own queue, from which no other worker accepts
  std::optional<std::uint32_t> slot{};
  bool counts_load = false;  ///< extension of brood: the worker may report its load (act `loads`)
  /// extension of brood: requests `traffic` reports; an interval in milliseconds
  std::optional<std::uint32_t> report_every{};
  traffic_report report{};    ///< of `traffic`
  bool leaving = false;       ///< extension of brood, in `close`: the worker disconnects from the cluster
  listen_request request{};   ///< of query_server and listening
  boost::json::value data{};  ///< of a reply and of new_data: the data that the workers of a listener share
};

/// Reads any of these messages. A member that is missing or has another type keeps its default. Unknown acts are
/// `none`, which Node ignores, too.
cluster_message parse_cluster_message(const boost::json::object& message);

// Worker to primary.
std::string online_text(std::int64_t seq);
std::string query_text(std::int64_t seq, const listen_request& request);
std::string listening_text(std::int64_t seq, const listen_request& request, std::int64_t real_port);
/// `leaving` is an extension of brood: the worker closes the listener because it disconnects from the cluster.
std::string close_text(std::int64_t seq, std::string_view key, bool leaving = false);
std::string exited_after_disconnect_text(std::int64_t seq);
/// Extension of brood: requests the descriptor of the map of loads. The reply is an ack with it. Node's primary ignores
/// this message.
std::string loads_text(std::int64_t seq, std::string_view key);
/// Extension of brood: this worker is ready.
std::string ready_text(std::int64_t seq);
/// Extension of brood.
std::string traffic_text(std::int64_t seq, const traffic_report& report);
std::string accepted_text(std::int64_t seq, std::int64_t ack, bool accepted);

// Primary to worker.
/// The part of a reply that only brood's workers understand. Node's ignore it.
struct own_queue {
  std::uint32_t slot = 0;
  bool counts_load = false;
};
std::string listen_reply_text(std::int64_t seq, std::int64_t ack, std::string_view key, int error,
                              const std::optional<socket_name>& name, const boost::json::value& data,
                              const std::optional<own_queue>& queue = {},
                              std::optional<std::uint32_t> report_every = {});
std::string new_connection_text(std::int64_t seq, std::string_view key);
/// Extension of brood: announces new shared data of the listener. Node's workers ignore it.
std::string new_data_text(std::int64_t seq, std::string_view key, const boost::json::value& data);
std::string disconnect_text(std::int64_t seq);
std::string ack_text(std::int64_t seq, std::int64_t ack);

}  // namespace brood::detail::wire
