#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

#include "brood/cluster/listen_options.hpp"
#include "brood/http/tls.hpp"
#include "brood/log.hpp"

namespace brood::http {

/// Limits and time-outs of a server, with the defaults and, in snake_case, the names of Node's http.Server, or of nginx
/// if Node has no such option. A request that exceeds a limit is answered with the status given here, its connection is
/// closed, and the handler is not called.
///
/// Time-outs use one coarse clock for each server: they never expire early, and at most about a second late. A time of
/// 0 means no limit. A size or a count of 0 means a limit of 0, unless its comment says otherwise.
struct server_options {
  /// Time limit for the head of a request: 408. Node: server.headersTimeout.
  std::chrono::milliseconds headers_timeout = std::chrono::seconds{60};
  /// Time limit for the TLS handshake; then the connection is closed without a response. headers_timeout starts after
  /// the handshake. Node: tls.Server's handshakeTimeout.
  std::chrono::milliseconds handshake_timeout = std::chrono::seconds{120};
  /// Time limit for the whole request: 408. Node: server.requestTimeout.
  std::chrono::milliseconds request_timeout = std::chrono::seconds{300};
  /// Idle time between two requests; then the connection is closed. Node: server.keepAliveTimeout.
  std::chrono::milliseconds keep_alive_timeout = std::chrono::seconds{5};
  /// Time during which the peer reads nothing of the response; then the connection is closed. nginx: send_timeout.
  std::chrono::milliseconds send_timeout = std::chrono::seconds{60};

  /// Request line and header fields together, in bytes: 431, or 414 if the request line alone is longer.
  /// Node: --max-http-header-size.
  std::size_t max_header_size = 16 * 1024;
  /// Header fields of one request: 431. Node: server.maxHeadersCount (which drops those beyond it instead).
  std::size_t max_headers_count = 2000;
  /// The body after the chunked encoding is removed, in bytes: 413. 0: every request with a body is refused. No limit:
  /// SIZE_MAX. nginx: client_max_body_size, for which 0 means no limit.
  std::size_t max_body_size = 1024 * 1024;

  /// Open connections; a further one is answered 503. 0: no limit. Node: server.maxConnections.
  std::size_t max_connections = 0;
  /// Requests on a connection, which closes with the last response. 0: no limit. Node: server.maxRequestsPerSocket.
  std::size_t max_requests_per_socket = 0;

  /// The maximum length of the kernel's accept queue, for a server that listens itself. Node: backlog of server.listen.
  int backlog = cluster::default_backlog;

  /// Makes this an HTTPS server. An https::server_tls (brood/https.hpp).
  server_tls_ptr tls{};

  /// Receives log lines about handlers that throw or do not answer, and about connections that cannot be accepted. TLS
  /// errors of peers are logged at log_level::debug.
  log_function log{};
};

}  // namespace brood::http
