#pragma once

#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The messages of Node's cluster, as values and as JSON text. Field names and rules are those Node uses between its
/// own primary and workers (lib/internal/cluster), the same from Node 20 to 26.
namespace brood::detail::wire {

/// Where a worker wants to listen: the fields that queryServer and listening have in common.
struct listen_request {
  std::optional<std::string> address{};  ///< none: any address
  std::int64_t port = 0;                 ///< -1 for a path
  std::string address_type = "4";        ///< "4", "6", "-1" for a path, "udp4", "udp6"
  std::optional<std::int64_t> fd{};
  std::int64_t flags = 0;     ///< 1: IPv6 only
  std::int64_t backlog = 0;   ///< 0: the default
  bool readable_all = false;  ///< of a path: for everybody
  bool writable_all = false;
  std::int64_t index = 0;  ///< tells a worker's requests for port 0 apart
  boost::json::value data{};

  /// What is the same for all workers that shall share one listener: Node's key, with the index only for port 0.
  std::string key() const;
};

struct socket_name {
  std::string address{};
  std::uint16_t port = 0;
  bool ipv6 = false;
};

/// What a worker tells of its connections. brood's own.
struct traffic_report {
  std::uint64_t accepted = 0;               ///< from queues of its own, not through the primary, since it started
  std::optional<std::uint64_t> open{};      ///< none: it does not know
  std::optional<std::uint64_t> requests{};  ///< the same

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
  std::optional<std::int64_t> ack{};  ///< present: an answer to the message with that seq
  std::string key{};
  std::optional<bool> accepted{};
  std::int64_t error = 0;  ///< an errno, positive; 0 where the listener is there
  std::optional<socket_name> sockname{};
  std::optional<std::uint32_t> slot{};          ///< brood's own: the worker's queue, which no other worker accepts from
  bool counts_load = false;                     ///< brood's own: the worker may tell its load (act `loads`)
  std::optional<std::uint32_t> report_every{};  ///< brood's own: the worker is asked for `traffic`, in milliseconds
  traffic_report report{};                      ///< of `traffic`
  bool leaving = false;                         ///< brood's own, of `close`: the worker disconnects from the cluster
  listen_request request{};                     ///< of query_server and listening
  boost::json::value data{};                    ///< of an answer, and of new_data: what the workers of a listener share
};

/// Reads any of them; what is absent or of another type keeps its default, unknown acts are `none`: Node ignores those.
cluster_message parse_cluster_message(const boost::json::object& message);

// Worker to primary.
std::string online_text(std::int64_t seq);
std::string query_text(std::int64_t seq, const listen_request& request);
std::string listening_text(std::int64_t seq, const listen_request& request, std::int64_t real_port);
/// `leaving` (brood's own): the worker closes the listener because it disconnects from the cluster.
std::string close_text(std::int64_t seq, std::string_view key, bool leaving = false);
std::string exited_after_disconnect_text(std::int64_t seq);
/// brood's own: asks for the descriptor of the map of loads; the answer is an ack with it. Node's primary ignores it.
std::string loads_text(std::int64_t seq, std::string_view key);
/// brood's own: this worker serves.
std::string ready_text(std::int64_t seq);
/// brood's own.
std::string traffic_text(std::int64_t seq, const traffic_report& report);
std::string accepted_text(std::int64_t seq, std::int64_t ack, bool accepted);

// Primary to worker.
/// What only brood's workers understand in a reply; Node's ignore it.
struct own_queue {
  std::uint32_t slot = 0;
  bool counts_load = false;
};
std::string listen_reply_text(std::int64_t seq, std::int64_t ack, std::string_view key, int error,
                              const std::optional<socket_name>& name, const boost::json::value& data,
                              const std::optional<own_queue>& queue = {},
                              std::optional<std::uint32_t> report_every = {});
std::string new_connection_text(std::int64_t seq, std::string_view key);
/// brood's own: what the workers of the listener share is now this. Node's workers ignore it.
std::string new_data_text(std::int64_t seq, std::string_view key, const boost::json::value& data);
std::string disconnect_text(std::int64_t seq);
std::string ack_text(std::int64_t seq, std::int64_t ack);

}  // namespace brood::detail::wire
