#pragma once

#include <openssl/evp.h>

#include <array>
#include <boost/json/value.hpp>
#include <deque>
#include <string>

namespace brood::https::detail {

/// The keys that session tickets are encrypted with. Whoever has them can resume, and read, the sessions.
///
/// They are Node's, in use and in form: 48 bytes, told to the other workers as {"ticketKeys": "<hexadecimal>"}; of
/// these 16 name the keys, 16 are for HMAC-SHA256 and 16 for AES-128-CBC.
class ticket_keys {
 public:
  /// Random ones. Throws boost::system::system_error where there is no randomness.
  ticket_keys();

  boost::json::value to_json() const;
  /// New tickets are made with these; what was made with earlier ones is still understood. False if there are none in
  /// it.
  bool adopt(const boost::json::value& data);

  static constexpr std::size_t name_size = 16;
  static constexpr std::size_t iv_size = 16;
  enum class found { no, yes, old };
  /// For a new ticket: tells name and iv. False where OpenSSL fails.
  bool encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const;
  found decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const;

 private:
  using key = std::array<unsigned char, 48>;
  static bool use(const key& k, EVP_MAC_CTX* mac);

  std::deque<key> keys_;  // the one in use first
};

}  // namespace brood::https::detail
