#include <gtest/gtest.h>

#include <cmath>
#include <fstream>
#include <limits>
#include <map>
#include <set>
#include <sstream>
#include <string>

#include "brood/js.hpp"
#include "support/hex.hpp"
#include "wire/clone_json.hpp"
#include "wire/clone_reader.hpp"
#include "wire/clone_writer.hpp"

// What four versions of Node have been seen to write, line by line, read and written.

namespace {

namespace js = brood::js;
using brood::value;
using brood::detail::wire::clone_writer;
using brood::detail::wire::read_clone;
using brood::detail::wire::to_string;
using brood_test::from_hex;
using element = js::typed_array::element;
using std::numeric_limits;

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    hex += digits[static_cast<unsigned char>(c) >> 4];
    hex += digits[static_cast<unsigned char>(c) & 15];
  }
  return hex;
}

/// "00000008 ff0f22..." as in the dump.
std::string written(const value& v) {
  std::string frame;
  clone_writer writer(frame);
  EXPECT_TRUE(writer.write(v));
  writer.finish();
  return to_hex(frame.substr(0, 4)) + ' ' + to_hex(frame.substr(4));
}

value bytes_of(element which, std::string bytes) { return js::typed_array(which, std::move(bytes)); }
std::string raw(std::initializer_list<int> bytes) {
  std::string result;
  for (const int b : bytes) result.push_back(static_cast<char>(b));
  return result;
}

value error(js::error::prototype type, const char* message, const char* stack = "STACK") {
  js::error made;
  made.of_type = type;
  if (message != nullptr) made.message = message;
  made.stack = stack;
  return made;
}

value error_with_cause() {
  js::error made("m");
  made.stack = "STACK";
  made.cause = js::object{{"c", 1}};
  return made;
}

value shared() {
  const value o = js::object{{"a", 1}};
  return js::object{{"p", o}, {"q", o}};
}

value cycle() {
  value top = js::object{};
  (*top.get_if<js::object>())["self"] = value::link(top);
  return top;
}

value sparse() {
  js::array made;
  made.add(5, 1);
  return made;
}

value with_property() {
  js::array made{1, 2};
  made.properties["foo"] = "bar";
  return made;
}

js::bigint big(bool negative, std::vector<std::uint64_t> digits) {
  js::bigint made;
  made.negative = negative;
  made.digits = std::move(digits);
  return made;
}

value resizable() {
  js::array_buffer made(std::string(2, '\0'));
  made.max_length = 8;
  return made;
}

value property(const char* name, value of) { return js::object{{name, std::move(of)}}; }

void add_primitives(std::map<std::string, value>& to) {
  to["undefined-in-obj"] = property("u", {});
  to["null"] = nullptr;
  to["true"] = true;
  to["false"] = false;
  for (const int n : {0, 1, -1, 63, 64}) to[std::to_string(n)] = n;
  to["2^30-1"] = (1 << 30) - 1;
  to["2^30"] = 1 << 30;
  to["-2^30"] = -(1 << 30);
  to["2^31-1"] = numeric_limits<std::int32_t>::max();
  to["-2^31"] = numeric_limits<std::int32_t>::min();
  to["2^31"] = 2147483648.0;
  to["2^32"] = 4294967296.0;
  to["-0"] = -0.0;
  to["1.5"] = 1.5;
  to["NaN"] = numeric_limits<double>::quiet_NaN();
  to["Inf"] = numeric_limits<double>::infinity();
  to["bigint0"] = property("b", js::bigint(0));
  to["bigint1"] = property("b", js::bigint(1));
  to["bigint-1"] = property("b", js::bigint(-1));
  to["bigint2^64"] = property("b", big(false, {0, 1}));
  to["bigint-2^63"] = property("b", js::bigint(numeric_limits<std::int64_t>::min()));
  to["str-empty"] = "";
  to["str-ascii"] = "hello";
  to["str-latin1"] = "caf\u00e9";
  to["str-two"] = "\u20ac!";
  to["str-two-pad"] = property("k", "\u20ac");
  to["str-emoji"] = "\U0001f600";
  to["str-lone"] = "\xed\xa0\x80";
  to["str-long"] = std::string(200, 'x');
  to["str-two-odd"] = js::array{"\u20ac", "a", "\u20ac"};
  to["same-str"] = js::array{"ab", "ab"};
}

void add_containers(std::map<std::string, value>& to) {
  to["obj-empty"] = to["url"] = js::object{};
  to["obj-ab"] = js::object{{"a", 1}, {"b", "x"}};
  to["obj-intkey"] = js::object{{"1", "a"}, {"b", 2}};
  to["obj-negkey"] = property("-1", "a");
  to["obj-bigkey"] = property("4294967295", "a");
  to["arr-empty"] = js::array{};
  to["arr-smi"] = js::array{1, 2, 3};
  to["arr-dbl"] = js::array{1.5, 2};
  to["arr-mixed"] = js::array{1, "a", value(nullptr), value()};
  to["arr-holey"] = js::array{1, value::hole(), 3};
  to["arr-sparse"] = sparse();
  to["arr-prop"] = with_property();
  to["arr-undef"] = js::array(std::vector<value>(1));
  to["map"] = js::map{{"a", 1}, {2, js::object{}}};
  to["set"] = js::set{1, "x"};
  to["shared-ref"] = shared();
  to["cycle"] = cycle();
  to["class"] = js::object{{"x", 1}, {"y", "z"}};
  to["getter"] = to["nullproto"] = property("a", 1);
  to["symkey"] = property("a", 2);
  to["hostobj"] = js::object{{"reading", false}, {"onconnection", nullptr}};
  to["cluster-internal"] = js::object{{"cmd", "NODE_CLUSTER"}, {"act", "online"}, {"seq", 0}};
}

