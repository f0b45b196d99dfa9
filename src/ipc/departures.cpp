#include "ipc/departures.hpp"

#include <utility>

namespace brood::detail::ipc {

void departures::add(std::uint64_t position, handler h) {
  all_.push_back(std::make_unique<departure>(position, executor_));
  all_.back()->who.add(std::move(h));
}

void departures::left(std::uint64_t position) {
  while (!all_.empty() && all_.front()->position <= position) complete_first({});
}

void departures::end(boost::system::error_code reason) {
  while (!all_.empty()) complete_first(reason);
}

void departures::complete_first(boost::system::error_code reason) {
  const auto first = std::move(all_.front());
  all_.pop_front();
  if (!first->who.empty()) first->who.complete_one(reason);
}

}  // namespace brood::detail::ipc
