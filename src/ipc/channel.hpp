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

/// Limits for data from a peer, and for data that waits for a peer that does not read.
struct channel_limits {
  std::size_t message = 512UL * 1024 * 1024;
  std::size_t outgoing = 512UL * 1024 * 1024;
};

/// One end of the socket between a parent and a child, in one of Node's serializations.
///
/// Invalid data from the peer closes the channel with an error, and descriptors that were not announced are closed;
/// this end stays consistent. Callbacks are called from the loop, never from inside send() or disconnect(). The pending
/// wait keeps the channel alive while it is open.
class channel : public std::enable_shared_from_this<channel> {
 public:
  struct callbacks {
    /// A message and the size of its frame.
    std::function<void(message&&, std::size_t)> user;
    /// An internal message for another layer: NODE_CLUSTER. Members that JSON cannot represent (undefined) are missing.
    std::function<void(boost::json::object, attachment)> internal;
    /// Called once, last. No error: either side closed the channel properly.
    std::function<void(error_code)> closed;
  };

  channel(asio::any_io_executor ex, unique_fd fd, serialization form, channel_limits limits = {});

  void start(callbacks c);
  /// The parent is a brood program, according to the environment. Announces that this side is one, too. From then on
  /// both sides may have several descriptors in transit, and nothing waits behind them.
  void greet();

  /// Queues a message. `outcome` is called with the result for the handle, if there is one. Returns false if the
  /// message was dropped (the channel is closed), or if more than the high-water mark is queued. Beyond the limit the
  /// channel is closed with errc::message_too_large, because the peer has stopped reading.
  bool send(const boost::json::value& body, attachment handle = {}, handle_outcome outcome = {});
  /// The same. Throws boost::system::system_error with errc::not_serializable if the serialization cannot represent the
  /// value.
  bool send_value(const value& body, attachment handle = {}, handle_outcome outcome = {});
  /// The same for any JSON text. Throws as above if it is not valid JSON.
  bool send_json(std::string_view text);
  /// The same for valid JSON text without a newline in it.
  bool send_text(std::string_view text);
  /// The descriptor is shared, so that the caller can keep it for another peer if this one does not accept it soon.
  bool send_text(std::string_view text, attachment::kind type, std::shared_ptr<const unique_fd> fd,
                 handle_outcome outcome);

  /// Completes when everything that is queued now has been written, or with the error that the channel was closed with
  /// (errc::channel_closed if there was none).
  void when_left(departures::handler h);
  /// The same when the queue is below the high-water mark.
  void when_drained(departures::handler h);

  /// Closes after everything has been written. Input is not delivered any more.
  void disconnect();
  bool connected() const noexcept { return open_ && !closing_; }

  void pause();
  void resume();

  /// The peer has exited: reads everything that it left behind, even if paused, then closes.
  void drain_and_close();

  void keep_loop(bool on);

 private:
  static constexpr std::size_t high_water_mark = 128 * 1024;  // as in Node: the write queue of its channel's net.Socket
  /// The delay before another attempt if the peer, or the kernel, has no room for a descriptor.
  static constexpr std::chrono::milliseconds breath{10};

  void wait_readable();
  void readable(error_code ec);
  struct received {
    std::size_t size = 0;  // 0 if there was no data, or if the channel is closed now
    bool more = false;     // whether another read may succeed at once
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
  std::string frame_;             // the frame that is being written; its memory is reused
  unsigned quiet_turns_ = 0;      // consecutive turns without a large message
  bool large_left_ = false;       // in the current turn
  std::uint64_t told_until_ = 0;  // position in the queue of the last notice that refers to shared memory
  std::size_t parted_ = 0;        // bytes of the frame that were sent in parts
  wire::string_range longest_{};  // in the frame, if known
  bool in_parts_ = false;         // a part of the frame was already sent
  error_code overflowed_;         // the error that the channel will be closed with
  bool open_ = true;
  bool closing_ = false;
  bool keep_loop_ = true;
  bool delivered_ = false;  // of the frame that is being read
  bool in_memory_ = false;  // the frame was in shared memory
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
