// brood's side of the ipc group, parent and child in one program.
//
//     fork N      starts N children, one after the other, each until its first message has come
//     ping S      round trips for S seconds: one message there, the same back
//     flood S     messages one way for S seconds: as fast as the child can send
//     large S     round trips of a message of 10 MB for S seconds
#include <boost/asio/io_context.hpp>
#include <boost/json/object.hpp>
#include <brood/channel.hpp>
#include <brood/child_process.hpp>
#include <optional>

#include "ipc_payload.hpp"
#include "line_protocol.hpp"

namespace {

namespace json = boost::json;

constexpr std::size_t large = 10'000'000;
constexpr std::int64_t burst = 1000;

json::object small_message(std::int64_t n) { return {{"n", 100'000 + n % 100'000}, {"text", bench::small_text}}; }

/// Echoes; on {"burst": n} sends n messages.
int be_child() {
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  parent.messages.on([&](brood::message m) {
    const auto* object = m.body.if_object();
    const auto* count = object != nullptr ? object->if_contains("burst") : nullptr;
    if (count == nullptr) return static_cast<void>(parent.send(std::move(m.body)));
    for (std::int64_t i = 0; i < count->as_int64(); ++i) parent.send(small_message(i));
  });
  parent.send("ready");
  loop.run();
  return 0;
}

class parent {
 public:
  explicit parent(std::string self, brood::serialization form) : self_(std::move(self)) {
    options_.serialization = form;
  }

  std::string fork(double count) {
    long long total = 0;
    for (int i = 0; i < static_cast<int>(count); ++i) {
      const auto start = bench::clock::now();
      auto child = brood::fork(loop_, self_, {"child"}, options_);
      child.messages.on([&](const brood::message&) {
        total += bench::ns_since(start);
        child.disconnect();
      });
      run();
    }
    return bench::words(static_cast<long long>(count), total);
  }

  std::string ping(double seconds) { return there_and_back(seconds, small_message(0)); }
  std::string large(double seconds) { return there_and_back(seconds, json::string(bench::large_text(::large))); }

  std::string flood(double seconds) {
    auto child = brood::fork(loop_, self_, {"child"}, options_);
    std::optional<bench::clock::time_point> start;
    long long count = 0;
    long long elapsed = 0;
    std::int64_t asked = 0;
    const auto ask = [&] {
      child.send({{"burst", burst}});
      asked += burst;
    };
    child.messages.on([&](const brood::message&) {
      if (!start) {
        start = bench::clock::now();
        ask();
        return ask();  // one under way, one waiting: the child is never idle
      }
      ++count;
      if (count % burst != 0) return;
      elapsed = bench::ns_since(*start);
      if (static_cast<double>(elapsed) < seconds * 1e9) return ask();
      if (count == asked) child.disconnect();
    });
    run();
    return bench::words(count, elapsed);
  }

 private:
  std::string there_and_back(double seconds, const json::value& what) {
    auto child = brood::fork(loop_, self_, {"child"}, options_);
    std::optional<bench::clock::time_point> start;
    long long count = 0;
    long long elapsed = 0;
    child.messages.on([&](const brood::message&) {
      if (!start) {
        start = bench::clock::now();
      } else {
        ++count;
        elapsed = bench::ns_since(*start);
        if (static_cast<double>(elapsed) >= seconds * 1e9) return child.disconnect();
      }
      child.send(what);
    });
    run();
    return bench::words(count, elapsed);
  }

  void run() {
    loop_.run();
    loop_.restart();
  }

  boost::asio::io_context loop_{1};
  std::string self_;
  brood::fork_options options_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "json";
  if (how == "child") return be_child();
  parent p(argv[0], how == "advanced" ? brood::serialization::advanced : brood::serialization::json);
  return bench::serve({{"fork", [&](double n) { return p.fork(n); }},
                       {"ping", [&](double s) { return p.ping(s); }},
                       {"flood", [&](double s) { return p.flood(s); }},
                       {"large", [&](double s) { return p.large(s); }}});
}
