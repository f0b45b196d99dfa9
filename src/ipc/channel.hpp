#pragma once

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "brood/error.hpp"
#include "brood/message.hpp"
#include "ipc/arrivals.hpp"
#include "ipc/departures.hpp"
#include "ipc/large_in.hpp"
#include "ipc/large_out.hpp"
#include "ipc/outbox.hpp"
#include "ipc/socket_lists.hpp"
#include "loop/descriptor.hpp"
#include "wire/frame_buffer.hpp"
#include "wire/message_frame.hpp"

namespace brood::detail::ipc {

namespace asio = boost::asio;

/// What a peer may make us hold, and how much may wait for a peer that does not read.
struct channel_limits {
  std::size_t message = 512UL * 1024 * 1024;
  std::size_t outgoing = 512UL * 1024 * 1024;
};

/// One end of the socket that a parent and a child talk over, in one of Node's serializations.
///
/// Whatever the peer does, this end stays whole: what cannot be understood closes the channel with an error, and
/// descriptors that nobody asked for are closed. Callbacks are made from the loop, never from inside send() or
/// disconnect(). The pending wait keeps the channel alive while it is open.
class channel : public std::enable_shared_from_this<channel> {
 public:
  struct callbacks {
    /// A message and the size of its frame.
    std::function<void(message&&, std::size_t)> user;
    /// An internal message that is not about the channel itself: NODE_CLUSTER. What of it JSON cannot hold is nothing
    /// (members that are undefined).
    std::function<void(boost::json::object, attachment)> internal;
    /// Once, last. No error: either side closed in good order.
    std::function<void(error_code)> closed;
  };

  channel(asio::any_io_executor ex, unique_fd fd, serialization form, channel_limits limits = {});

  void start(callbacks c);
  /// The parent is brood, as the environment has told. Tells it that this side is, too: from here on both keep a window
  /// of descriptors under way, and nothing waits behind them.
  void greet();

  /// Queues a message; `outcome` is told of the descriptor, if there is one. False when it was dropped (closed) or when
  /// more than the mark waits to leave. Beyond the limit the channel is closed with errc::message_too_large: the peer
  /// has stopped reading.
  bool send(const boost::json::value& body, attachment handle = {}, handle_outcome outcome = {});
  /// The same. Throws boost::system::system_error with errc::not_serializable where the serialization has no form for
  /// it.
  bool send_value(const value& body, attachment handle = {}, handle_outcome outcome = {});
  /// The same for JSON text, which may be anything but must be JSON. Throws as above.
  bool send_json(std::string_view text);
  /// The same for JSON text of our own, without a newline in it.
  bool send_text(std::string_view text);
  /// The descriptor is shared, so that the caller may keep it for another peer should this one not take it soon.
  bool send_text(std::string_view text, attachment::kind type, std::shared_ptr<const unique_fd> fd,
                 handle_outcome outcome);

  /// Completes when all that is queued now has left, or with what the channel was closed with, errc::channel_closed if
  /// that was no error.
  void when_left(departures::handler h);
  /// The same for the queue being shorter than the mark.
  void when_drained(departures::handler h);

  /// Closes once everything has left. Nothing that comes in is delivered any more.
  void disconnect();
  bool connected() const noexcept { return open_ && !closing_; }

  void pause();
  void resume();

  /// The peer is dead: takes in all it has left behind, paused or not, then closes.
  void drain_and_close();

  void keep_loop(bool on);

 private:
  static constexpr std::size_t high_water_mark = 128 * 1024;  // as Node: net.Socket's write queue of its channel
  /// How long a peer that has no room for a descriptor, or a kernel that has none, is left alone.
  static constexpr std::chrono::milliseconds breath{10};

  void wait_readable();
  void readable(error_code ec);
  struct received {
    std::size_t size = 0;  // 0 when there was nothing, or the channel is closed now
    bool more = false;     // whether it is worth another look at once
  };
  /// One recvmsg.
  received receive();
  void decode(std::uint64_t enough);
  void decode_soon() noexcept;
  void go_on_decoding();
  std::optional<std::string_view> next_frame();
  void let_answers_leave();
  void dispatch(std::string_view frame);
  void read_frame(std::string_view frame);
  void handle_arrived(message frame, std::size_t size);
  bool is_between_brood_peers(std::string_view command, const boost::json::object& notice);
  void part_arrived(const boost::json::object& notice);
  void frames_arrived(const wire::part& where);
  void large_arrived();
  void asked_for_room();
  void told_of_room();
  void memory_arrived(const attachment& memory);
  void memory_answered(bool mapped);
  void answered(bool taken);
  void acknowledge(std::string_view text);
  void deliver(message&& m, std::size_t size);
  void deliver_internal(message&& m);

  struct part_outlet;

  void begin_frame();
  void append_frame(const boost::json::value& body);
  void recycle(bool large);
  std::size_t least_large() const noexcept;
  bool queue_frame();
  bool queue_large_frame();
  bool may_go_in_parts() const noexcept;
  bool queue_parts();
  std::size_t put_parts(std::string_view content, std::size_t more, bool last);
  bool put_waiting(const outbox::piece& piece);
  bool may_go_as_batch(const outbox::piece& piece) noexcept;
  void put_batch(std::string_view frames);
  std::string notice_of(const wire::part& part) const;
  std::string frame_of(std::string_view text) const;
  void give_up() noexcept;
  void share_memory();
  void give_memory(unique_fd fd);
  bool wait_for_room();
  void look_for_room();
  void do_without_parts();
  void hold_loop();
  void begin_to_send();
  bool queue(std::string frame, outgoing_handle handle);
  bool has_room(std::size_t size);
  void schedule_flush();
  bool is_short() const noexcept { return outgoing_.size() < high_water_mark; }
  void flush();
  bool let_leave(const outbox::piece& piece);
  bool transmit(const outbox::piece& piece);
  void tell_departures();
  void later(std::chrono::milliseconds pause, void (channel::*what)());
  void answer_for_sockets();
  void look_at_sockets();
  void retry();
  void go_on_writing();
  void close_soon(error_code reason);
  void close(error_code reason);

  loop::descriptor fd_;
  callbacks callbacks_;
  const serialization form_;
  const std::size_t max_outgoing_;
  wire::frame_buffer incoming_;
  wire::frame_buffer from_memory_;
  arrivals descriptors_;
  large_in large_in_;
  socket_lists sockets_;
  outbox outgoing_;
  large_out large_out_;
  departures departures_;
  detail::waiters<> drained_;
  std::string frame_;             // the one being made; its memory is used again and again
  unsigned quiet_turns_ = 0;      // in which nothing large left, one after the other
  bool large_left_ = false;       // in this one
  std::uint64_t told_until_ = 0;  // of what was queued: behind it nothing is said of what is in the memory
  std::size_t parted_ = 0;        // bytes of it that have left in parts
  wire::string_range longest_{};  // in it, if that is known
  bool in_parts_ = false;         // some of the message being made has
  error_code overflowed_;         // what it will be closed with, if so
  bool open_ = true;
  bool closing_ = false;
  bool keep_loop_ = true;
  bool delivered_ = false;  // of the frame that is being read
  bool in_memory_ = false;  // it was there
  bool answers_may_leave_ = false;
  bool looking_for_room_ = false;
  bool paused_ = false;
  bool decoding_ = false;
  bool decode_posted_ = false;
  bool waiting_readable_ = false;
  bool waiting_writable_ = false;
  bool flush_posted_ = false;
  bool retry_pending_ = false;
  bool sockets_watched_ = false;
};

}  // namespace brood::detail::ipc
