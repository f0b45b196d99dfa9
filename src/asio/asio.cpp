// Compiles Asio, once, if BROOD_SEPARATE_ASIO is on.
#ifdef BOOST_ASIO_SEPARATE_COMPILATION
#include <boost/asio/impl/src.hpp>
#endif
