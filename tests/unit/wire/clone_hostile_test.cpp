#include <gtest/gtest.h>

#include <string>

#include "brood/js.hpp"
#include "support/deep_calls.hpp"
#include "support/hex.hpp"
#include "wire/clone_reader.hpp"
#include "wire/clone_writer.hpp"

// Bytes that no Node would write, and those that only look as if.

namespace {

namespace js = brood::js;
using brood::value;
using brood::detail::wire::clone_limits;
using brood::detail::wire::clone_writer;
using brood::detail::wire::read_clone;
using brood::detail::wire::to_string;
using brood_test::from_hex;
using namespace std::string_literals;

struct refusal {
  const char* name;
  const char* hex;
  const char* why;
};

class hostile_bytes : public testing::TestWithParam<refusal> {};

TEST_P(hostile_bytes, are_refused_with_a_reason_and_a_place) {
  const auto read = read_clone(from_hex(GetParam().hex));
  ASSERT_FALSE(read);
  EXPECT_EQ(to_string(read.error()), GetParam().why);
}

INSTANTIATE_TEST_SUITE_P(headers, hostile_bytes,
                         testing::Values(refusal{"none", "", "byte 0: unknown version"},
                                         refusal{"no_version", "ff", "byte 1: the bytes end inside a value"},
                                         refusal{"json", "7b7d", "byte 0: unknown version"},
                                         refusal{"version_17", "ff11 30", "byte 1: unknown version"},
                                         refusal{"version_12", "ff0c 30", "byte 1: unknown version"},
                                         refusal{"version_huge", "ffffffffffff", "byte 5: a number has too many bits"},
                                         refusal{"nothing", "ff0f", "byte 2: the bytes end inside a value"},
                                         refusal{"padding_only", "ff0f 000000",
                                                 "byte 5: the bytes end inside a value"}),
                         [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    values, hostile_bytes,
    testing::Values(refusal{"unknown_tag", "ff0f 21", "byte 2: no value starts with this tag"},
                    refusal{"shared_memory", "ff0f 7500", "byte 2: no value starts with this tag"},
                    refusal{"wasm", "ff0f 5700", "byte 2: no value starts with this tag"},
                    refusal{"end_alone", "ff0f 7b00", "byte 2: no value starts with this tag"},
                    refusal{"hole_alone", "ff0f 2d", "byte 2: no value starts with this tag"},
                    refusal{"long_integer", "ff0f 49ffffffffff01", "byte 7: a number has too many bits"},
                    refusal{"integer_of_35_bits", "ff0f 49ffffffff7f", "byte 7: a number has too many bits"},
                    refusal{"half_a_double", "ff0f 4e00000000", "byte 7: the bytes end inside a value"},
                    refusal{"string_of_4_gib", "ff0f 22ffffffff0f61", "byte 9: the bytes end inside a value"},
                    refusal{"half_a_unit", "ff0f 6303616161", "byte 6: not a string"},
                    refusal{"bigint_of_2_gib", "ff0f 5affffffff0f00", "byte 9: the bytes end inside a value"},
                    refusal{"ignored_for_ever", "ff0f 3f003f003f00", "byte 8: the bytes end inside a value"},
                    refusal{"boxed_string_of_a_number", "ff0f 734902", "byte 3: not a string"},
                    refusal{"pattern_of_a_number", "ff0f 52490200", "byte 3: not a string"},
                    refusal{"unknown_regexp_flag", "ff0f 5222016140", "byte 6: unknown flags"}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    containers, hostile_bytes,
    testing::Values(
        refusal{"object_count", "ff0f 6f 220161 4902 7b02",
                "byte 9: the number of entries differs from the count at the end"},
        refusal{"object_key", "ff0f 6f 54 4902 7b01", "byte 3: a key is neither a string nor a number"},
        refusal{"object_twice", "ff0f 6f 220161 4902 220161 4904 7b02", "byte 8: a key occurs twice"},
        refusal{"object_twice_as_number", "ff0f 6f 220131 4902 4902 4904 7b02", "byte 8: a key occurs twice"},
        refusal{"object_without_end", "ff0f 6f 220161 4902", "byte 8: the bytes end inside a value"},
        refusal{"dense_of_4_gib", "ff0f 41ffffffff0f", "byte 7: a length exceeds the remaining bytes"},
        refusal{"dense_of_one_too_many", "ff0f 4105 30303030", "byte 3: a length exceeds the remaining bytes"},
        refusal{"dense_ends_early", "ff0f 4104 4902 2400 04", "byte 6: no value starts with this tag"},
        refusal{"dense_length_again", "ff0f 4101 4902 24 00 02",
                "byte 8: the number of entries differs from the count at the end"},
        refusal{"dense_property_count", "ff0f 4101 4902 24 01 01",
                "byte 8: the number of entries differs from the count at the end"},
        refusal{"dense_element_as_property", "ff0f 4101 4902 4900 4902 24 01 01", "byte 6: a key occurs twice"},
        refusal{"sparse_count", "ff0f 6103 4900 4902 40 02 03",
                "byte 10: the number of entries differs from the count at the end"},
        refusal{"sparse_twice", "ff0f 6103 4900 4902 4900 4902 40 02 03", "byte 8: a key occurs twice"},
        refusal{"map_half_an_entry", "ff0f 3b 4902 3a 01",
                "byte 6: the number of entries differs from the count at the end"},
        refusal{"map_count", "ff0f 3b 4902 4904 3a 04",
                "byte 8: the number of entries differs from the count at the end"},
        refusal{"set_count", "ff0f 27 4902 2c 02", "byte 6: the number of entries differs from the count at the end"},
        refusal{"error_part", "ff0f 72 78", "byte 3: no value starts with this tag"},
        refusal{"error_message", "ff0f 72 6d 4902 2e", "byte 4: not a string"}),
    [](const auto& one) { return one.param.name; });

INSTANTIATE_TEST_SUITE_P(
    objects, hostile_bytes,
    testing::Values(
        refusal{"reference_to_nothing", "ff0f 5e00", "byte 3: a reference to a missing object"},
        refusal{"reference_forward", "ff0f 41 03 5e01 6f7b00 6f7b00 2400 03",
                "byte 5: a reference to a missing object"},
        refusal{"reference_beyond", "ff0f 6f 220161 5effffffff0f 7b01", "byte 11: a reference to a missing object"},
        refusal{"host_kind", "ff0f 5c02", "byte 3: unknown host object"},
        refusal{"host_view_type", "ff0f 5c000e00", "byte 4: unknown host object"},
        refusal{"host_view_length", "ff0f 5c000aff0f61", "byte 8: the bytes end inside a value"},
        refusal{"host_view_of_half_a_number", "ff0f 5c00080461616161", "byte 9: a view outside its buffer"},
        refusal{"host_copy_of_a_number", "ff0f 5c014902", "byte 4: unknown host object"},
        refusal{"host_copy_in_itself", "ff0f 5c01 6f 220161 5e00 7b01", "byte 9: a reference to a missing object"},
        refusal{"resizable_too_small", "ff0f 7e0201 0000", "byte 4: a length exceeds the remaining bytes"},
        refusal{"view_outside", "ff0f 4202 0000 56 42 01 02 00", "byte 10: a view outside its buffer"},
        refusal{"view_beyond", "ff0f 4202 0000 56 42 03 00 00", "byte 10: a view outside its buffer"},
        refusal{"view_between_numbers", "ff0f 4204 00000000 56 57 01 02 00", "byte 12: a view outside its buffer"},
        refusal{"view_kind", "ff0f 4202 0000 56 41 00 02 00", "byte 7: no value starts with this tag"},
        refusal{"view_flags", "ff0f 4202 0000 56 42 00 02 01", "byte 10: unknown flags"},
        refusal{"view_alone", "ff0f 56 42 00 02 00", "byte 2: no value starts with this tag"}),
    [](const auto& one) { return one.param.name; });

// ---- what only the reader must know

struct reading {
  const char* name;
  const char* hex;
  value expected;
};

class unusual_bytes : public testing::TestWithParam<reading> {};

TEST_P(unusual_bytes, are_read_as_node_reads_them) {
  const auto read = read_clone(from_hex(GetParam().hex));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_TRUE(*read == GetParam().expected);
}

value utf8_key() { return js::object{{"\u20ac", 1}}; }
value far() {
  js::array made;
  made.add(4'000'000'000, "x");
  made.set_length(4'294'967'295);
  return made;
}
value view(js::typed_array::element which, std::string bytes) { return js::typed_array(which, std::move(bytes)); }
value full_error() {
  js::error made("m", js::error::prototype::uri);
  made.stack = "s";
  made.cause = 1;
  return made;
}

INSTANTIATE_TEST_SUITE_P(
    of, unusual_bytes,
    testing::Values(
        reading{"version_13", "ff0d 30", nullptr}, reading{"version_14", "ff0e 30", nullptr},
        reading{"more_behind", "ff0f 30 ffff", nullptr}, reading{"padding", "ff0f 000000 30", nullptr},
        reading{"ignored", "ff0f 3f05 3f00 30", nullptr}, reading{"uint32", "ff0f 55ffffffff0f", 4294967295U},
        reading{"utf8", "ff0f 5303e282ac", "\u20ac"}, reading{"utf8_key", "ff0f 6f 5303e282ac 4902 7b01", utf8_key()},
        reading{"broken_utf8", "ff0f 5303e28261", "\ufffda"}, reading{"odd_two_byte_string", "ff0f 6302ac20", "\u20ac"},
        reading{"low_half_first", "ff0f 630400de3dd8", "\xed\xb8\x80\xed\xa0\xbd"},
        reading{"odd_bigint", "ff0f 5a06ffff01", js::bigint(0x1ffff)},
        reading{"bigint_of_zeros", "ff0f 5a1100000000 00000000", js::bigint(0)},
        reading{"dense_with_hole", "ff0f 4103 4902 2d 4906 24 00 03", js::array{1, value::hole(), 3}},
        reading{"far_element", "ff0f 61ffffffff0f 5580d0acf30e 220178 40 01 ffffffff0f", far()},
        reading{"number_key", "ff0f 6f 4e000000000000f83f 4902 7b01", js::object{{"1.5", 1}}},
        reading{"negative_key", "ff0f 6f 4901 4902 7b01", js::object{{"-1", 1}}},
        reading{"large_key", "ff0f 6f 4e0ca81890ab21fb44 54 7b01", js::object{{"2.05e+24", true}}},
        reading{"small_key", "ff0f 6f 4e48afbc9af2d77a3e 54 7b01", js::object{{"1e-7", true}}},
        reading{"error_of_node_20", "ff0f 72 55 6d22016d 63 4902 732201732e", full_error()},
        reading{"error_of_node_22", "ff0f 72 55 6d22016d 73220173 63 4902 2e", full_error()},
        reading{"error_backwards", "ff0f 72 63 4902 73220173 6d22016d 55 2e", full_error()},
        reading{"view", "ff0f 4204 01020304 56 42 01 02 00", view(js::typed_array::element::uint8, "\x02\x03")},
        reading{"data_view", "ff0f 4202 0102 56 3f 00 02 00", view(js::typed_array::element::data_view, "\x01\x02")},
        reading{"view_to_the_end", "ff0f 7e0308 010203 56 57 00 00 03",
                view(js::typed_array::element::uint16, "\x01\x02")},
        reading{"buffer_and_padding", "ff0f 4201 61 0000", js::array_buffer("a")}),
    [](const auto& one) { return one.param.name; });

TEST(a_reference, to_a_host_copy_has_two_numbers_for_one_object) {
  const auto read = read_clone(from_hex("ff0f 4103 5c01 6f 220161 4902 7b01 5e01 5e02 2400 03"));
  ASSERT_TRUE(read) << to_string(read.error());
  const auto& elements = read->get_if<js::array>()->elements;
  EXPECT_EQ(elements[0].thing(), elements[1].thing());
  EXPECT_EQ(elements[0].thing(), elements[2].thing());
}

TEST(a_second_view, sees_the_same_memory) {
  const auto read = read_clone(from_hex("ff0f 4102 4204 01020304 56 42 01 02 00 5e01 56 42 00 01 00 2400 02"));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_TRUE(*read == value(js::array{view(js::typed_array::element::uint8, "\x02\x03"),
                                       view(js::typed_array::element::uint8, "\x01")}));
}

// ---- how much a message may make us hold

TEST(a_bomb, of_views_on_one_memory_is_refused) {
  std::string bytes = from_hex("ff0f 41 80 08 42 8001") + std::string(128, 'x') + from_hex("56 42 00 8001 00");
  for (int i = 0; i < 1023; ++i) bytes += from_hex("5e01 56 42 00 8001 00");
  bytes += from_hex("2400 8008");
  const auto read = read_clone(bytes);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().what, brood::detail::wire::clone_fault::too_many);
}

TEST(a_bomb, of_depth_is_refused_at_the_limit) {
  for (const char* hex : {"4101", "6f220161", "3b", "27", "6101 4900", "7263"}) {
    std::string bytes = from_hex("ff0f");
    for (int i = 0; i < 5'000; ++i) bytes += from_hex(hex);
    const auto read = read_clone(bytes);
    ASSERT_FALSE(read) << hex;
    EXPECT_EQ(read.error().what, brood::detail::wire::clone_fault::too_deep) << hex;
  }
}

TEST(a_bomb, of_values_is_refused_at_the_limit) {
  const std::string bytes = from_hex("ff0f 41 e807") + std::string(1000, '0') + from_hex("24 00 e807");
  EXPECT_TRUE(read_clone(bytes, {.values = 1001}));
  const auto read = read_clone(bytes, {.values = 1000});
  ASSERT_FALSE(read);
  EXPECT_EQ(to_string(read.error()), "byte 1004: more values than one message may contain");
  const std::string holes = from_hex("ff0f 41 e807") + std::string(1000, '-') + from_hex("24 00 e807");
  EXPECT_FALSE(read_clone(holes, {.values = 1000}));
}

/// Elements far apart cost what they are, not what is between them.
TEST(a_bomb, of_holes_takes_no_room) {
  std::string bytes = from_hex("ff0f 61 ffffffff0f");
  std::uint32_t index = 1;
  std::string indexes;
  for (int i = 0; i < 30; ++i, index *= 2) {
    bytes += 'U';
    for (auto rest = index;; rest >>= 7) {
      bytes += static_cast<char>(rest >= 0x80 ? rest | 0x80 : rest);
      if (rest < 0x80) break;
    }
    bytes += 'T';
  }
  bytes += from_hex("40 1e ffffffff0f");
  const auto read = read_clone(bytes);
  ASSERT_TRUE(read) << to_string(read.error());
  const auto* array = read->get_if<js::array>();
  EXPECT_EQ(array->count(), 30U);
  EXPECT_LT(array->elements.size(), 30 * 8 + 17U);
  EXPECT_EQ(array->length(), 4294967295U);
  EXPECT_NE(array->find(1U << 29), nullptr);
  EXPECT_EQ(array->find((1U << 29) - 1), nullptr);
}

TEST(a_value, nested_as_deep_as_may_be_goes_both_ways) {
  if (!brood_test::deep_calls) GTEST_SKIP();
  value deep = 1;
  for (std::size_t i = 0; i < brood::detail::wire::deepest_clone; ++i) deep = js::array{deep};
  std::string frame;
  clone_writer writer(frame);
  ASSERT_TRUE(writer.write(deep));
  writer.finish();
  const auto read = read_clone(std::string_view(frame).substr(4));
  ASSERT_TRUE(read) << to_string(read.error());
  EXPECT_TRUE(*read == deep);

  clone_writer another(frame);
  EXPECT_FALSE(another.write(value(js::array{deep})));
  const auto before = frame.size();
  another.drop();
  EXPECT_LT(frame.size(), before);
  EXPECT_EQ(read_clone(std::string_view(frame).substr(4)).has_value(), true) << "what stood before it is whole";
}

TEST(a_string_of_two_bytes, stands_on_an_even_place_in_its_own_frame) {
  std::string buffer = "x";  // of an odd length
  clone_writer writer(buffer);
  ASSERT_TRUE(writer.write(value("\u20ac")));
  writer.finish();
  EXPECT_EQ(buffer.substr(1), from_hex("00000006 ff0f 6302ac20"));
}

}  // namespace
