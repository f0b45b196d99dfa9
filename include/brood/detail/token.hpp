#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>
#include <type_traits>

namespace brood::detail {

/// The default completion token: that of the executor, or `deferred` for an executor without one (any_io_executor has
/// none before Boost 1.86).
template <class Executor>
using default_token_of =
    std::conditional_t<std::is_void_v<typename boost::asio::default_completion_token<Executor>::type>,
                       boost::asio::deferred_t, typename boost::asio::default_completion_token<Executor>::type>;

using default_token = default_token_of<boost::asio::any_io_executor>;

/// Always false, but only after `Token` is known: for functions that must not be called.
template <class Token>
inline constexpr bool never = false;

}  // namespace brood::detail
