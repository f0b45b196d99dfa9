#pragma once

#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "brood/cluster/this_worker.hpp"
#include "cluster/acceptor_state.hpp"
#include "cluster/datagram_state.hpp"
#include "cluster/traffic_meter.hpp"
#include "ipc/endpoint.hpp"
#include "wire/cluster_message.hpp"

namespace brood::cluster::detail {

namespace asio = boost::asio;

/// The state of this_worker: the worker's side of the conversation with the primary.
struct this_worker_state : std::enable_shared_from_this<this_worker_state> {
  this_worker_state(const asio::any_io_executor& ex, int number, worker_options o);

  /// Takes the process's channel and reports `online`.
  void open(unique_fd channel_end);
  std::shared_ptr<acceptor_state> listen(brood::detail::wire::listen_request request);
  /// Returns an acceptor that fails without a request to the primary.
  std::shared_ptr<acceptor_state> refuse(brood::detail::wire::listen_request request, error_code why);
  /// Listens without the primary.
  std::shared_ptr<acceptor_state> listen_exclusive(brood::detail::wire::listen_request request);
  std::shared_ptr<datagram_state> bind(brood::detail::wire::listen_request request, bool exclusive);
  void close_datagrams(datagram_state& which, bool leaving = false);
  void close_acceptor(acceptor_state& which);
  void tell_ready() {
    if (channel->connected()) tell(brood::detail::wire::ready_text(next_seq_++));
  }
  /// `own`: the worker's own decision, which the primary does not know yet.
  void disconnect(bool own);

  const int id;
  const worker_options options;
  const std::shared_ptr<brood::detail::ipc::endpoint> channel;
  const std::shared_ptr<brood::detail::one_shot_state<>> disconnecting;
  // the worker disconnects when the last copy is destroyed; this one is released by disconnect()
  std::shared_ptr<void> hold;
  std::weak_ptr<void> any_hold;  // valid while any copy exists
  bool exited_after_disconnect = false;

 private:
  using reply_function = std::function<void(const brood::detail::wire::cluster_message&, attachment&)>;

  void on_message(const boost::json::object& message, attachment handle);
  void on_connection(const brood::detail::wire::cluster_message& m, attachment handle);
  void on_listen_reply(acceptor_state& which, const brood::detail::wire::cluster_message& reply, unique_fd socket);
  /// Requests the map from which the kernel reads this worker's load.
  void ask_for_loads(acceptor_state& which, std::uint32_t slot);
  /// The primary requests reports, at most at this interval.
  void report_traffic(std::chrono::milliseconds every);
  void traffic_changed(traffic_meter::change what);
  void tell_traffic();
  void on_bind_reply(datagram_state& which, const brood::detail::wire::cluster_message& reply, unique_fd socket);
  bool may_ask() const { return channel->connected() && !exited_after_disconnect; }
  void end_acceptors(errc reason);
  void end_datagrams(errc reason);
  void on_lost();
  void leave();
  /// Sends `text(seq)`; `f` is called with the reply. Returns the seq.
  std::int64_t ask(const std::function<std::string(std::int64_t)>& text, reply_function f);
  void tell(std::string_view text) { channel->link->send_text(text); }
  /// Numbers the requests for the same address, as Node does: from 0 on, and from 0 again after all of them are closed.
  /// The result must be kept while the request is open, and until it is answered.
  std::shared_ptr<std::int64_t> number(brood::detail::wire::listen_request& request);

  std::int64_t next_seq_ = 0;
  std::map<std::int64_t, reply_function> replies_;
  std::map<std::string, std::weak_ptr<acceptor_state>> acceptors_;  // by the key of the primary
  std::map<std::int64_t, std::weak_ptr<acceptor_state>> asking_;    // without a reply yet, by the seq of the request
  std::vector<std::weak_ptr<acceptor_state>> exclusive_;            // unknown to the primary
  std::vector<std::weak_ptr<datagram_state>> datagrams_;            // all
  std::map<std::string, std::weak_ptr<std::int64_t>> indexes_;      // the next index, by the key of the request
  const std::shared_ptr<traffic_meter> traffic_;
  std::optional<std::chrono::milliseconds> report_every_;
  asio::steady_timer report_timer_;
  bool report_is_due_ = false;
  bool own_wish_ = false;
};

}  // namespace brood::cluster::detail
