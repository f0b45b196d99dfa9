#pragma once

/// Everything but HTTP: processes (spawn, exec, fork, streams, pipes, shell), the message channel, clusters, events,
/// errors and values. HTTP has headers of its own: brood/http.hpp, and brood/https.hpp for TLS.

#include "brood/async_exec.hpp"
#include "brood/async_spawn.hpp"
#include "brood/channel.hpp"
#include "brood/child_process.hpp"
#include "brood/cluster.hpp"
#include "brood/error.hpp"
#include "brood/event.hpp"
#include "brood/exec.hpp"
#include "brood/executor.hpp"
#include "brood/exit_status.hpp"
#include "brood/js.hpp"
#include "brood/log.hpp"
#include "brood/message.hpp"
#include "brood/options.hpp"
#include "brood/parallelism.hpp"
#include "brood/pipe.hpp"
#include "brood/serialization.hpp"
#include "brood/shell.hpp"
#include "brood/signals.hpp"
#include "brood/spawn_sync.hpp"
#include "brood/stdio.hpp"
#include "brood/stream.hpp"
#include "brood/this_program.hpp"
#include "brood/value.hpp"
