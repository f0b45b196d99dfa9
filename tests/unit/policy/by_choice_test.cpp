#include "policy/by_choice.hpp"

#include <gtest/gtest.h>

#include <map>
#include <string>

namespace {

using by_choice = brood::detail::policy::by_choice<int>;  // connections are numbers
using decision = by_choice::decision;
using kind = decision::kind;

/// A table of decisions, and what was asked: "connection(worker:waiting ...)".
struct table {
  std::map<int, decision> decisions;
  std::string asked;

  by_choice::function function() {
    return [this](int connection, std::span<const by_choice::candidate> able) {
      asked += std::to_string(connection) + '(';
      for (const auto& one : able) asked += std::to_string(one.worker) + ':' + std::to_string(one.waiting) + ' ';
      asked.back() = ')';
      const auto found = decisions.find(connection);
      return found != decisions.end() ? found->second : decision{kind::anyone};
    };
  }
};

std::string hand_over(by_choice& p) {
  std::string text;
  while (auto next = p.next()) text += std::to_string(next->worker) + ':' + std::to_string(next->connection) + ' ';
  return text;
}

TEST(by_choice, gives_each_connection_to_whom_was_named) {
  table t{{{10, {kind::worker, 2}}, {11, {kind::worker, 2}}, {12, {kind::worker, 1}}}, ""};
  by_choice p(t.function());
  for (int worker : {1, 2}) p.add(worker);
  for (int connection : {10, 11, 12}) p.arrived(connection);
  EXPECT_EQ(hand_over(p), "1:12 2:10 ") << "one under way to a worker at most";
  EXPECT_EQ(t.asked, "10(1:0 2:0)11(1:0 2:1)12(1:0 2:2)");
  EXPECT_EQ(p.backlog(), 1U);
  EXPECT_TRUE(p.answered(2, true));
  EXPECT_EQ(hand_over(p), "2:11 ");
  EXPECT_FALSE(p.settled());
  EXPECT_TRUE(p.answered(2, true));
  EXPECT_TRUE(p.answered(1, true));
  EXPECT_FALSE(p.answered(1, true)) << "nothing was under way";
  EXPECT_TRUE(p.settled());
}

TEST(by_choice, keeps_connections_while_there_is_no_worker_and_does_not_ask) {
  table t;
  by_choice p(t.function());
  p.arrived(1);
  EXPECT_EQ(hand_over(p), "");
  EXPECT_EQ(t.asked, "");
  EXPECT_TRUE(p.settled()) << "nobody is left to take it";
  p.add(7);
  EXPECT_EQ(hand_over(p), "7:1 ");
}

TEST(by_choice, anyone_is_whoever_has_the_fewest_waiting_in_turn_among_equals) {
  table t;
  by_choice p(t.function());
  for (int worker : {1, 2, 3}) p.add(worker);
  for (int connection = 10; connection < 16; ++connection) p.arrived(connection);
  EXPECT_EQ(hand_over(p), "1:10 2:11 3:12 ");
  p.answered(2, true);
  p.arrived(16);
  EXPECT_EQ(hand_over(p), "2:14 ");
  EXPECT_EQ(t.asked.substr(t.asked.find("16")), "16(1:2 2:1 3:2)");
}

TEST(by_choice, a_worker_that_is_gone_gives_back_all_it_has_not_taken_in_order) {
  table t;
  for (int connection = 10; connection < 13; ++connection) t.decisions[connection] = {kind::worker, 1};
  by_choice p(t.function());
  p.add(1);
  p.add(2);
  for (int connection = 10; connection < 13; ++connection) p.arrived(connection);
  EXPECT_EQ(hand_over(p), "1:10 ");
  p.arrived(13);
  for (int connection = 10; connection < 14; ++connection) t.decisions[connection] = {kind::worker, 2};
  t.asked.clear();
  p.remove(1);
  EXPECT_EQ(hand_over(p), "2:10 ");
  EXPECT_EQ(t.asked, "10(2:0)11(2:1)12(2:2)13(2:3)");
}

TEST(by_choice, one_that_is_retired_keeps_only_what_is_under_way) {
  table t{{{10, {kind::worker, 1}}, {11, {kind::worker, 1}}}, ""};
  by_choice p(t.function());
  p.add(1);
  p.add(2);
  p.arrived(10);
  p.arrived(11);
  EXPECT_EQ(hand_over(p), "1:10 ");
  t.decisions.clear();
  p.retire(1);
  EXPECT_FALSE(p.has(1));
  EXPECT_EQ(hand_over(p), "2:11 ");
  EXPECT_TRUE(p.answered(1, true));
  EXPECT_FALSE(p.answered(1, true)) << "it is forgotten";
}

TEST(by_choice, a_refusal_is_asked_about_again_without_the_one_who_refused) {
  table t{{{10, {kind::worker, 1}}}, ""};
  by_choice p(t.function());
  p.add(1);
  p.add(2);
  p.arrived(10);
  EXPECT_EQ(hand_over(p), "1:10 ");
  t.decisions.clear();
  p.answered(1, false);
  EXPECT_EQ(hand_over(p), "2:10 ");
  EXPECT_EQ(t.asked, "10(1:0 2:0)10(2:0)");
  EXPECT_FALSE(p.has_parked());
  p.answered(2, false);
  EXPECT_EQ(hand_over(p), "") << "all have refused";
  EXPECT_TRUE(p.has_parked());
  EXPECT_EQ(p.backlog(), 1U);
  p.retry_parked();
  EXPECT_FALSE(p.has_parked());
  EXPECT_EQ(hand_over(p), "1:10 ");
}

TEST(by_choice, one_that_is_held_is_asked_about_again_when_something_changes) {
  table t{{{10, {kind::hold}}, {11, {kind::hold}}}, ""};
  by_choice p(t.function());
  p.add(1);
  p.arrived(10);
  p.arrived(11);
  p.arrived(12);
  EXPECT_EQ(hand_over(p), "1:12 ") << "it holds up no other";
  EXPECT_EQ(p.backlog(), 2U);
  EXPECT_TRUE(p.has_parked());
  t.asked.clear();
  EXPECT_EQ(hand_over(p), "");
  EXPECT_EQ(t.asked, "") << "nothing has changed";
  p.answered(1, true);
  EXPECT_EQ(hand_over(p), "");
  EXPECT_EQ(t.asked, "10(1:0)11(1:0)");
  t.decisions.erase(10);
  p.reconsider();
  EXPECT_EQ(hand_over(p), "1:10 ");
  t.decisions.clear();
  p.add(2);
  EXPECT_EQ(hand_over(p), "2:11 ");
  EXPECT_FALSE(p.has_parked());
}

TEST(by_choice, one_that_is_refused_is_dropped) {
  table t{{{10, {kind::refuse}}}, ""};
  by_choice p(t.function());
  p.add(1);
  p.arrived(10);
  EXPECT_EQ(hand_over(p), "");
  EXPECT_EQ(p.backlog(), 0U);
  EXPECT_TRUE(p.settled());
}

TEST(by_choice, who_decides_may_make_the_worker_go) {
  by_choice* reached = nullptr;
  std::string asked;
  by_choice p([&](int connection, std::span<const by_choice::candidate> able) {
    asked += std::to_string(connection) + ' ';
    const int named = able.front().worker;
    if (named == 1) {
      reached->retire(1);
      EXPECT_EQ(hand_over(*reached), "") << "not from inside the question";
    }
    return decision{kind::worker, named};
  });
  reached = &p;
  p.add(1);
  p.add(2);
  p.arrived(10);
  p.arrived(11);
  EXPECT_EQ(hand_over(p), "2:10 ");
  EXPECT_EQ(asked, "10 10 11 ");
}

}  // namespace
