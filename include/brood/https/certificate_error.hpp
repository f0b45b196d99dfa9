#pragma once

#include <boost/system/error_category.hpp>

namespace brood::https {

/// Errors in the verification of a peer's certificate. The values are OpenSSL's X509_V_ERR_..., the messages such as
/// "certificate of the peer: hostname mismatch" or "certificate of the peer: certificate has expired".
const boost::system::error_category& certificate_category() noexcept;

}  // namespace brood::https
