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

  /// `terminal`: the descriptor is the master of a terminal, whose modes another descriptor may change.
  readable_state(asio::any_io_executor ex, unique_fd fd, bool terminal = false)
      : finished(std::make_shared<detail::one_shot_state<>>(ex)),
        ended(std::make_shared<detail::one_shot_state<>>(ex)),
        fd_(ex, std::move(fd)),
        data_(ex),
        reader_(ex),
        terminal_(terminal) {}

  const asio::any_io_executor& get_executor() const noexcept { return fd_.get_executor(); }
  detail::listeners<std::string_view>& data() noexcept { return data_; }
  /// Adds a listener for lines to the listeners of data().
  std::weak_ptr<detail::listener_base> add_line_listener(std::function<void(const output_line&)> f, std::size_t limit);
  /// The pipe is closed, but data from it may still be kept here. The error says why the rest could not be read.
  const std::shared_ptr<detail::one_shot_state<>> finished;
  /// The pipe is closed and all its data was read.
  const std::shared_ptr<detail::one_shot_state<>> ended;

  /// The event that the child's `closed` waits for. A listener receives all data first, even if it pauses; data without
  /// a listener is not waited for.
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
  /// From now on another object reads from the descriptor. Throws std::logic_error if it is being read already.
  void join();
  std::string take_all_kept() noexcept { return std::exchange(kept_, {}); }
  /// Some data was read into memory but not consumed, and more may come.
  bool partly_kept() const noexcept { return fd_.is_open() && !kept_.empty(); }
  /// As read(2), but never blocks.
  ssize_t read(void* data, std::size_t size) noexcept;

  /// If the stream flows, delivers everything that is in the pipe at this moment.
  void read_available();
  /// The child has ended. From now on, data left in the pipe is read into memory while there is no reader, so that the
  /// end can be detected.
  void child_exited();
  /// Whether a background wait for the end keeps the loop's run() from returning.
  void keep_loop(bool on);
  /// The handle was destroyed: without a remaining listener nothing can read this any more.
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
  detail::waiters<std::size_t> reader_;              // at most one pending read
  asio::mutable_buffer target_;
  std::string kept_;
  // its data comes after the kept data and before the pipe's; used only by the flow, which never stops
  side_pipe side_;
  error_code failure_;
  const bool terminal_;
  bool flowing_ = false;
  bool joined_ = false;
  bool paused_ = false;
  bool waiting_ = false;
  bool pumping_ = false;
  bool lines_wait_ = false;  // a pause kept some lines from being delivered
  bool full_ = false;        // at the last read the pipe had as much as fits into the buffer
  bool grown_ = false;       // enlarging it was attempted
  bool moves_ = false;       // and so its pages can be moved
  bool exited_ = false;
  bool end_keeps_loop_ = true;
};

}  // namespace brood::detail::process
