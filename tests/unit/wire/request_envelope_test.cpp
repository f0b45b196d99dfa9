#include "wire/request_envelope.hpp"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "brood/js.hpp"

namespace {

namespace json = boost::json;
using namespace brood::detail::wire;
using kind = request_envelope::kind;

struct reading {
  const char* name;
  std::string text;
  kind what;
  std::uint64_t id;
  std::string inside;
};

class an_envelope : public testing::TestWithParam<reading> {};

TEST_P(an_envelope, is_read) {
  brood::message m{.body = json::parse(GetParam().text)};
  const auto envelope = read_request_envelope(m.body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->what, GetParam().what);
  EXPECT_EQ(envelope->id, GetParam().id);
  EXPECT_EQ(json::serialize(open_request_envelope(std::move(m), envelope->what).body), GetParam().inside);
}

INSTANTIATE_TEST_SUITE_P(
    of, an_envelope,
    testing::Values(reading{"a_request", R"({"brood:request":1,"body":{"a":[1]}})", kind::request, 1, R"({"a":[1]})"},
                    reading{"a_request_for_nothing", R"({"brood:request":7})", kind::request, 7, "null"},
                    reading{"an_answer", R"({"body":"x","brood:answer":9007199254740991})", kind::answer,
                            9007199254740991, R"("x")"},
                    reading{"an_answer_of_undefined", R"({"brood:answer":2})", kind::answer, 2, "null"},
                    reading{"a_failure", R"({"brood:answer":3,"error":"no"})", kind::failure, 3, R"("no")"}),
    [](const auto& one) { return one.param.name; });

TEST(request_envelope, is_nothing_else) {
  for (const auto* text : {"null", "1", "[]", "{}", R"({"body":1})", R"({"brood:request":"1"})",
                           R"({"brood:request":0})", R"({"brood:request":-1,"body":1})", R"({"brood:request":1.5})",
                           R"({"brood:request":1,"error":"x"})", R"({"brood:request":1,"more":1})",
                           R"({"brood:request":1,"body":1,"more":1})", R"({"brood:answer":1,"error":1})",
                           R"({"brood:answer":1,"body":1,"error":"x"})", R"({"brood:request":18446744073709551615})"}) {
    EXPECT_FALSE(read_request_envelope(json::parse(text))) << text;
  }
}

TEST(request_envelope, holds_what_was_put_into_it) {
  EXPECT_EQ(json::serialize(in_request_envelope(request_key, 5, json::value("x"))),
            R"({"brood:request":5,"body":"x"})");
  EXPECT_EQ(json::serialize(failure_envelope(5, "no")), R"({"brood:answer":5,"error":"no"})");
  const brood::value rich = in_request_envelope(answer_key, 6, brood::value(brood::js::set{1}));
  brood::message m{.body = json_view(rich), .rich = rich};
  const auto envelope = read_request_envelope(m.body);
  ASSERT_TRUE(envelope);
  EXPECT_EQ(envelope->id, 6U);
  EXPECT_EQ(open_request_envelope(std::move(m), envelope->what).content(), brood::value(brood::js::set{1}));
}

}  // namespace
