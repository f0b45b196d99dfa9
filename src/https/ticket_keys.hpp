#pragma once

#include <openssl/evp.h>

#include <array>
#include <boost/json/value.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string_view>

namespace brood::https::detail {

/// The keys that encrypt session tickets. A process that has them can resume, and read, the sessions.
///
/// Use and format are Node's: 48 bytes, shared with other workers as {"ticketKeys": "<hexadecimal>"}: 16 bytes name the
/// keys, 16 are for HMAC-SHA256 and 16 for AES-128-CBC. {"ticketKeysFor": <milliseconds>} asks a brood primary to renew
/// them. New keys arrive with {"oldTicketKeys": "<hexadecimal>"}, which still decrypt but no longer encrypt.
///
/// Without a cluster the object creates and renews its own keys.
class ticket_keys {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  /// Creates random keys that are renewed after `lifetime`; 0: never.
  /// Throws: boost::system::system_error if there is no randomness.
  explicit ticket_keys(milliseconds lifetime = milliseconds{0}, clock::time_point now = clock::now());

  boost::json::value to_json() const;
  /// Adopts the keys that the workers of `port` share, in place of earlier keys of that port and of the own ones. With
  /// several ports the most recent keys encrypt; the others still decrypt. Returns false without any change if `data`
  /// has no keys.
  bool adopt(const void* port, const boost::json::value& data);

  static constexpr std::size_t name_size = 16;
  static constexpr std::size_t iv_size = 16;
  enum class found { no, yes, old };
  /// For a new ticket: sets name and iv. Returns false if OpenSSL fails.
  bool encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, clock::time_point now);
  found decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                clock::time_point now);

 private:
  /// 48 bytes that are erased by the destructor.
  struct key : std::array<unsigned char, 48> {
    key() = default;
    key(const key&) = default;
    key& operator=(const key&) = default;
    ~key();
  };
  struct set {
    const void* port = nullptr;  // nullptr: the own keys
    key used;
    std::optional<key> old;
  };
  static std::optional<key> read(const boost::json::value& data, std::string_view which);
  static bool make_random(key& k) noexcept;
  static bool use(const key& k, EVP_MAC_CTX* mac);
  void renew_own(clock::time_point now);

  std::deque<set> sets_;  // the first one encrypts
  const milliseconds lifetime_;
  clock::time_point due_;  // when the own keys are renewed
};

}  // namespace brood::https::detail
