#include "https/ticket_keys.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <chrono>
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

using clock = ticket_keys::clock;
using std::chrono::hours;
const clock::time_point begin{};
// Ports are told apart, nothing else is known of them.
const int first_port = 0;
const int second_port = 0;

label made_by(ticket_keys& keys, clock::time_point now = begin) {
  label result;
  const crypto c;
  EXPECT_TRUE(keys.encrypt(result.name.data(), result.iv.data(), c.cipher.get(), c.mac.get(), now));
  return result;
}
found understood_by(ticket_keys& keys, const label& l, clock::time_point now = begin) {
  const crypto c;
  return keys.decrypt(l.name.data(), l.iv.data(), c.cipher.get(), c.mac.get(), now);
}

TEST(ticket_keys, are_random_until_they_agree) {
  ticket_keys one;
  ticket_keys two;
  const auto early = made_by(two);
  EXPECT_NE(one.to_json(), two.to_json());
  EXPECT_EQ(understood_by(one, early), found::no);
  EXPECT_TRUE(two.adopt(&first_port, one.to_json()));
  EXPECT_EQ(one.to_json(), two.to_json());
  EXPECT_EQ(understood_by(one, made_by(two)), found::yes);
  // Nobody else would understand those, and nothing shall be kept longer than it is used.
  EXPECT_EQ(understood_by(two, early), found::no);
}

TEST(ticket_keys, are_told_as_node_tells_its_own) {
  ticket_keys keys;
  const auto told = keys.to_json();
  ASSERT_EQ(told.as_object().size(), 1U);
  EXPECT_EQ(told.at("ticketKeys").as_string().size(), 96U);
  const std::string text = "000102030405060708090a0b0c0d0e0f" + std::string(64, 'a');
  EXPECT_TRUE(keys.adopt(&first_port, {{"ticketKeys", text}, {"other", 1}}));
  EXPECT_EQ(keys.to_json().at("ticketKeys").as_string(), text);
  const auto l = made_by(keys);
  for (std::size_t i = 0; i < l.name.size(); ++i) EXPECT_EQ(l.name[i], i);
  EXPECT_NE(l.iv, made_by(keys).iv);
  EXPECT_TRUE(keys.adopt(&first_port, {{"ticketKeys", std::string(96, 'F')}}));
  EXPECT_EQ(keys.to_json().at("ticketKeys").as_string(), std::string(96, 'f'));
}

TEST(ticket_keys, that_are_none_change_nothing) {
  ticket_keys keys;
  const auto before = keys.to_json();
  for (const auto& data :
       {json::value(), json::value(1), json::value(json::object()), json::value{{"ticketKeys", 7}},
        json::value{{"ticketKeys", ""}}, json::value{{"ticketKeys", std::string(94, 'a')}},
        json::value{{"ticketKeys", std::string(98, 'a')}}, json::value{{"ticketKeys", std::string(95, 'a') + 'g'}}}) {
    EXPECT_FALSE(keys.adopt(&first_port, data)) << data;
  }
  EXPECT_EQ(keys.to_json(), before);
}

TEST(ticket_keys, say_how_long_they_are_to_be_used) {
  EXPECT_FALSE(ticket_keys().to_json().as_object().contains("ticketKeysFor"));
  EXPECT_EQ(ticket_keys(hours{12}).to_json().at("ticketKeysFor"), 43'200'000);
}

TEST(ticket_keys, that_come_anew_take_the_place_of_those_before) {
  ticket_keys keys;
  const json::value first{{"ticketKeys", std::string(96, '1')}};
  const json::value second{{"ticketKeys", std::string(96, '2')}, {"oldTicketKeys", std::string(96, '1')}};
  const json::value third{{"ticketKeys", std::string(96, '3')}, {"oldTicketKeys", std::string(96, '2')}};
  keys.adopt(&first_port, first);
  const auto early = made_by(keys);
  EXPECT_EQ(understood_by(keys, early), found::yes);
  keys.adopt(&first_port, second);
  EXPECT_EQ(understood_by(keys, early), found::old);
  const auto later = made_by(keys);
  EXPECT_EQ(understood_by(keys, later), found::yes);
  keys.adopt(&first_port, third);
  EXPECT_EQ(understood_by(keys, early), found::no);
  EXPECT_EQ(understood_by(keys, later), found::old);
  // Who comes late knows what the others know.
  ticket_keys late;
  late.adopt(&first_port, third);
  EXPECT_EQ(understood_by(late, later), found::old);
  EXPECT_EQ(understood_by(late, early), found::no);
}

TEST(ticket_keys, of_each_port_are_understood_up_to_a_number) {
  ticket_keys keys;
  keys.adopt(&first_port, {{"ticketKeys", std::string(96, '1')}});
  const auto first = made_by(keys);
  keys.adopt(&second_port, {{"ticketKeys", std::string(96, '2')}});
  EXPECT_EQ(understood_by(keys, first), found::old);
  const auto second = made_by(keys);
  keys.adopt(&first_port, {{"ticketKeys", std::string(96, '3')}});
  EXPECT_EQ(understood_by(keys, first), found::no);
  EXPECT_EQ(understood_by(keys, second), found::yes);
  std::array<int, 8> others{};
  for (const int& port : others) keys.adopt(&port, ticket_keys().to_json());
  EXPECT_EQ(understood_by(keys, second), found::no);
}

TEST(ticket_keys, of_nobody_else_are_renewed_when_it_is_time) {
  ticket_keys keys{hours{12}, begin};
  const auto early = made_by(keys, begin);
  EXPECT_EQ(understood_by(keys, early, begin + hours{11}), found::yes);
  EXPECT_EQ(understood_by(keys, early, begin + hours{12}), found::old);
  const auto later = made_by(keys, begin + hours{23});
  EXPECT_EQ(understood_by(keys, early, begin + hours{23}), found::old);
  EXPECT_EQ(understood_by(keys, later, begin + hours{24}), found::old);
  EXPECT_EQ(understood_by(keys, early, begin + hours{24}), found::no);
  // Nobody comes for a day: the keys have long been out of date.
  const auto last = made_by(keys, begin + hours{30});
  EXPECT_EQ(understood_by(keys, last, begin + hours{60}), found::no);
}

TEST(ticket_keys, without_a_lifetime_stay) {
  ticket_keys keys{hours{0}, begin};
  const auto early = made_by(keys, begin);
  EXPECT_EQ(understood_by(keys, early, begin + hours{100'000}), found::yes);
}

}  // namespace
}  // namespace brood::https::detail
