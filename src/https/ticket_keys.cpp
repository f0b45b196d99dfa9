#include "https/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstring>

#include "https/credentials.hpp"

namespace brood::https::detail {
namespace {

constexpr std::string_view member = "ticketKeys";  // Node's name for them
constexpr std::size_t mac_offset = 16;
constexpr std::size_t cipher_offset = 32;
constexpr std::size_t part_size = 16;
// One server may listen on several ports, and the workers of each agree on keys of their own.
constexpr std::size_t most_keys = 8;

constexpr std::string_view digits = "0123456789abcdef";

int value_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ticket_keys::ticket_keys() {
  key fresh;
  if (RAND_bytes(fresh.data(), static_cast<int>(fresh.size())) != 1) throw_last_error("https: keys for tickets");
  keys_.push_back(fresh);
}

boost::json::value ticket_keys::to_json() const {
  std::string text;
  for (const unsigned char byte : keys_.front()) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return boost::json::object{{member, std::move(text)}};
}

bool ticket_keys::adopt(const boost::json::value& data) {
  const auto* object = data.if_object();
  const auto* told = object != nullptr ? object->if_contains(member) : nullptr;
  const auto* text = told != nullptr ? told->if_string() : nullptr;
  key given;
  if (text == nullptr || text->size() != 2 * given.size()) return false;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const int high = value_of((*text)[2 * i]);
    const int low = value_of((*text)[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    given[i] = static_cast<unsigned char>(high * 16 + low);
  }
  keys_.erase(std::remove(keys_.begin(), keys_.end(), given), keys_.end());
  keys_.push_front(given);
  if (keys_.size() > most_keys) keys_.pop_back();
  return true;
}

bool ticket_keys::encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac) const {
  const auto& k = keys_.front();
  if (RAND_bytes(iv, iv_size) != 1) return false;
  std::memcpy(name, k.data(), name_size);
  return EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, k.data() + cipher_offset, iv) == 1 && use(k, mac);
}

ticket_keys::found ticket_keys::decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                                        EVP_MAC_CTX* mac) const {
  const auto k = std::find_if(keys_.begin(), keys_.end(),
                              [&](const key& one) { return std::memcmp(one.data(), name, name_size) == 0; });
  if (k == keys_.end()) return found::no;
  const bool usable =
      EVP_DecryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, k->data() + cipher_offset, iv) == 1 && use(*k, mac);
  if (!usable) return found::no;
  return k == keys_.begin() ? found::yes : found::old;
}

bool ticket_keys::use(const key& k, EVP_MAC_CTX* mac) {
  // OpenSSL's parameters are not const where they are only read.
  std::array<unsigned char, part_size> secret;
  std::copy_n(k.begin() + mac_offset, part_size, secret.begin());
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

}  // namespace brood::https::detail
