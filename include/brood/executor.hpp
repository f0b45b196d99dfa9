#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <concepts>
#include <utility>

namespace brood {

namespace detail {

template <class Source>
concept has_executor = requires(Source& source) {
  { source.get_executor() } -> std::convertible_to<boost::asio::any_io_executor>;
};

template <class Executor>
concept other_executor = std::convertible_to<Executor, boost::asio::any_io_executor> &&
    !std::same_as<Executor, boost::asio::any_io_executor>;

}  // namespace detail

/// The executor that an object's handlers run on. Every function that starts work takes one: an execution context such
/// as `asio::io_context`, an Asio executor, or an object that has an executor.
///
/// The executor must run one handler at a time: an io_context that one thread runs, or a strand. If two threads use the
/// objects of one io_context or thread pool at the same time, the second call throws std::logic_error. Creating an
/// object on a strand of a thread pool from outside that strand throws it, too (docs/executors.md). unref() and the
/// rules that follow from it work only on the executor of an io_context itself.
class executor {
 public:
  executor(boost::asio::any_io_executor ex) noexcept : executor_(std::move(ex)) {}

  template <detail::has_executor Source>
  executor(Source& source) noexcept : executor_(source.get_executor()) {}

  template <detail::other_executor Executor>
  executor(Executor ex) noexcept : executor_(std::move(ex)) {}

  const boost::asio::any_io_executor& get() const noexcept { return executor_; }

 private:
  boost::asio::any_io_executor executor_;
};

}  // namespace brood
