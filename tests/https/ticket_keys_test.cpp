#include "https/ticket_keys.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <memory>
#include <string>

namespace brood::https::detail {
namespace {

namespace json = boost::json;
using found = ticket_keys::found;

struct crypto {
  std::unique_ptr<EVP_CIPHER_CTX, decltype(&EVP_CIPHER_CTX_free)> cipher{EVP_CIPHER_CTX_new(), EVP_CIPHER_CTX_free};
  std::unique_ptr<EVP_MAC, decltype(&EVP_MAC_free)> kind{EVP_MAC_fetch(nullptr, "HMAC", nullptr), EVP_MAC_free};
  std::unique_ptr<EVP_MAC_CTX, decltype(&EVP_MAC_CTX_free)> mac{EVP_MAC_CTX_new(kind.get()), EVP_MAC_CTX_free};
};

/// What stands before each ticket.
struct label {
  std::array<unsigned char, ticket_keys::name_size> name{};
  std::array<unsigned char, ticket_keys::iv_size> iv{};
};

label made_by(const ticket_keys& keys) {
  label result;
  const crypto c;
  EXPECT_TRUE(keys.encrypt(result.name.data(), result.iv.data(), c.cipher.get(), c.mac.get()));
  return result;
}
found understood_by(const ticket_keys& keys, const label& l) {
  const crypto c;
  return keys.decrypt(l.name.data(), l.iv.data(), c.cipher.get(), c.mac.get());
}

TEST(ticket_keys, are_random_until_they_agree) {
  ticket_keys one;
  ticket_keys two;
  const auto early = made_by(two);
  EXPECT_NE(one.to_json(), two.to_json());
  EXPECT_EQ(understood_by(one, early), found::no);
  EXPECT_TRUE(two.adopt(one.to_json()));
  EXPECT_EQ(one.to_json(), two.to_json());
  EXPECT_EQ(understood_by(one, made_by(two)), found::yes);
  EXPECT_EQ(understood_by(two, early), found::old);
  EXPECT_EQ(understood_by(one, early), found::no);
}

TEST(ticket_keys, are_told_as_node_tells_its_own) {
  ticket_keys keys;
  const auto told = keys.to_json();
  ASSERT_EQ(told.as_object().size(), 1U);
  EXPECT_EQ(told.at("ticketKeys").as_string().size(), 96U);
  const std::string text = "000102030405060708090a0b0c0d0e0f" + std::string(64, 'a');
  EXPECT_TRUE(keys.adopt({{"ticketKeys", text}, {"other", 1}}));
  EXPECT_EQ(keys.to_json().at("ticketKeys").as_string(), text);
  const auto l = made_by(keys);
  for (std::size_t i = 0; i < l.name.size(); ++i) EXPECT_EQ(l.name[i], i);
  EXPECT_NE(l.iv, made_by(keys).iv);
  EXPECT_TRUE(keys.adopt({{"ticketKeys", std::string(96, 'F')}}));
  EXPECT_EQ(keys.to_json().at("ticketKeys").as_string(), std::string(96, 'f'));
}

TEST(ticket_keys, that_are_none_change_nothing) {
  ticket_keys keys;
  const auto before = keys.to_json();
  for (const auto& data :
       {json::value(), json::value(1), json::value(json::object()), json::value{{"ticketKeys", 7}},
        json::value{{"ticketKeys", ""}}, json::value{{"ticketKeys", std::string(94, 'a')}},
        json::value{{"ticketKeys", std::string(98, 'a')}}, json::value{{"ticketKeys", std::string(95, 'a') + 'g'}}}) {
    EXPECT_FALSE(keys.adopt(data)) << data;
  }
  EXPECT_EQ(keys.to_json(), before);
}

TEST(ticket_keys, of_the_past_are_understood_up_to_a_number) {
  ticket_keys keys;
  const auto first = made_by(keys);
  const auto first_json = keys.to_json();
  for (int i = 0; i < 7; ++i) keys.adopt(ticket_keys().to_json());
  EXPECT_EQ(understood_by(keys, first), found::old);
  // Told again, they are the newest.
  keys.adopt(first_json);
  EXPECT_EQ(understood_by(keys, first), found::yes);
  for (int i = 0; i < 8; ++i) keys.adopt(ticket_keys().to_json());
  EXPECT_EQ(understood_by(keys, first), found::no);
}

}  // namespace
}  // namespace brood::https::detail
