#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <brood/options.hpp>

namespace {

using brood::environment;
using lines = std::vector<std::string>;
using testing::Contains;
using testing::IsSupersetOf;
using testing::Not;
using testing::StartsWith;

/// Sets a variable of this process for the length of a test.
class own_variable {
 public:
  own_variable(const char* name, const char* value) : name_(name) { ::setenv(name, value, 1); }
  own_variable(const own_variable&) = delete;
  own_variable& operator=(const own_variable&) = delete;
  ~own_variable() { ::unsetenv(name_); }

 private:
  const char* name_;
};

TEST(environment, left_alone_is_this_process_own) {
  const own_variable one("BROOD_A", "1");
  const own_variable two("BROOD_B", "x=y");
  EXPECT_THAT(environment{}.block(), IsSupersetOf({"BROOD_A=1", "BROOD_B=x=y"}));
}

TEST(environment, is_what_it_is_at_the_moment_of_the_start) {
  const environment env;
  const own_variable late("BROOD_LATE", "1");
  EXPECT_THAT(env.block(), Contains("BROOD_LATE=1"));
}

/// Puts other lines in the place of this process's own for the length of a test.
class own_lines {
 public:
  explicit own_lines(lines own) : lines_(std::move(own)) {
    for (auto& line : lines_) pointers_.push_back(line.data());
    pointers_.push_back(nullptr);
    environ = pointers_.data();
  }
  own_lines(const own_lines&) = delete;
  own_lines& operator=(const own_lines&) = delete;
  ~own_lines() { environ = before_; }

 private:
  lines lines_;
  std::vector<char*> pointers_;
  char** before_ = environ;
};

TEST(environment, stays_in_its_order_and_leaves_out_what_is_no_variable) {
  const own_lines odd({"B=first", "A=x", "B=second", "no_equals_sign", "=unnamed", "C="});
  EXPECT_EQ(environment{}.block(), (lines{"B=first", "A=x", "B=second", "C="}));
}

TEST(environment, that_is_changed_has_the_changes_last_in_the_order_of_the_names) {
  const own_lines own({"B=first", "A=x", "B=second", "C="});
  EXPECT_EQ(environment{}.unset("B").block(), (lines{"A=x", "C="}));
  EXPECT_EQ(environment{}.set("D", "3").set("B", "2").set("AA", "1").block(),
            (lines{"A=x", "C=", "AA=1", "B=2", "D=3"}));
}

TEST(environment, is_empty_where_there_is_none) {
  const own_lines none({});
  EXPECT_EQ(environment{}.block(), lines{});
  EXPECT_EQ(environment{}.set("A", "1").unset("B").block(), lines{"A=1"});
}

TEST(environment, never_inherits_the_variables_of_the_channel) {
  for (const char* name : {"NODE_CHANNEL_FD", "NODE_CHANNEL_SERIALIZATION_MODE", "NODE_UNIQUE_ID"}) {
    const own_variable variable(name, "3");
    EXPECT_THAT(environment{}.block(), Not(Contains(StartsWith(name))));
    EXPECT_THAT(environment{}.set(name, "4").block(), Contains(std::string(name) + "=4"));
  }
  const own_variable close_to_it("NODE_CHANNEL_FDS", "3");
  EXPECT_THAT(environment{}.block(), Contains("NODE_CHANNEL_FDS=3"));
}

TEST(environment, that_replaces_holds_nothing_else) {
  EXPECT_EQ((environment{{"B", "2"}, {"A", "1"}, {"B", "3"}}.block()), (lines{"A=1", "B=3"}));
  EXPECT_EQ((environment{{"A", "1"}}.set("C", "").unset("A").block()), lines{"C="});
}

TEST(environment, changes_what_is_inherited) {
  const own_variable kept("BROOD_KEPT", "kept");
  const own_variable gone("BROOD_GONE", "gone");
  const auto block = environment{}.set("BROOD_NEW", "new").set("BROOD_KEPT", "changed").unset("BROOD_GONE").block();
  EXPECT_THAT(block, IsSupersetOf({"BROOD_KEPT=changed", "BROOD_NEW=new"}));
  EXPECT_THAT(block, Not(Contains(StartsWith("BROOD_GONE="))));
}

TEST(environment, does_the_last_of_several_changes) {
  EXPECT_EQ((environment{{"A", "1"}}.unset("A").set("A", "2").block()), lines{"A=2"});
  EXPECT_EQ((environment{{"A", "1"}}.set("A", "2").unset("A").block()), lines{});
}

TEST(environment, merges_changes_into_changes) {
  const own_variable own("BROOD_OWN", "own");
  environment env = environment{}.set("A", "1").set("B", "1");
  env.merge(environment{}.set("B", "2").unset("A").unset("BROOD_OWN"));
  const auto block = env.block();
  EXPECT_THAT(block, Contains("B=2"));
  EXPECT_THAT(block, Not(Contains(StartsWith("A="))));
  EXPECT_THAT(block, Not(Contains(StartsWith("BROOD_OWN="))));
}

TEST(environment, merges_a_replacement_by_replacing) {
  environment env = environment{}.set("A", "1");
  env.merge({{"B", "2"}});
  EXPECT_EQ(env.block(), lines{"B=2"});
  env.merge(environment{}.set("C", "3"));
  EXPECT_EQ(env.block(), (lines{"B=2", "C=3"})) << "it stays one";
  env.merge(env);
  EXPECT_EQ(env.block(), (lines{"B=2", "C=3"}));
}

}  // namespace
