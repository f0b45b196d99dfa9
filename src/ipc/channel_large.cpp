#include <boost/system/errc.hpp>
#include <utility>

#include "ipc/channel.hpp"
#include "sys/calls.hpp"
#include "wire/frames.hpp"
#include "wire/json_writer.hpp"
#include "wire/parts.hpp"

// Large messages between brood peers: what of them goes through memory that both have mapped (wire/parts.hpp).

namespace brood::ipc {

/// Lets the peer read a large message while it is being written.
struct channel::part_outlet final : wire::outlet {
  explicit part_outlet(channel& to) : channel_(to) {}
  std::size_t take(std::string_view written, std::size_t more) override {
    return channel_.put_parts(written, more, false);
  }

 private:
  channel& channel_;
};

void channel::append_frame(const boost::json::value& body) try {
  if (form_ == serialization::json && large_out_.usable()) {
    part_outlet out(*this);
    wire::append_frame(frame_, body, out);
  } else {
    wire::append_frame(frame_, form_, body);
  }
} catch (...) {
  give_up_parts();
  throw;
}

/// There was no memory for the rest of a message whose beginning the peer may have read: it can neither be ended nor
/// taken back. Nothing here needs memory, and the reader finds the end of the socket.
void channel::give_up_parts() noexcept {
  if (!in_parts_) return;
  closing_ = true;
  overflowed_ = make_error_code(boost::system::errc::not_enough_memory);
  sys::shut_down(fd_.get());
}

/// Writes as much of it as there is room for into the memory that the peer reads, and tells it; says how much.
std::size_t channel::put_parts(std::string_view content, std::size_t more, bool last) {
  const std::size_t written = large_out_.put(content);
  in_parts_ = in_parts_ || written != 0;
  const bool all = written == content.size();
  while (auto part = large_out_.take_part(last || !all)) {
    part->more = all ? more : 0;
    part->last = last && all && !large_out_.has_part();
    std::string notice;
    wire::append_text_frame(notice, form_, wire::part_notice(*part));
    outgoing_.add(notice);
    begin_to_send();
  }
  return written;
}

/// The frame just made, or what is still left of it: as parts, or, if there is no room for them, as a frame of its own.
/// To part the memory of a whole one would cost more than it brings.
bool channel::queue_large_frame() try {
  small_frames_ = 0;
  const auto content = wire::content_of_frame(frame_, form_);
  if (in_parts_ || content.size() <= large_out_.room()) {
    const std::size_t written = put_parts(content, 0, true);
    if (written == content.size()) {
      in_parts_ = false;
      return schedule_flush();
    }
    if (in_parts_) wire::make_rest(frame_, form_, written);
  }
  if (!has_room(frame_.size())) return false;
  outgoing_.add_large(std::exchange(frame_, {}));
  in_parts_ = false;
  begin_to_send();
  share_memory();
  return schedule_flush();
} catch (...) {
  give_up_parts();
  throw;
}

/// The first large message to a brood peer goes as every other; with those behind it one can do better.
void channel::share_memory() {
  constexpr std::size_t notice = 1024;  // and more than enough
  if (!outgoing_.is_wide() || outgoing_.size() + notice > most_outgoing_) return;
  unique_fd fd = large_out_.share();
  if (!fd) return;
  const wire::handle_envelope around{.type = attachment::kind::native};
  std::string frame;
  wire::append_text_frame(frame, form_, wire::memory_notice, &around);
  queue(std::move(frame), {.fd = std::make_shared<const unique_fd>(std::move(fd)), .insist = false, .awaited = false});
}

// ---- what the peer sends

void channel::part_arrived(const boost::json::object& notice) {
  const auto part = wire::read_part(notice);
  if (!part) return close(errc::garbled_message);
  large_arrived(large_in_.add(*part), part->last);
}

/// A part of a large message, or the rest of it.
void channel::large_arrived(error_code ec, bool complete) {
  if (ec) return close(ec);
  if (!complete || !open_) return;
  const std::size_t size = large_in_.size();
  auto content = large_in_.end();
  if (!content) return close(errc::garbled_message);
  // What the channels tell each other is never so large: it goes no further than the program, lest it name itself.
  if (!wire::internal_command(content->body).empty()) return deliver_internal(std::move(*content), {});
  deliver(std::move(*content), {}, size);
}

/// Where we cannot map it, the peer hears nothing and does without.
void channel::memory_arrived(const attachment& memory) {
  if (!large_in_.open(memory.native_handle())) return;
  acknowledge(wire::mapped_notice);
  schedule_flush();
}

}  // namespace brood::ipc
