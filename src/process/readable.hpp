#pragma once

#include <boost/asio/buffer.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "brood/detail/event_state.hpp"
#include "loop/descriptor.hpp"
#include "process/line_delivery.hpp"
#include "process/side_pipe.hpp"

namespace brood::detail::process {

namespace asio = boost::asio;
using boost::system::error_code;

/// The parent's end of a pipe that a child writes to.
class readable_state : public std::enable_shared_from_this<readable_state> {
 public:
  using handler = detail::waiters<std::size_t>::handler;

  /// `terminal`: the descriptor is a terminal's master, whose modes another descriptor may change.
  readable_state(asio::any_io_executor ex, unique_fd fd, bool terminal = false)
      : finished(std::make_shared<detail::one_shot_state<>>(ex)),
        ended(std::make_shared<detail::one_shot_state<>>(ex)),
        fd_(ex, std::move(fd)),
        data_(ex),
        reader_(ex),
        terminal_(terminal) {}

  const asio::any_io_executor& get_executor() const noexcept { return fd_.get_executor(); }
  detail::listeners<std::string_view>& data() noexcept { return data_; }
  /// Adds a listener for lines to those of data().
  std::weak_ptr<detail::listener_base> add_line_listener(std::function<void(const output_line&)> f, std::size_t limit);
  /// The pipe is closed; what came through it may still be kept here. Its error: what kept the rest from being read.
  const std::shared_ptr<detail::one_shot_state<>> finished;
  /// The pipe is closed and all that came through it was read.
  const std::shared_ptr<detail::one_shot_state<>> ended;

  /// What `closed` of the child waits for. Whoever listens hears all first, however often he pauses; what nobody wants
  /// to hear must not be waited for.
  detail::one_shot_state<>& given_out() const noexcept { return flowing_ && !data_.empty() ? *ended : *finished; }

  void flow();
  void pause() noexcept { paused_ = true; }
  bool is_paused() const noexcept { return paused_; }
  void resume();
  void close();
  void read_some(asio::mutable_buffer buffer, handler h);
  /// As readable::release.
  unique_fd release();
  int native_handle() const noexcept { return fd_.get(); }
  bool is_open() const noexcept { return fd_.is_open(); }
  loop::descriptor& descriptor() noexcept { return fd_; }
  /// From here on somebody reads from the descriptor by itself. std::logic_error where it is being read already.
  void join();
  std::string take_all_kept() noexcept { return std::exchange(kept_, {}); }
  /// Something was taken in that was not read yet, and more may come.
  bool partly_kept() const noexcept { return fd_.is_open() && !kept_.empty(); }
  /// As read(2), but never waits.
  ssize_t read(void* data, std::size_t size) noexcept;

  /// Gives out, if it flows, all that is in the pipe at this moment.
  void read_available();
  /// The child is gone: from here on, whenever nobody is reading, what it left in the pipe is taken over, so that the
  /// end can be seen though nobody looks.
  void child_exited();
  /// Whether looking for the end on nobody's behalf keeps the loop's run() from returning.
  void keep_loop(bool on);
  /// The handle was dropped: unless a listener goes on hearing, nobody can ever read this.
  void dropped();

 private:
  void wait();
  void ready(error_code ec);
  void next_turn();
  void pump();
  void complete_read();
  bool emit_kept();
  bool deliver_lines();
  void make_room_if_full(std::size_t size) noexcept;
  void move_aside() noexcept;
  std::size_t take_kept(asio::mutable_buffer buffer);
  bool idle() const noexcept { return !joined_ && reader_.empty() && (!flowing_ || paused_); }
  void take_what_is_left();
  void look_for_end();
  void finish(error_code reason);
  void end_if_read();

  loop::descriptor fd_;
  detail::listeners<std::string_view> data_;
  std::vector<std::weak_ptr<line_delivery>> lines_;  // each is owned by a listener of data_
  detail::waiters<std::size_t> reader_;              // at most one read under way
  asio::mutable_buffer target_;
  std::string kept_;
  side_pipe side_;  // in front of what is in the pipe, behind what is kept; used by the flow, which never ends
  error_code failure_;
  const bool terminal_;
  bool flowing_ = false;
  bool joined_ = false;
  bool paused_ = false;
  bool waiting_ = false;
  bool pumping_ = false;
  bool lines_wait_ = false;  // some were not delivered, because of a pause
  bool full_ = false;        // at the last look the pipe had as much as we can take at once
  bool grown_ = false;       // it was made larger, or at least that was tried
  bool moves_ = false;       // and so its pages can be moved aside
  bool exited_ = false;
  bool end_keeps_loop_ = true;
};

}  // namespace brood::detail::process
