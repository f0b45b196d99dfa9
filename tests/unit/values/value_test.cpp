#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <brood/js.hpp>
#include <cmath>
#include <limits>

#include "support/deep_calls.hpp"

namespace {

namespace js = brood::js;
namespace json = boost::json;
using brood::value;
using kind = value::kind;
using element = js::typed_array::element;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double infinity = std::numeric_limits<double>::infinity();

// ---- what it is

TEST(a_value, is_undefined_at_first) {
  EXPECT_EQ(value().type(), kind::undefined);
  EXPECT_TRUE(value().is_undefined());
  EXPECT_FALSE(value(nullptr).is_undefined());
}

TEST(a_value, is_what_it_was_made_of) {
  EXPECT_EQ(*value(true).get_if<bool>(), true);
  EXPECT_EQ(*value(7U).get_if<double>(), 7);
  EXPECT_EQ(*value("text").get_if<std::string>(), "text");
  EXPECT_EQ(*value(std::string_view("view")).get_if<std::string>(), "view");
  EXPECT_EQ(value("text").get_if<double>(), nullptr);
  EXPECT_EQ(value(js::map{}).type(), kind::map);
  EXPECT_EQ(value(js::map{}).get_if<js::set>(), nullptr);
  EXPECT_EQ(value(js::bigint(-5)).get_if<js::bigint>()->digits, (std::vector<std::uint64_t>{5}));
  EXPECT_EQ(value(js::bigint(std::numeric_limits<std::int64_t>::min())).get_if<js::bigint>()->digits.front(),
            1ULL << 63);
}

TEST(a_value, shares_its_object_with_its_copies) {
  value a = js::object{{"n", 1}};
  const value b = a;
  (*a.get_if<js::object>())["n"] = 2;
  EXPECT_TRUE(*b.find("n") == 2);
  EXPECT_EQ(a.thing(), b.thing());
  EXPECT_EQ(b.find("m"), nullptr);
  EXPECT_EQ(value(1).find("n"), nullptr);
}

TEST(a_link, does_not_own) {
  auto top = std::make_shared<js::object>();
  const std::weak_ptr<js::object> watch = top;
  value holder = std::move(top);
  holder.get_if<js::object>()->add("self", value::link(holder));
  const value link = *holder.find("self");
  EXPECT_EQ(link.type(), kind::object);
  EXPECT_EQ(link.find("self")->thing(), holder.thing());
  holder = value();
  EXPECT_TRUE(watch.expired());
  EXPECT_TRUE(link.is_undefined());
  EXPECT_TRUE(value::link("text") == "text");
}

// ---- objects and arrays

TEST(an_object, keeps_its_members_in_order_and_finds_them_however_many) {
  js::object object;
  for (int i = 0; i < 10'000; ++i) {
    ASSERT_TRUE(object.add("key" + std::to_string(i), i));
    ASSERT_FALSE(object.add("key" + std::to_string(i / 2), -1));
  }
  EXPECT_EQ(object.size(), 10'000U);
  int expected = 0;
  for (const auto& member : object) {
    EXPECT_EQ(member.key, "key" + std::to_string(expected));
    EXPECT_TRUE(*object.find(member.key) == expected);
    ++expected;
  }
  EXPECT_EQ(object.find("key"), nullptr);
  object["key7"] = "new";
  object["last"] = true;
  EXPECT_TRUE(*object.find("key7") == "new");
  EXPECT_EQ((object.end() - 1)->key, "last");
  const js::object copy = object;
  EXPECT_TRUE(*copy.find("key9999") == 9999);
  EXPECT_EQ(copy.find("key10000"), nullptr);
}

TEST(an_array, has_holes_that_are_no_elements) {
  js::array array{1, value::hole(), value()};
  EXPECT_EQ(array.length(), 3U);
  EXPECT_EQ(array.count(), 2U);
  EXPECT_EQ(array.find(1), nullptr);
  EXPECT_TRUE(array.find(2)->is_undefined());
  EXPECT_TRUE(array.add(1, "in"));
  EXPECT_FALSE(array.add(1, "again"));
  EXPECT_TRUE(*array.find(1) == "in");
  EXPECT_EQ(array.find(3), nullptr);
}

TEST(an_array, is_the_same_wherever_its_elements_are_kept) {
  js::array forth;
  js::array back;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    EXPECT_TRUE(forth.add(i * 7, i));
    EXPECT_TRUE(back.add((999 - i) * 7, 999 - i));
  }
  EXPECT_EQ(forth.length(), 6994U);
  EXPECT_NE(forth.elements.size(), back.elements.size());
  EXPECT_TRUE(value(forth) == value(back));
  EXPECT_FALSE(back.add(7, 0));
  forth.elements[0] = 1;
  EXPECT_FALSE(value(forth) == value(back));
}

TEST(an_index, is_what_javascript_takes_for_one) {
  EXPECT_EQ(js::to_index("0"), 0U);
  EXPECT_EQ(js::to_index("4294967294"), 4294967294U);
  for (const char* name : {"", "-1", "01", "4294967295", "99999999999", "1.5", " 1", "1 ", "x"}) {
    EXPECT_EQ(js::to_index(name), std::nullopt) << name;
  }
}

// ---- equality

TEST(equality, is_that_of_isDeepStrictEqual) {
  EXPECT_TRUE(value(nan) == value(-nan));
  EXPECT_FALSE(value(0.0) == value(-0.0));
  EXPECT_FALSE(value() == value(nullptr));
  EXPECT_FALSE(value(1) == value("1"));
  EXPECT_FALSE(value(1) == value(js::bigint(1)));
  EXPECT_FALSE(value(1) == value(js::boxed(1)));
  EXPECT_TRUE(value(js::object{{"a", 1}, {"b", 2}}) == value(js::object{{"b", 2}, {"a", 1}}));
  EXPECT_FALSE(value(js::object{{"a", value()}}) == value(js::object{}));
  EXPECT_FALSE(value(js::array{value()}) == value(js::array{value::hole()}));
  EXPECT_FALSE(value(js::set{1, 2}) == value(js::set{2, 1})) << "here the order counts";
  EXPECT_FALSE(value(js::typed_array(element::int8, "a")) == value(js::typed_array(element::uint8, "a")));
  EXPECT_FALSE(value(js::error("m")) == value(js::error("m", js::error::prototype::type)));
  EXPECT_TRUE(value(js::date(nan)) == value(js::date(nan)));
}

value ring(int length) {
  value top = js::object{};
  value at = top;
  for (int i = 1; i < length; ++i) {
    const value next = js::object{};
    at.get_if<js::object>()->add("next", next);
    at = next;
  }
  at.get_if<js::object>()->add("next", value::link(top));
  return top;
}

TEST(equality, of_cycles_is_what_can_be_seen_by_walking_them) {
  EXPECT_TRUE(ring(1) == ring(1));
  EXPECT_TRUE(ring(2) == ring(3)) << "next, next, next: no difference";
  value odd = ring(3);
  odd.get_if<js::object>()->add("odd", true);
  EXPECT_FALSE(odd == ring(3));
  EXPECT_FALSE(ring(3) == odd);
}

TEST(equality, takes_no_longer_for_what_is_shared_again_and_again) {
  const auto twice = [] {
    value at = js::array{1};
    for (int i = 0; i < 200; ++i) at = js::array{at, at};
    return at;
  };
  EXPECT_TRUE(twice() == twice());
  EXPECT_FALSE(twice() == value(js::array{twice(), 1}));
}

TEST(equality, goes_as_deep_as_messages_do) {
  if (!brood_test::deep_calls) GTEST_SKIP();
  const auto deep = [](value end) {
    for (int i = 0; i < 2'500; ++i) end = js::array{std::move(end)};
    return end;
  };
  EXPECT_TRUE(deep(1) == deep(1));
  EXPECT_FALSE(deep(1) == deep(2));
}

// ---- JSON

TEST(json, becomes_a_value_and_is_the_same_again) {
  const json::value before =
      json::parse(R"({"a":[1,-2.5,null,true,"caf\u00e9",{}],"b":9007199254740991,"c":{"d":[]}})");
  const value made = brood::from_json(before);
  EXPECT_EQ(made.find("a")->get_if<js::array>()->length(), 6U);
  EXPECT_EQ(*brood::to_json(made), before);
  EXPECT_EQ(brood::json_view(made), before);
}

struct form {
  const char* name;
  value what;
  const char* text;  // of JSON.stringify; nullptr where it gives nothing
  const char* view;
};

value in_line(value v) { return js::array{1, std::move(v)}; }

class json_forms : public testing::TestWithParam<form> {};

TEST_P(json_forms, are_those_of_stringify) {
  const auto made = brood::to_json(GetParam().what);
  ASSERT_EQ(made.has_value(), GetParam().text != nullptr);
  if (made) {
    EXPECT_EQ(json::serialize(*made), GetParam().text);
  } else {
    EXPECT_EQ(made.error(), brood::errc::not_serializable);
  }
  EXPECT_EQ(json::serialize(brood::json_view(GetParam().what)), GetParam().view);
}

value far_array() {
  js::array made{1};
  made.set_length(4'000'000'000);
  return made;
}
value some_shared() {
  const value o = js::array{};
  return js::array{o, o};
}
value some_cycle() {
  value top = js::object{};
  top.get_if<js::object>()->add("self", value::link(top));
  return top;
}

INSTANTIATE_TEST_SUITE_P(
    of, json_forms,
    testing::Values(form{"undefined", {}, nullptr, "null"}, form{"bigint", js::bigint(1), nullptr, "null"},
                    form{"undefined_member", js::object{{"a", {}}, {"b", 1}}, R"({"b":1})", R"({"b":1})"},
                    form{"undefined_element", in_line({}), "[1,null]", "[1,null]"},
                    form{"hole", in_line(value::hole()), "[1,null]", "[1,null]"}, form{"nan", nan, "null", "null"},
                    form{"infinity", in_line(-infinity), "[1,null]", "[1,null]"}, form{"minus_zero", -0.0, "0", "-0E0"},
                    form{"large", 1e21, "1E21", "1E21"},
                    form{"half_a_pair", "a\xed\xa0\xbd", "\"a\xed\xa0\xbd\"", "\"a\xed\xa0\xbd\""},
                    form{"map", js::map{{1, 2}}, "{}", "null"}, form{"set", js::set{1}, "{}", "null"},
                    form{"regexp", js::regexp("a"), "{}", "null"}, form{"error", js::error("m"), "{}", "null"},
                    form{"boxed", in_line(js::boxed("s")), R"([1,"s"])", R"([1,"s"])"},
                    form{"date", js::date(1700000000123), "\"2023-11-14T22:13:20.123Z\"",
                         "\"2023-11-14T22:13:20.123Z\""},
                    form{"invalid_date", js::date(nan), "null", "null"},
                    form{"buffer", js::buffer("hi"), R"({"type":"Buffer","data":[104,105]})", "null"},
                    form{"array_buffer", js::array_buffer("hi"), "{}", "null"},
                    form{"int8", js::typed_array(element::int8, "\xff\x01"), R"({"0":-1,"1":1})", "null"},
                    form{"uint16", js::typed_array(element::uint16, "\xff\x01"), R"({"0":511})", "null"},
                    form{"float16", js::typed_array(element::float16, std::string("\0\x3e\0\xc0", 4)),
                         R"({"0":1.5E0,"1":-2})", "null"},
                    form{"bigint64", js::typed_array(element::bigint64, std::string(8, '\0')), nullptr, "null"},
                    form{"data_view", js::typed_array(element::data_view, "ab"), "{}", "null"},
                    form{"far", far_array(), nullptr,
                         "[1,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null,null]"},
                    form{"shared", some_shared(), "[[],[]]", "[[],null]"},
                    form{"cycle", some_cycle(), nullptr, R"({"self":null})"}),
    [](const auto& one) { return one.param.name; });

TEST(json, of_what_is_shared_again_and_again_is_refused_and_its_view_is_small) {
  value at = js::array{1};
  for (int i = 0; i < 200; ++i) at = js::array{at, at};
  EXPECT_EQ(brood::to_json(at).error(), brood::errc::not_serializable);
  EXPECT_LT(json::serialize(brood::json_view(at)).size(), 2000U);
}

TEST(json, has_dates_of_all_years_of_javascript) {
  const auto text = [](double ms) { return json::serialize(*brood::to_json(js::date(ms))); };
  EXPECT_EQ(text(0), "\"1970-01-01T00:00:00.000Z\"");
  EXPECT_EQ(text(-1), "\"1969-12-31T23:59:59.999Z\"");
  EXPECT_EQ(text(951782400000), "\"2000-02-29T00:00:00.000Z\"");
  EXPECT_EQ(text(8.64e15), "\"+275760-09-13T00:00:00.000Z\"");
  EXPECT_EQ(text(-8.64e15), "\"-271821-04-20T00:00:00.000Z\"");
  EXPECT_EQ(text(-62167219200001), "\"-000001-12-31T23:59:59.999Z\"");
  EXPECT_EQ(text(8.64e15 + 1), "null");
}

}  // namespace
