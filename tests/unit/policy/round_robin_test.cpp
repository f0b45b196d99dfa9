#include "policy/round_robin.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>

namespace {

using round_robin = brood::detail::policy::round_robin<int>;  // connections are numbers

/// Hands over all that can be and tells what went where: "worker:connection ".
std::string hand_over(round_robin& p) {
  std::string text;
  while (auto next = p.next()) text += std::to_string(next->worker) + ':' + std::to_string(next->connection) + ' ';
  return text;
}

TEST(round_robin, gives_each_worker_in_turn_the_oldest_connection) {
  round_robin p;
  for (int worker : {1, 2, 3}) p.add(worker);
  for (int connection = 10; connection < 15; ++connection) p.arrived(connection);
  EXPECT_EQ(hand_over(p), "1:10 2:11 3:12 ") << "one under way to a worker at most";
  EXPECT_EQ(p.backlog(), 2U);
  EXPECT_TRUE(p.answered(2, true));
  EXPECT_EQ(hand_over(p), "2:13 ");
  EXPECT_TRUE(p.answered(1, true));
  EXPECT_EQ(hand_over(p), "1:14 ");
  EXPECT_EQ(p.backlog(), 0U);
}

TEST(round_robin, is_exactly_even_when_workers_keep_up) {
  round_robin p;
  std::map<int, int> shares;
  for (int worker = 1; worker <= 8; ++worker) p.add(worker);
  for (int connection = 0; connection < 8000; ++connection) {
    p.arrived(connection);
    while (auto next = p.next()) {
      ++shares[next->worker];
      p.answered(next->worker, true);
    }
  }
  for (const auto& [worker, count] : shares) EXPECT_EQ(count, 1000) << worker;
}

TEST(round_robin, keeps_connections_while_there_is_no_worker) {
  round_robin p;
  p.arrived(1);
  p.arrived(2);
  EXPECT_EQ(hand_over(p), "");
  p.add(7);
  EXPECT_EQ(hand_over(p), "7:1 ");
}

TEST(round_robin, is_settled_when_all_is_taken_or_nobody_is_left) {
  round_robin p;
  EXPECT_TRUE(p.settled());
  p.add(1);
  p.arrived(1);
  EXPECT_FALSE(p.settled()) << "one waits";
  hand_over(p);
  EXPECT_FALSE(p.settled()) << "one is on its way";
  p.answered(1, false);
  EXPECT_FALSE(p.settled()) << "refused by all, it is still there";
  p.retire(1);
  EXPECT_TRUE(p.settled()) << "nobody is left to take it";
}

TEST(round_robin, lets_nobody_take_the_turns_of_those_who_answer_later) {
  round_robin p;
  std::map<int, int> shares;
  for (int worker = 1; worker <= 4; ++worker) p.add(worker);
  for (int connection = 0; connection < 4000; ++connection) p.arrived(connection);
  // Worker 1 answers at once, 4 only when nothing else moves.
  std::set<int> busy;
  while (p.backlog() != 0 || !busy.empty()) {
    while (auto next = p.next()) {
      ++shares[next->worker];
      busy.insert(next->worker);
    }
    const int first = *busy.begin();
    busy.erase(first);
    p.answered(first, true);
  }
  for (const auto& [worker, count] : shares) EXPECT_NEAR(count, 1000, round_robin::max_lead) << worker;
}

TEST(round_robin, goes_on_without_one_that_does_not_answer) {
  round_robin p;
  p.add(1);
  p.add(2);
  for (int connection = 0; connection < 400; ++connection) p.arrived(connection);
  std::map<int, int> shares;
  const auto serve_all_but_1 = [&] {
    while (auto next = p.next()) {
      ++shares[next->worker];
      if (next->worker != 1) p.answered(next->worker, true);
    }
  };
  serve_all_but_1();
  EXPECT_TRUE(p.held_up());
  EXPECT_LE(shares[2], 1 + static_cast<int>(round_robin::max_lead));
  p.excuse_slow();
  serve_all_but_1();
  EXPECT_FALSE(p.held_up());
  EXPECT_EQ(shares[1] + shares[2], 400);
  // Back again, it makes up for some of what it missed, and then both take their turns.
  p.answered(1, true);
  std::string order;
  for (int connection = 0; connection < 100; ++connection) {
    p.arrived(connection);
    while (auto next = p.next()) {
      order += std::to_string(next->worker);
      p.answered(next->worker, true);
    }
  }
  EXPECT_EQ(order.substr(0, 60), std::string(60, '1'));
  EXPECT_EQ(std::count(order.begin() + 80, order.end(), '1'), 10);
}

TEST(round_robin, knows_a_worker_once) {
  round_robin p;
  p.add(1);
  p.add(1);
  p.arrived(1);
  p.arrived(2);
  EXPECT_EQ(hand_over(p), "1:1 ");
  EXPECT_TRUE(p.has(1));
  EXPECT_FALSE(p.has(2));
}

TEST(round_robin, gives_a_refused_connection_to_the_next) {
  round_robin p;
  p.add(1);
  p.add(2);
  p.arrived(1);
  EXPECT_EQ(hand_over(p), "1:1 ");
  p.answered(1, false);
  EXPECT_EQ(hand_over(p), "2:1 ");
}

TEST(round_robin, parks_what_all_have_refused_until_it_is_to_be_tried_again) {
  round_robin p;
  p.add(1);
  p.add(2);
  p.arrived(1);
  for (int i = 0; i < 2; ++i) {
    const auto next = p.next();
    ASSERT_TRUE(next);
    p.answered(next->worker, false);
  }
  EXPECT_EQ(hand_over(p), "") << "it would go round and round";
  EXPECT_TRUE(p.has_parked());
  EXPECT_EQ(p.backlog(), 1U);
  p.retry_parked();
  EXPECT_FALSE(p.has_parked());
  EXPECT_EQ(hand_over(p), "1:1 ");
}

TEST(round_robin, ignores_an_answer_that_nobody_waits_for) {
  round_robin p;
  EXPECT_FALSE(p.answered(1, true));
  p.add(1);
  EXPECT_FALSE(p.answered(1, false));
  p.arrived(1);
  EXPECT_EQ(hand_over(p), "1:1 ");
  EXPECT_TRUE(p.answered(1, true));
  EXPECT_FALSE(p.answered(1, true));
}

TEST(round_robin, gives_what_a_lost_worker_had_not_taken_to_the_next_first) {
  round_robin p;
  p.add(1);
  p.arrived(1);
  p.arrived(2);
  EXPECT_EQ(hand_over(p), "1:1 ");
  p.remove(1);
  p.remove(1);
  EXPECT_FALSE(p.answered(1, true));
  p.add(2);
  EXPECT_EQ(hand_over(p), "2:1 ") << "it is the oldest";
}

TEST(round_robin, gives_a_retired_worker_no_more_and_leaves_it_what_is_on_its_way) {
  round_robin p;
  p.add(1);
  p.add(2);
  p.arrived(1);
  EXPECT_EQ(hand_over(p), "1:1 ");
  p.retire(1);
  p.retire(2);
  p.retire(3);
  EXPECT_FALSE(p.has(1));
  EXPECT_FALSE(p.has(2));
  p.arrived(2);
  EXPECT_EQ(hand_over(p), "");
  p.answered(1, true);
  EXPECT_EQ(p.backlog(), 1U) << "the first was taken, the second waits";
}

TEST(round_robin, gives_what_a_retired_worker_refuses_to_the_next) {
  round_robin p;
  p.add(1);
  p.add(2);
  p.arrived(1);
  EXPECT_EQ(hand_over(p), "1:1 ");
  p.retire(1);
  p.answered(1, false);
  p.retry_parked();
  EXPECT_EQ(hand_over(p), "2:1 ");
}

TEST(round_robin, takes_a_retired_worker_back_though_it_still_owes_an_answer) {
  // A worker that closes its server and listens again at once, with a connection on its way to it.
  round_robin p;
  p.add(1);
  p.arrived(1);
  EXPECT_EQ(hand_over(p), "1:1 ");
  p.retire(1);
  EXPECT_FALSE(p.has(1));
  p.add(1);
  EXPECT_TRUE(p.has(1));
  p.arrived(2);
  EXPECT_EQ(hand_over(p), "") << "one under way at most";
  p.answered(1, false);
  p.retry_parked();
  EXPECT_EQ(hand_over(p), "1:2 ");
  p.answered(1, true);
  EXPECT_EQ(hand_over(p), "1:1 ");
}

/// Whatever happens to the workers: each connection is at one place, and taken once.
TEST(round_robin, loses_and_doubles_no_connection_in_any_sequence) {
  for (unsigned seed = 1; seed <= 200; ++seed) {
    std::mt19937 random(seed);
    const auto pick = [&](unsigned below) { return static_cast<int>(random() % below); };
    round_robin p;
    std::map<int, int> under_way;  // by worker
    std::set<int> taken;
    int arrived = 0;
    const auto step = [&](int what, int worker) {
      switch (what) {
        case 0:
        case 1: p.arrived(arrived++); break;
        case 2: p.add(worker); break;
        case 3: p.retire(worker); break;
        case 4:
          p.remove(worker);
          under_way.erase(worker);
          break;
        case 5: p.retry_parked(); break;
        default: {
          const auto found = under_way.find(worker);
          const bool accepted = pick(3) != 0;
          EXPECT_EQ(p.answered(worker, accepted), found != under_way.end()) << "seed " << seed;
          if (found == under_way.end()) break;
          if (accepted) {
            EXPECT_TRUE(taken.insert(found->second).second) << "taken twice, seed " << seed;
          }
          under_way.erase(found);
        }
      }
      while (auto next = p.next()) {
        EXPECT_FALSE(taken.contains(next->connection)) << "given away though taken, seed " << seed;
        EXPECT_TRUE(under_way.emplace(next->worker, next->connection).second) << "two under way, seed " << seed;
      }
      EXPECT_EQ(p.backlog() + under_way.size() + taken.size(), static_cast<std::size_t>(arrived)) << "seed " << seed;
    };
    for (int i = 0; i < 500; ++i) step(pick(12), 1 + pick(5));
    // In the end one willing worker takes all that is left.
    for (int worker = 1; worker <= 5; ++worker) step(4, worker);
    p.add(9);
    p.retry_parked();
    while (auto next = p.next()) {
      EXPECT_TRUE(taken.insert(next->connection).second);
      p.answered(9, true);
    }
    EXPECT_EQ(taken.size(), static_cast<std::size_t>(arrived)) << "seed " << seed;
  }
}

}  // namespace