void add_things(std::map<std::string, value>& to) {
  constexpr double some_day = 1700000000123;
  to["date"] = property("d", js::date(some_day));
  to["date-invalid"] = property("d", js::date(numeric_limits<double>::quiet_NaN()));
  to["regexp"] = js::regexp("ab+c", js::regexp::global | js::regexp::ignore_case | js::regexp::unicode);
  to["Boolean"] = js::object{{"x", js::boxed(true)}, {"y", js::boxed(false)}};
  to["Number"] = property("x", js::boxed(3));
  to["String"] = property("x", js::boxed("s"));
  to["BigInt obj"] = property("x", js::boxed(js::bigint(5)));
  using prototype = js::error::prototype;
  to["Error"] = error(prototype::error, "boom");
  to["TypeError"] = error(prototype::type, "bad");
  to["RangeError"] = error(prototype::range, "r");
  to["EvalError"] = error(prototype::eval, "r");
  to["ReferenceError"] = error(prototype::reference, "r");
  to["SyntaxError"] = error(prototype::syntax, "r");
  to["URIError"] = error(prototype::uri, "r");
  to["Error-nomsg"] = error(prototype::error, nullptr);
  to["Error-cause"] = error_with_cause();
  to["Error-props"] = error(prototype::error, "m");
  to["AggregateError"] = error(prototype::error, "ag", "S");
}

void add_bytes(std::map<std::string, value>& to) {
  to["arraybuffer"] = js::array_buffer(raw({9, 8, 7}));
  to["arraybuffer-empty"] = js::array_buffer();
  to["resizable"] = resizable();
  to["Buffer"] = js::buffer("hi");
  to["Buffer-empty"] = js::buffer("");
  to["Uint8Array"] = bytes_of(element::uint8, raw({1, 2}));
  to["Int8"] = bytes_of(element::int8, raw({255}));
  to["U8C"] = bytes_of(element::uint8_clamped, raw({1}));
  to["Int16"] = bytes_of(element::int16, raw({1, 0}));
  to["U16"] = bytes_of(element::uint16, raw({1, 0}));
  to["Int32"] = bytes_of(element::int32, raw({1, 0, 0, 0}));
  to["U32"] = bytes_of(element::uint32, raw({1, 0, 0, 0}));
  to["F32"] = bytes_of(element::float32, raw({0, 0, 0x80, 0x3f}));
  to["F64"] = bytes_of(element::float64, raw({0, 0, 0, 0, 0, 0, 0xf0, 0x3f}));
  to["DataView"] = bytes_of(element::data_view, raw({8, 7}));
  to["BI64"] = bytes_of(element::bigint64, raw({1, 0, 0, 0, 0, 0, 0, 0}));
  to["BU64"] = bytes_of(element::biguint64, raw({1, 0, 0, 0, 0, 0, 0, 0}));
}

struct seen {
  std::string name;
  std::string version;
  std::string length;
  std::string content;
};

/// The lines of the dump but those where Node refuses to send.
std::vector<seen> dump() {
  std::ifstream file(std::string(BROOD_SOURCE_DIR) + "/tests/unit/wire/advanced_dump.txt");
  std::vector<seen> lines;
  for (std::string line; std::getline(file, line);) {
    constexpr std::size_t name_width = 19;
    if (line.find("THROWS") != std::string::npos || line.empty()) continue;
    seen one;
    one.name = line.substr(0, line.find_last_not_of(' ', name_width - 1) + 1);
    std::istringstream rest(line.substr(name_width));
    rest >> one.length;
    if (one.length.front() == '[') {
      one.version = one.length;
      rest >> one.length;
    }
    rest >> one.content;
    lines.push_back(std::move(one));
  }
  return lines;
}

std::map<std::string, value> expected_values() {
  std::map<std::string, value> all;
  add_primitives(all);
  add_containers(all);
  add_things(all);
  add_bytes(all);
  return all;
}

/// What a line stands for. Older Nodes have no Float16Array, and their line says so in words.
value meant_by(const seen& line, const std::map<std::string, value>& all) {
  if (line.name != "f16") return all.at(line.name);
  const bool older = line.version == "[20]" || line.version == "[22]";
  return older ? value("nofloat16") : bytes_of(element::float16, raw({0, 0x3e, 0, 0xc0}));
}

