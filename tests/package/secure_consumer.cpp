// The same where there is TLS: everything, and something that is compiled into each of the libraries.
#include <brood.hpp>
#include <brood/https.hpp>
#include <stdexcept>

int main() {
  const brood::http::client_tls_ptr client = brood::https::client_tls();
  try {
    const brood::https::server_tls server{{.certificate = "/no/such/file"}};
  } catch (const std::runtime_error&) {
    return client && brood::available_parallelism() > 0 ? 0 : 1;
  }
  return 1;
}
