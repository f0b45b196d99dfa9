#include "https/ticket_keys.hpp"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/params.h>
#include <openssl/rand.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstring>
#include <string>
#include <utility>

#include "https/credentials.hpp"

namespace brood::https::detail {
namespace {

// Node's member, and those that a brood primary understands (policy/ticket_keys.hpp).
constexpr std::string_view member = "ticketKeys";
constexpr std::string_view old_member = "oldTicketKeys";
constexpr std::string_view lifetime_member = "ticketKeysFor";
constexpr std::size_t mac_offset = 16;
constexpr std::size_t cipher_offset = 32;
constexpr std::size_t part_size = 16;
// A server may listen on several ports, and the workers of each port share their own keys.
constexpr std::size_t max_sets = 8;

constexpr std::string_view digits = "0123456789abcdef";

int value_of(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

}  // namespace

ticket_keys::key::~key() { OPENSSL_cleanse(data(), size()); }

ticket_keys::ticket_keys(milliseconds lifetime, clock::time_point now) : lifetime_(lifetime), due_(now + lifetime) {
  if (!make_random(sets_.emplace_back().used)) throw_last_error("https: keys for tickets");
}

bool ticket_keys::make_random(key& k) noexcept { return RAND_bytes(k.data(), static_cast<int>(k.size())) == 1; }

boost::json::value ticket_keys::to_json() const {
  std::string text;
  for (const unsigned char byte : sets_.front().used) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  boost::json::object told{{member, std::move(text)}};
  if (lifetime_.count() > 0) told[lifetime_member] = lifetime_.count();
  return told;
}

std::optional<ticket_keys::key> ticket_keys::read(const boost::json::value& data, std::string_view which) {
  const auto* object = data.if_object();
  const auto* told = object != nullptr ? object->if_contains(which) : nullptr;
  const auto* text = told != nullptr ? told->if_string() : nullptr;
  key given;
  if (text == nullptr || text->size() != 2 * given.size()) return std::nullopt;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const int high = value_of((*text)[2 * i]);
    const int low = value_of((*text)[2 * i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    given[i] = static_cast<unsigned char>(high * 16 + low);
  }
  return given;
}

bool ticket_keys::adopt(const void* port, const boost::json::value& data) {
  const auto used = read(data, member);
  if (!used) return false;
  const auto known = std::find_if(sets_.begin(), sets_.end(), [&](const set& s) { return s.port == port; });
  set agreed{.port = port, .used = *used, .old = read(data, old_member)};
  if (known != sets_.end()) {
    *known = std::move(agreed);
    return true;
  }
  std::erase_if(sets_, [](const set& s) { return s.port == nullptr; });
  sets_.push_front(std::move(agreed));
  if (sets_.size() > max_sets) sets_.pop_back();
  return true;
}

/// Own keys are renewed when a connection needs them. If that is long overdue, the current keys are as outdated as the
/// old ones.
void ticket_keys::renew_own(clock::time_point now) {
  auto& own = sets_.front();
  if (own.port != nullptr || lifetime_.count() == 0 || now < due_) return;
  key fresh;
  if (!make_random(fresh)) return;
  own.old.reset();
  if (now < due_ + lifetime_) own.old = own.used;
  own.used = fresh;
  due_ = now + lifetime_;
}

bool ticket_keys::encrypt(unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                          clock::time_point now) {
  renew_own(now);
  const auto& k = sets_.front().used;
  if (RAND_bytes(iv, iv_size) != 1) return false;
  std::memcpy(name, k.data(), name_size);
  return EVP_EncryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, k.data() + cipher_offset, iv) == 1 && use(k, mac);
}

ticket_keys::found ticket_keys::decrypt(const unsigned char* name, const unsigned char* iv, EVP_CIPHER_CTX* cipher,
                                        EVP_MAC_CTX* mac, clock::time_point now) {
  renew_own(now);
  const auto is = [&](const key& k) { return std::memcmp(k.data(), name, name_size) == 0; };
  for (const auto& s : sets_) {
    const auto* k = is(s.used) ? &s.used : nullptr;
    if (k == nullptr && s.old && is(*s.old)) k = &*s.old;
    if (k == nullptr) continue;
    const bool usable =
        EVP_DecryptInit_ex(cipher, EVP_aes_128_cbc(), nullptr, k->data() + cipher_offset, iv) == 1 && use(*k, mac);
    if (!usable) return found::no;
    return k == &sets_.front().used ? found::yes : found::old;
  }
  return found::no;
}

bool ticket_keys::use(const key& k, EVP_MAC_CTX* mac) {
  // OpenSSL's parameters are not const even if they are only read.
  std::array<unsigned char, part_size> secret;
  std::copy_n(k.begin() + mac_offset, part_size, secret.begin());
  std::string digest = "SHA256";
  const std::array<OSSL_PARAM, 3> params{
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, secret.data(), secret.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, params.data()) == 1;
}

}  // namespace brood::https::detail
