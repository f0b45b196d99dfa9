#include <cstdlib>
#include <new>

#include "support/apart.hpp"
#include "unit/ipc/large_peer.hpp"

// The Nth allocation of two brood peers that send each other large messages, or many, fails, for many an N until all
// pass.

namespace {

std::size_t allocations_until_fault = 0;  // 0: none will fail
bool fault_was_struck = false;

void* allocate(std::size_t size) {
  if (allocations_until_fault != 0 && --allocations_until_fault == 0) {
    fault_was_struck = true;
    throw std::bad_alloc();
  }
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace {

using namespace channel_testing;

class without_an_allocation : public testing::TestWithParam<brood::serialization> {
 protected:
  struct two_sides {
    explicit two_sides(brood::serialization form) {
      int ends[2];
      EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
      near = std::make_unique<listener>(io, ends[0], brood::detail::ipc::channel_limits{}, form);
      far = std::make_unique<listener>(io, ends[1], brood::detail::ipc::channel_limits{}, form);
      far->heard.reserve(10);
      // What the program itself has no memory for is not our matter.
      far->on_body = [this](const json::value&) { left = std::exchange(allocations_until_fault, 0); };
      far->on_message = [this] { allocations_until_fault = left; };
      far->link->greet();
      settle();
    }

    /// Lets everything happen that can.
    void settle() {
      for (std::size_t handlers = 1; handlers != 0;) {
        io.restart();
        try {
          handlers = io.poll();
        } catch (const std::bad_alloc&) {}
      }
    }

    bool is_closed() const { return near->closed || far->closed; }

    asio::io_context io{1};
    std::unique_ptr<listener> near;
    std::unique_ptr<listener> far;
    std::size_t left = 0;
  };

  /// Which were sent, as far as send() did not say that they were not; the Nth allocation of it fails, or of what comes
  /// of it.
  std::vector<std::size_t> send(two_sides& both, const std::vector<json::value>& messages, std::size_t n) {
    std::vector<std::size_t> sent;
    sent.reserve(messages.size());
    fault_was_struck = false;
    allocations_until_fault = n;
    for (std::size_t i = 0; i < messages.size(); ++i) {
      try {
        both.near->link->send(messages[i]);
        sent.push_back(i);
      } catch (const std::bad_alloc&) {}
    }
    both.settle();
    allocations_until_fault = 0;
    both.settle();
    return sent;
  }

  /// Each message is whole, none is missing, and whoever has something to wait for gets it or hears that it will not.
  template <class Prepare>
  void try_each(const std::vector<json::value>& messages, Prepare prepare) {
    std::vector<std::string> texts;
    for (const auto& message : messages) texts.push_back(json::serialize(message));
    std::size_t faults = 0;
    bool struck = true;
    for (std::size_t n = 1; struck; n += 1 + n / static_cast<std::size_t>(brood_test::load(40, 1000, 20))) {
      two_sides both(GetParam());
      prepare(both);
      const auto sent = send(both, messages, n);
      struck = fault_was_struck;
      faults += struck ? 1 : 0;
      const auto& heard = both.far->heard;
      ASSERT_LE(heard.size(), sent.size()) << "allocation " << n;
      for (std::size_t i = 0; i < heard.size(); ++i)
        ASSERT_TRUE(heard[i] == texts[sent[i]]) << "allocation " << n << ": " << i;
      if (!both.is_closed()) {
        ASSERT_EQ(heard.size(), sent.size()) << "allocation " << n << ": something waits for ever";
      }
      both.near->link->disconnect();
      both.far->link->disconnect();
      both.settle();
      ASSERT_TRUE(both.near->closed && both.far->closed) << "allocation " << n;
    }
    EXPECT_GT(faults, 40U);
  }
};

TEST_P(without_an_allocation, large_messages_arrive_or_the_channel_is_closed) {
  try_each({text_of(1'200'000), "small", text_of(5'000'000), text_of(40'000), "last"}, [](two_sides&) {});
}

TEST_P(without_an_allocation, many_messages_arrive_or_the_channel_is_closed) {
  std::vector<json::value> messages;
  for (int n = 0; n < 1500; ++n) messages.push_back({{"n", n}, {"text", text_of(100)}});
  try_each(messages, [](two_sides& both) {
    both.near->link->send(text_of(200'000));  // there is memory for them
    both.settle();
    both.far->heard.clear();
  });
}

INSTANTIATE_TEST_SUITE_P(in, without_an_allocation,
                         testing::Values(brood::serialization::json, brood::serialization::advanced),
                         [](const auto& tested) {
                           return tested.param == brood::serialization::json ? "json" : "advanced";
                         });

}  // namespace