TEST(the_dump_of_node, is_read_line_by_line) {
  const auto all = expected_values();
  std::set<std::string> names;
  for (const auto& line : dump()) {
    const auto read = read_clone(from_hex(line.content));
    ASSERT_TRUE(read) << line.name << ": " << to_string(read.error());
    EXPECT_EQ(written(*read), written(meant_by(line, all))) << line.name;
    EXPECT_TRUE(*read == meant_by(line, all)) << line.name << line.version;
    names.insert(line.name);
  }
  EXPECT_EQ(names.size(), all.size() + 1) << "f16 apart, each value has its line";
}

TEST(the_dump_of_node, is_written_byte_for_byte) {
  const auto all = expected_values();
  for (const auto& line : dump()) {
    if (line.name == "Error-cause" && line.version == "[20]") continue;  // an order that newer ones do not read
    if (line.name == "hostobj") continue;                                // is a plain object once it has arrived
    if (line.name == "arr-dbl") continue;  // V8 keeps arrays of doubles apart, and writes all of them in eight bytes
    EXPECT_EQ(written(meant_by(line, all)), line.length + ' ' + line.content) << line.name;
  }
}

TEST(the_dump_of_node, does_not_look_alike_for_two_different_values) {
  const auto all = expected_values();
  const auto bytes = [](const value& v) { return written(v); };
  for (const auto& [name, one] : all) {
    for (const auto& [other_name, other] : all) {
      EXPECT_EQ(one == other, bytes(one) == bytes(other)) << name << " and " << other_name;
    }
  }
}

TEST(the_dump_of_node, cut_off_anywhere_is_a_fault_and_nothing_worse) {
  for (const auto& line : dump()) {
    const std::string whole = from_hex(line.content);
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const auto read = read_clone(std::string_view(whole).substr(0, size));
      ASSERT_FALSE(read) << line.name << " cut after " << size;
      EXPECT_LE(read.error().at, size) << line.name;
    }
  }
}

TEST(the_dump_of_node, with_any_byte_changed_is_read_or_refused) {
  for (const auto& line : dump()) {
    const std::string whole = from_hex(line.content);
    for (std::size_t at = 0; at < whole.size(); ++at) {
      for (int bit = 0; bit < 8; ++bit) {
        std::string changed = whole;
        changed[at] = static_cast<char>(changed[at] ^ 1 << bit);
        const auto read = read_clone(changed);
        if (!read) continue;
        const std::string again = written(*read);
        const auto second = read_clone(from_hex(again.substr(9)));
        ASSERT_TRUE(second) << line.name << ' ' << to_hex(changed);
        EXPECT_TRUE(*second == *read) << line.name << ' ' << to_hex(changed);
      }
    }
  }
}

/// What can be had as JSON at once is the same as by way of a value.
TEST(the_dump_of_node, is_read_straight_into_json_where_it_is_nothing_else) {
  int direct = 0;
  for (const auto& line : dump()) {
    const auto json = brood::detail::wire::read_clone_as_json(from_hex(line.content));
    if (!json) continue;
    ++direct;
    const auto whole = read_clone(from_hex(line.content));
    EXPECT_TRUE(brood::from_json(*json) == *whole) << line.name;
    EXPECT_EQ(brood::json_view(*whole), *json) << line.name;
    std::string frame;
    clone_writer writer(frame);
    writer.write(*json);
    writer.finish();
    EXPECT_EQ(to_hex(frame).insert(8, " "), written(*whole)) << line.name;
  }
  EXPECT_EQ(direct, 43);
}

TEST(an_array_that_node_passes_on, is_json_too) {
  const auto json = [](std::string_view hex) { return brood::detail::wire::read_clone_as_json(from_hex(hex)); };
  EXPECT_EQ(json("ff0f6102490022016149024904400202"), boost::json::value({"a", 2}));
  EXPECT_EQ(json("ff0f6100400000"), boost::json::value(boost::json::array()));
  EXPECT_FALSE(json("ff0f6103490022016149044904400203")) << "a hole";
  EXPECT_FALSE(json("ff0f6102490022016122016149024900400302")) << "a property";
  EXPECT_FALSE(json("ff0f61024902490249004900400202")) << "another order";
}

TEST(the_version, may_be_that_of_newer_engines) {
  for (const char* hex : {"ff0d4902", "ff0e4902", "ff0f4902", "ff104902"}) {
    const auto read = read_clone(from_hex(hex));
    ASSERT_TRUE(read) << hex << ": " << to_string(read.error());
    EXPECT_TRUE(*read == value(1)) << hex;
    EXPECT_EQ(brood::detail::wire::read_clone_as_json(from_hex(hex)), boost::json::value(1)) << hex;
  }
}

TEST(the_worked_example, of_the_documentation_is_true) {
  value o = js::object{{"7", "caf\u00e9"}};
  (*o.get_if<js::object>())["list"] = js::array{value::link(o), js::buffer("hi")};
  const std::string bytes = "00000020 ff0f6f490e2204636166e922046c69737441025e005c000a0268692400027b02";
  EXPECT_EQ(written(o), bytes);
  const auto read = read_clone(from_hex(bytes.substr(9)));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_TRUE(*read == o);
  EXPECT_EQ(read->find("list")->get_if<js::array>()->elements.front().thing(), read->thing());
}

}  // namespace
