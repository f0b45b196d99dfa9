#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <concepts>
#include <utility>

namespace brood {

namespace asio = boost::asio;

/// Where work runs, taken by every call that starts some: an execution context such as `asio::io_context`, any
/// Asio executor, or an object that has one.
class executor {
 public:
  executor(asio::any_io_executor ex) noexcept : executor_(std::move(ex)) {}

  template <class Source>
    requires requires(Source& source) {
      { source.get_executor() } -> std::convertible_to<asio::any_io_executor>;
    }
  executor(Source& source) noexcept : executor_(source.get_executor()) {}

  template <class Executor>
    requires(std::convertible_to<Executor, asio::any_io_executor> && !std::same_as<Executor, asio::any_io_executor> &&
             !std::same_as<Executor, executor>)
  executor(Executor ex) noexcept : executor_(std::move(ex)) {}

  const asio::any_io_executor& get() const noexcept { return executor_; }

 private:
  asio::any_io_executor executor_;
};

}  // namespace brood
