#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "brood/cluster/listen_options.hpp"
#include "brood/http/tls.hpp"
#include "brood/log.hpp"

namespace brood::http {

/// Limits and time-outs of a server, with the defaults and, in snake_case, the names of Node's http.Server (or of
/// nginx, where Node has none). What exceeds one is answered with the status told here and its connection closed; it
/// never reaches the handler.
///
/// Times are kept by one coarse clock a server: they end never early and at most about a second late. A time of 0 means
/// no limit; a size or a count of 0 means a limit of 0, unless its comment says otherwise.
struct server_options {
  /// The head of a request must be complete in this time: 408. Node: server.headersTimeout.
  std::chrono::milliseconds headers_timeout = std::chrono::seconds{60};
  /// Of TLS: the handshake must be over in this time, or the connection is closed without a word; the time for the
  /// first head begins when it is. Node: tls.Server's handshakeTimeout.
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds{120};
  /// The whole request must have arrived in this time: 408. Node: server.requestTimeout.
  std::chrono::milliseconds request_timeout = std::chrono::seconds{300};
  /// How long a connection may idle between two requests; then it is closed. Node: server.keepAliveTimeout.
  std::chrono::milliseconds keep_alive_timeout = std::chrono::seconds{5};
  /// How long a peer may take nothing of what is sent to it; then it is closed. nginx: send_timeout.
  std::chrono::milliseconds send_timeout = std::chrono::seconds{60};

  /// Request line and header fields together, in bytes: 431, or 414 if the request line alone is longer.
  /// Node: --max-http-header-size.
  std::size_t max_header_size = 16 * 1024;
  /// Header fields of one request: 431. Node: server.maxHeadersCount (which drops those beyond it instead).
  std::size_t max_headers_count = 2000;
  /// The body after the chunked encoding is removed, in bytes: 413. 0: every request with a body is refused. No limit:
  /// SIZE_MAX. nginx: client_max_body_size, for which 0 means no limit.
  std::size_t max_body_size = 1024 * 1024;

  /// Connections at a time; one too many is answered 503. 0: no limit. Node: server.maxConnections.
  std::size_t max_connections = 0;
  /// After so many requests a connection is closed with the last answer. 0: no limit. Node:
  /// server.maxRequestsPerSocket.
  std::size_t max_requests_per_socket = 0;

  /// The queue of connections the kernel holds for a listening socket of our own. Node: backlog of server.listen.
  int backlog = cluster::default_backlog;

  /// Makes this an HTTPS server: an https::server_tls (brood/https.hpp).
  server_tls_ptr tls{};

  /// Told of handlers that throw or do not answer, and of connections that cannot be accepted; of what is wrong with
  /// a peer's TLS at log_level::debug.
  log_function log{};
};

}  // namespace brood::http
