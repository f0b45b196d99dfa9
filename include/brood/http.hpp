#pragma once

// A small HTTP/1.1 server, and a client for probes and tests. The server gets its connections from a cluster worker or
// from its own listening socket.
#include "brood/http/client.hpp"
#include "brood/http/handler.hpp"
#include "brood/http/options.hpp"
#include "brood/http/request.hpp"
#include "brood/http/request_body.hpp"
#include "brood/http/response.hpp"
#include "brood/http/server.hpp"
#include "brood/http/static_files.hpp"
#include "brood/http/upgraded.hpp"
