#pragma once

#include <boost/system/error_category.hpp>

namespace brood::https {

/// Of errors that say why a peer's certificate is not good enough: the values are OpenSSL's X509_V_ERR_..., the
/// messages such as "certificate of the peer: hostname mismatch" or "certificate of the peer: certificate has expired".
const boost::system::error_category& certificate_category() noexcept;

}  // namespace brood::https
