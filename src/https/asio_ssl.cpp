// Compiles Asio's TLS, once, if BROOD_SEPARATE_ASIO is on.
#ifdef BOOST_ASIO_SEPARATE_COMPILATION
#include <boost/asio/ssl/impl/src.hpp>
#endif
