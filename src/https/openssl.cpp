#include "https/openssl.hpp"

#include <openssl/err.h>

#include <boost/asio/ssl/error.hpp>
#include <cerrno>

namespace brood::https::detail {

boost::system::error_code last_error() noexcept {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return boost::asio::ssl::error::unspecified_system_error;
  if (ERR_SYSTEM_ERROR(code)) return {ERR_GET_REASON(code), boost::system::system_category()};
  return {static_cast<int>(code), boost::asio::error::get_ssl_category()};
}

}  // namespace brood::https::detail
