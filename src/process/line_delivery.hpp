#pragma once

#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "brood/detail/listeners.hpp"
#include "process/line_splitter.hpp"

namespace brood::detail::process {

class readable_state;

/// Delivers the lines of a stream to one listener. While the stream is paused, it keeps the rest of the last piece. It
/// always keeps the beginning of an incomplete line.
class line_delivery {
 public:
  line_delivery(std::function<void(const output_line&)> f, std::size_t limit)
      : listener_(std::move(f)), splitter_(limit) {}

  /// The listener that feeds this. When it is cancelled, no more lines are delivered.
  void fed_by(std::weak_ptr<detail::listener_base> listener) noexcept { feeder_ = std::move(listener); }

  void add(std::string_view data) { splitter_.add(data); }
  /// No more data will come. The rest becomes the last line.
  void end() noexcept { splitter_.end(); }
  /// Calls the listener for each complete line. Returns false if the stream is paused before the last one.
  bool deliver(const readable_state& from);

 private:
  std::function<void(const output_line&)> listener_;
  line_splitter splitter_;
  std::weak_ptr<detail::listener_base> feeder_;
};

}  // namespace brood::detail::process
