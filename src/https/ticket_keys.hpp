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

/// The keys that session tickets are encrypted with. Whoever has them can resume, and read, the sessions.
///
/// They are Node's, in use and in form: 48 bytes, told to the other workers as {"ticketKeys": "<hexadecimal>"}; of
/// these 16 name the keys, 16 are for HMAC-SHA256 and 16 for AES-128-CBC. {"ticketKeysFor": <milliseconds>} asks a
/// brood primary for new ones from time to time; these come with {"oldTicketKeys": "<hexadecimal>"}, which are
/// understood and not used.
///
/// Without anybody to agree with they are this object's own, and it renews them by itself.
class ticket_keys {
 public:
  using clock = std::chrono::steady_clock;
  using milliseconds = std::chrono::milliseconds;

  /// Random ones, to be renewed after `lifetime`; 0: never. Throws boost::system::system_error where there is no
  /// randomness.
  explicit ticket_keys(milliseconds lifetime = milliseconds{0}, clock::time_point now = clock::now());

  boost::json::value to_json() const;
  /// From here on the keys are those that the workers of `port` have agreed on, in place of what that port had before,
  /// and of our own. Of several ports the last one's are used, and those of the others understood. False, and nothing
  /// has changed, if there are none in it.
  bool adopt(const void* port, const boost::json::value& data);

  static constexpr std::size_t name_size = 16;
  static constexpr std::size_t iv_size = 16;
  enum class found { no, yes, old };
  /// For a new ticket: tells name and iv. False where OpenSSL fails.
  bool encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac, clock::time_point now);
  found decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                clock::time_point now);

 private:
  /// 48 bytes that do not outlive it.
  struct key : std::array<unsigned char, 48> {
    key() = default;
    key(const key&) = default;
    key& operator=(const key&) = default;
    ~key();
  };
  struct set {
    const void* port = nullptr;  // nullptr: our own
    key used;
    std::optional<key> old;
  };
  static std::optional<key> read(const boost::json::value& data, std::string_view which);
  static bool make_random(key& k) noexcept;
  static bool use(const key& k, EVP_MAC_CTX* mac);
  void renew_own(clock::time_point now);

  std::deque<set> sets_;  // the one in use first
  const milliseconds lifetime_;
  clock::time_point due_;  // of our own
};

}  // namespace brood::https::detail
