// brood's side of the ipc group, parent and child in one program: ipc_brood [json|advanced [NODE_SCRIPT]]. With a
// script the child is Node, running that.
//
//     fork N      starts N children, one after the other, each until its first message has come
//     ping S      round trips for S seconds: one message there, the same back
//     flood S     messages one way for S seconds: as fast as the child can send
//     large S     round trips of a message of 10 MB for S seconds
//     sockets S   listening sockets to the child for S seconds, as fast as it takes them
//     bulk BYTES  256 MiB or more one way, in messages of so many bytes, once the first such has come; says how many
//     MiB
#include <malloc.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/json/object.hpp>
#include <brood/channel.hpp>
#include <brood/child_process.hpp>
#include <functional>
#include <limits>
#include <optional>
#include <utility>

#include "ipc_payload.hpp"
#include "line_protocol.hpp"

namespace {

namespace json = boost::json;

constexpr std::size_t large = 10'000'000;
constexpr std::int64_t burst = 1000;
constexpr std::int64_t sockets_a_report = 100;

/// What malloc has been given back it keeps: beyond 32 MiB it would have fresh memory from the kernel for each message,
/// which costs more than all else, and ten times as much where the machine itself has to ask for it.
void keep_memory() {
  mallopt(M_MMAP_MAX, 0);
  mallopt(M_TRIM_THRESHOLD, std::numeric_limits<int>::max());
}

json::object small_message(std::int64_t n) { return {{"n", 100'000 + n % 100'000}, {"text", bench::small_text}}; }

/// Sends so many texts, and goes on when the channel has room.
void send_bulk(brood::parent_channel& parent, std::int64_t count, std::shared_ptr<const json::value> text) {
  while (count > 0) {
    --count;
    if (parent.send(*text)) continue;
    return parent.async_drained([&parent, count, text](brood::error_code ec) {
      if (!ec) send_bulk(parent, count, text);
    });
  }
}

/// Echoes; on {"burst": n} sends n messages, on {"bulk": n, "size": s} n texts of s bytes. Takes sockets and closes
/// them.
int be_child() {
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  std::int64_t sockets = 0;
  parent.messages.on([&](brood::message m) {
    if (m.handle) {
      if (++sockets % sockets_a_report == 0) parent.send(sockets);
      return;
    }
    const auto* object = m.body.if_object();
    if (const auto* count = object != nullptr ? object->if_contains("burst") : nullptr) {
      json::value small = small_message(0);  // the text is not copied each time, as in JavaScript, where it is shared
      auto& n = small.at("n");
      for (std::int64_t i = 0; i < count->as_int64(); ++i) {
        n = 100'000 + i % 100'000;
        parent.send(small);
      }
    } else if (const auto* texts = object != nullptr ? object->if_contains("bulk") : nullptr) {
      const auto size = static_cast<std::size_t>(object->at("size").as_int64());
      auto text = std::make_shared<const json::value>(json::string(bench::large_text(size - bench::around_text)));
      send_bulk(parent, 1 + texts->as_int64(), std::move(text));
    } else {
      parent.send(m.body);
    }
  });
  parent.send("ready");
  loop.run();
  return 0;
}

class parent {
 public:
  parent(std::string child, brood::serialization form) : child_(std::move(child)) { options_.serialization = form; }

  std::string fork(double count) {
    long long total = 0;
    for (int i = 0; i < static_cast<int>(count); ++i) {
      const auto start = bench::clock::now();
      auto child = brood::fork(loop_, child_, {"child"}, options_);
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

  std::string sockets(double seconds) {
    auto child = brood::fork(loop_, child_, {"child"}, options_);
    const boost::asio::ip::tcp::acceptor acceptor(loop_, {boost::asio::ip::address_v4::loopback(), 0});
    std::optional<bench::clock::time_point> start;
    long long count = 0;
    long long elapsed = 0;
    const auto send_some = [&] {
      for (std::int64_t i = 0; i < sockets_a_report; ++i) child.send("take", brood::attachment::copy_of(acceptor));
    };
    child.messages.on([&](const brood::message&) {
      if (!start) {
        start = bench::clock::now();
        send_some();
        return send_some();  // some under way, some waiting: the child is never idle
      }
      count += sockets_a_report;
      elapsed = bench::ns_since(*start);
      if (static_cast<double>(elapsed) < seconds * 1e9) return send_some();
      child.disconnect();
    });
    run();
    return bench::words(count, elapsed);
  }

  std::string bulk(double bytes) {
    keep_memory();
    const auto size = static_cast<std::size_t>(bytes);
    const std::size_t count = std::max<std::size_t>(2, bench::bulk_size / size);
    auto child = brood::fork(loop_, child_, {"child"}, options_);
    std::optional<bench::clock::time_point> start;
    bool asked = false;
    std::size_t left = count;
    long long elapsed = 0;
    child.messages.on([&](const brood::message&) {
      if (!std::exchange(asked, true)) {
        child.send({{"bulk", count}, {"size", size}});
      } else if (!start) {
        start = bench::clock::now();
      } else if (--left == 0) {
        elapsed = bench::ns_since(*start);
        child.disconnect();
      }
    });
    run();
    return bench::words(static_cast<long long>(count * size / bench::mib), elapsed);
  }

  std::string flood(double seconds) {
    auto child = brood::fork(loop_, child_, {"child"}, options_);
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
    auto child = brood::fork(loop_, child_, {"child"}, options_);
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
  std::string child_;
  brood::fork_options options_;
};

}  // namespace

int main(int argc, char** argv) {
  const std::string how = argc > 1 ? argv[1] : "json";
  if (how == "child") return be_child();
  parent p(argc > 2 ? argv[2] : argv[0],
           how == "advanced" ? brood::serialization::advanced : brood::serialization::json);
  return bench::serve({{"fork", [&](double n) { return p.fork(n); }},
                       {"ping", [&](double s) { return p.ping(s); }},
                       {"flood", [&](double s) { return p.flood(s); }},
                       {"large", [&](double s) { return p.large(s); }},
                       {"sockets", [&](double s) { return p.sockets(s); }},
                       {"bulk", [&](double s) { return p.bulk(s); }}});
}
