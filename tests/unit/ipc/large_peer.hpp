#pragma once

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <boost/json/parse.hpp>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "channel_peer.hpp"

/// What the tests of large messages have in common: a brood peer as bytes, and the memory it shares.
namespace channel_testing {

inline const std::string greeting = "{\"cmd\":\"NODE_BROOD\"}\n";
inline const std::string accepted = "{\"cmd\":\"NODE_HANDLE_ACK\"}\n";
inline const std::string memory =
    "{\"cmd\":\"NODE_HANDLE\",\"type\":\"net.Native\",\"msg\":{\"cmd\":\"NODE_BROOD_MEMORY\"}}\n";
inline const std::string mapped = "{\"cmd\":\"NODE_BROOD_MAPPED\"}\n";
inline const std::string unmapped = "{\"cmd\":\"NODE_BROOD_UNMAPPED\"}\n";
inline const std::string ask = "{\"cmd\":\"NODE_BROOD_ASK\"}\n";
inline const std::string room = "{\"cmd\":\"NODE_BROOD_ROOM\"}\n";
inline constexpr std::size_t head = 64UL * 1024;

/// A text in which each place can be told from its neighbours.
inline json::string text_of(std::size_t size) {
  json::string text(size, 'x');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>('a' + (i + i / 251) % 26);
  return text;
}

/// The memory as the peer of its maker sees it.
class seen_memory {
 public:
  explicit seen_memory(const unique_fd& fd) {
    struct stat about {};
    EXPECT_EQ(::fstat(fd.get(), &about), 0);
    size_ = static_cast<std::size_t>(about.st_size);
    at_ = static_cast<char*>(::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, fd.get(), 0));
    EXPECT_NE(static_cast<void*>(at_), MAP_FAILED);
  }
  seen_memory(const seen_memory&) = delete;
  seen_memory& operator=(const seen_memory&) = delete;
  ~seen_memory() { ::munmap(at_, size_); }

  char* bytes() const { return at_ + head; }
  std::size_t size() const { return size_ - head; }
  void set_read(std::uint64_t total) { std::memcpy(at_, &total, sizeof total); }
  std::uint64_t read() const {
    std::uint64_t total = 0;
    std::memcpy(&total, at_, sizeof total);
    return total;
  }

 private:
  char* at_ = nullptr;
  std::size_t size_ = 0;
};

/// What a brood program would make.
inline unique_fd memory_of(std::size_t size, int seals = F_SEAL_SHRINK | F_SEAL_GROW) {
  unique_fd fd(::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  EXPECT_EQ(::ftruncate(fd.get(), static_cast<off_t>(head + size)), 0);
  EXPECT_EQ(::fcntl(fd.get(), F_ADD_SEALS, seals), 0);
  return fd;
}

inline std::string part(std::size_t at, std::size_t size, std::string_view more = "") {
  return R"({"cmd":"NODE_BROOD_PART","at":)" + std::to_string(at) + R"(,"size":)" + std::to_string(size) +
         std::string(more) + "}\n";
}
inline constexpr std::string_view last = R"(,"last":true)";
inline constexpr std::string_view frames = R"(,"frames":true)";

class a_channel_to_a_brood_peer : public channel_with_a_raw_peer {
 protected:
  /// What the peer can read until nothing more comes.
  std::string all_there_is() {
    std::string all;
    for (;;) {
      turn();
      const std::string some = peer.read();
      if (some.empty()) return all;
      all += some;
    }
  }

  /// The channel has given its memory to the peer, which has said that it has it.
  void give_memory() {
    peer.write(greeting);
    turn();
    near.link->send(text_of(200'000));
    EXPECT_EQ(all_there_is(), json::serialize(text_of(200'000)) + "\n" + memory);
    EXPECT_EQ(peer.descriptors, 1);
    peer.write(accepted + mapped);
    turn();
    EXPECT_EQ(peer.read(), "");
  }

  /// The peer has given it memory.
  void take_memory(const unique_fd& fd) {
    peer.write(memory, {fd.get()});
    turn();
    EXPECT_EQ(peer.read(), accepted + mapped);
  }
};

/// Reads frames as a brood peer does, here and in the memory: the messages, as text, and what it answers.
class reader {
 public:
  explicit reader(const unique_fd& fd) : seen_(fd) {}

  std::vector<std::string> messages;
  std::size_t parts = 0;
  std::size_t batches = 0;
  std::size_t questions = 0;
  std::string answers;
  std::vector<std::string> others;
  std::vector<std::size_t> others_behind;  // so many messages
  struct so_far_and_more {
    std::size_t so_far;
    std::size_t more;
  };
  std::vector<so_far_and_more> told;

  void read(std::string_view lines) {
    for (std::size_t end = lines.find('\n'); end != lines.npos; end = lines.find('\n')) {
      line(lines.substr(0, end));
      lines.remove_prefix(end + 1);
    }
    EXPECT_TRUE(lines.empty()) << "frames are whole here";
  }

  seen_memory& memory() { return seen_; }

 private:
  void frames_in_memory(std::string_view bytes) {
    EXPECT_EQ(under_way_, "") << "nothing comes in between";
    ++batches;
    batch_ += bytes;
    for (std::size_t end = batch_.find('\n'); end != batch_.npos; end = batch_.find('\n')) {
      EXPECT_FALSE(batch_.starts_with(R"({"cmd":"NODE_)")) << "no notices there";
      line(batch_.substr(0, end));
      batch_.erase(0, end + 1);
    }
  }

  void line(std::string_view text) {
    if (!text.starts_with(R"({"cmd":"NODE_)")) {
      EXPECT_EQ(under_way_, "") << "nothing comes in between";
      messages.emplace_back(text);
      return;
    }
    if (text == ask.substr(0, ask.size() - 1)) {
      ++questions;
      answers += room;
      return;
    }
    if (!text.starts_with(R"({"cmd":"NODE_BROOD_PART")")) {
      others.emplace_back(text);
      others_behind.push_back(messages.size());
      return;
    }
    const json::value notice = json::parse(text);
    const auto at = notice.at("at").to_number<std::size_t>();
    const auto size = notice.at("size").to_number<std::size_t>();
    ASSERT_LE(at + size, seen_.size());
    ASSERT_EQ(at, read_ % seen_.size()) << "right behind the one before";
    if (notice.as_object().contains("frames")) {
      read_ += size;
      seen_.set_read(read_);
      return frames_in_memory({seen_.bytes() + at, size});
    }
    ++parts;
    under_way_.append(seen_.bytes() + at, size);
    const auto* more = notice.as_object().if_contains("more");
    told.push_back({under_way_.size(), more != nullptr ? more->to_number<std::size_t>() : 0});
    read_ += size;
    seen_.set_read(read_);
    if (notice.as_object().contains("last")) messages.push_back(std::exchange(under_way_, {}));
  }

  seen_memory seen_;
  std::string under_way_;
  std::string batch_;  // the beginning of a frame whose rest is around the end of the memory
  std::uint64_t read_ = 0;
};

class a_channel_with_memory : public a_channel_to_a_brood_peer {
 protected:
  /// Lets the peer read, and say what it is asked for, until nothing more comes.
  void let_read(reader& other) {
    for (std::string all = all_there_is(); !all.empty(); all = all_there_is()) {
      other.read(all);
      peer.write(std::exchange(other.answers, {}));
    }
  }
};

}  // namespace channel_testing
