#include "policy/ticket_keys.hpp"

#include <gtest/gtest.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <limits>
#include <string>

namespace {

namespace json = boost::json;
namespace ticket_keys = brood::detail::policy::ticket_keys;
using std::chrono::milliseconds;

std::array<unsigned char, ticket_keys::size> bytes(unsigned char value) {
  std::array<unsigned char, ticket_keys::size> result{};
  result.fill(value);
  return result;
}

TEST(ticket_keys, have_a_lifetime_where_somebody_wants_one) {
  EXPECT_EQ(ticket_keys::lifetime(json::parse(R"({"ticketKeys":"00","ticketKeysFor":60000})")), milliseconds(60'000));
  // What a worker says is kept within reason.
  EXPECT_EQ(ticket_keys::lifetime(json::parse(R"({"ticketKeys":"00","ticketKeysFor":1})")), ticket_keys::shortest);
  EXPECT_EQ(ticket_keys::lifetime(
                json::value{{"ticketKeys", "00"}, {"ticketKeysFor", std::numeric_limits<std::int64_t>::max()}}),
            ticket_keys::longest);
}

TEST(ticket_keys, have_none_otherwise) {
  for (const auto* text :
       {"null", "7", "[]", "{}", R"({"ticketKeys":"00"})", R"({"ticketKeysFor":60000})",
        R"({"ticketKeys":"00","ticketKeysFor":0})", R"({"ticketKeys":"00","ticketKeysFor":-1})",
        R"({"ticketKeys":"00","ticketKeysFor":"60000"})", R"({"ticketKeys":7,"ticketKeysFor":60000})"}) {
    EXPECT_EQ(ticket_keys::lifetime(json::parse(text)), std::nullopt) << text;
  }
}

TEST(ticket_keys, in_use_become_the_old_ones) {
  const auto once = ticket_keys::renewed(json::parse(R"({"ticketKeys":"00","ticketKeysFor":60000})"), bytes(0x1f));
  std::string first;
  for (int i = 0; i < 48; ++i) first += "1f";
  EXPECT_EQ(once, (json::value{{"ticketKeys", first}, {"ticketKeysFor", 60'000}, {"oldTicketKeys", "00"}}));
  const auto twice = ticket_keys::renewed(once, bytes(0xa0));
  EXPECT_EQ(twice.at("oldTicketKeys"), json::value(first));
  EXPECT_EQ(twice.at("ticketKeys").as_string().subview(0, 4), "a0a0");
  EXPECT_EQ(json::serialize(twice).find(R"("00")"), std::string::npos);
}

}  // namespace
