// Decoding of paths and queries.
#include <gtest/gtest.h>

#include <string>

#include "brood/http/request.hpp"
#include "http/percent.hpp"

namespace brood::http {
namespace {

/// "[name=value]" for each parameter.
std::string parsed(std::string_view query) {
  std::string text;
  for (const auto& [name, value] : parse_query(query)) text += '[' + name + '=' + value + ']';
  return text;
}

// The expected values are those of Node's `[...new URLSearchParams(query)]`.
TEST(parse_query, splits_as_browsers_do) {
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("a=1&b=2"), "[a=1][b=2]");
  EXPECT_EQ(parsed("a=1&a=2&A=3"), "[a=1][a=2][A=3]");
  EXPECT_EQ(parsed("a"), "[a=]");
  EXPECT_EQ(parsed("a="), "[a=]");
  EXPECT_EQ(parsed("=a"), "[=a]");
  EXPECT_EQ(parsed("="), "[=]");
  EXPECT_EQ(parsed("a=b=c"), "[a=b=c]");
  EXPECT_EQ(parsed("&&a=1&&b=2&"), "[a=1][b=2]");
  EXPECT_EQ(parsed("a=1;b=2"), "[a=1;b=2]");
}

TEST(parse_query, decodes_names_and_values) {
  EXPECT_EQ(parsed("a+b=c+d"), "[a b=c d]");
  EXPECT_EQ(parsed("a%2Bb=c%2bd"), "[a+b=c+d]");
  EXPECT_EQ(parsed("%61=%26%3D"), "[a=&=]");
  EXPECT_EQ(parsed("a=%C3%A9"), "[a=\xC3\xA9]");
  EXPECT_EQ(parsed("a=%ff"), "[a=\xff]");  // not UTF-8
  EXPECT_EQ(parsed("a=x%00y"), std::string("[a=x\0y]", 7));
}

TEST(parse_query, keeps_escapes_that_are_none) {
  EXPECT_EQ(parsed("a=%"), "[a=%]");
  EXPECT_EQ(parsed("a=%4"), "[a=%4]");
  EXPECT_EQ(parsed("a=%zz%4g%g4"), "[a=%zz%4g%g4]");
  EXPECT_EQ(parsed("%=%%41"), "[%=%A]");
  EXPECT_EQ(parsed("a=%2541"), "[a=%41]");  // decoded once
}

TEST(percent_decoded, replaces_escapes_only) {
  EXPECT_EQ(detail::percent_decoded(""), "");
  EXPECT_EQ(detail::percent_decoded("/a+b%20c"), "/a+b c");
  EXPECT_EQ(detail::percent_decoded("/%2e%2E/%2F%"), "/..//%");
}

}  // namespace
}  // namespace brood::http
