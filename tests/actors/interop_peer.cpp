// One end of a channel, for tests/interop/run.py: the same conversation as in peer.cjs beside it, which describes it.
#include <unistd.h>
#include <boost/asio/basic_socket_acceptor.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/udp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <brood/channel.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>

#include <csignal>
#include <functional>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "interop_values.hpp"

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
namespace js = brood::js;
using asio::use_awaitable;
using asio::ip::tcp;
using asio::ip::udp;
using brood::attachment;
using brood::value;
using interop::named;
using unix_stream = asio::local::stream_protocol;
using any_acceptor = asio::basic_socket_acceptor<asio::generic::stream_protocol>;
using kind = attachment::kind;

void tell(const json::value& what) { std::cout << json::serialize(what) << std::endl; }

std::string answer_of(pid_t pid) { return "pid " + std::to_string(pid) + ";"; }

// ---- the conversation

value note(std::string_view op, std::string_view what = {}) {
  js::object all{{"op", op}};
  if (!what.empty()) all.add("kind", what);
  return all;
}

value answer_note(const std::string& why) {
  return js::object{{"op", "answer"}, {"why", why.empty() ? value(nullptr) : value(why)}};
}

class peer {
 public:
  struct ends {
    std::function<bool(value, attachment)> send;
    std::function<void()> disconnect;
    pid_t other;
  };

  peer(asio::io_context& loop, std::string who, ends channel, bool advanced)
      : loop_(loop), who_(std::move(who)), channel_(std::move(channel)), advanced_(advanced), answered_(loop) {}

  void received(brood::message m);
  asio::awaitable<value> ask(value question, attachment handle = {});
  asio::awaitable<void> give(std::string what);
  void at(const std::string& where) const { tell({{"at", who_ + ": " + where}}); }
  /// Nothing more will come: whoever waits for an answer gets none.
  void gone(const std::string& why);

 private:
  asio::awaitable<void> give_messages(std::vector<named> all);
  template <class Protocol>
  asio::awaitable<void> give_stream(std::string what, typename Protocol::endpoint where, kind type);
  template <class Protocol>
  asio::awaitable<void> give_server(std::string what, typename Protocol::endpoint where);
  asio::awaitable<void> give_datagram(std::string what);
  asio::awaitable<void> hand_over(std::string what, kind type, int fd);
  void verify(const std::string& text) const;

  void take(const std::string& what, attachment handle);
  static asio::awaitable<void> answer(asio::posix::stream_descriptor stream);
  static asio::awaitable<void> answer_one(any_acceptor server);
  static asio::awaitable<void> answer_one(udp::socket socket);

  asio::io_context& loop_;
  std::string who_;
  ends channel_;
  bool advanced_;
  asio::steady_timer answered_;
  std::optional<value> answer_;
  std::string gone_;
};

/// What a coroutine throws when it is on its own.
void report(const std::exception_ptr& failure) try {
  if (failure) std::rethrow_exception(failure);
} catch (const std::exception& error) {
  std::cerr << "interop_peer: " << error.what() << std::endl;
}

void peer::received(brood::message m) {
  value all = m.content();
  const value* op = all.find("op");
  const auto* what = all.find("kind") != nullptr ? all.find("kind")->get_if<std::string>() : nullptr;
  if (op == nullptr) return;
  if (*op == "answer") {
    answer_ = std::move(all);
    answered_.cancel();
  } else if (*op == "bye") {
    channel_.disconnect();
  } else if (*op == "echo") {
    js::object reply{{"op", "answer"}, {"why", nullptr}, {"value", *all.find("value")}};
    channel_.send(std::move(reply), {});
  } else if (*op == "give" && what != nullptr) {
    advanced_ = *all.find("serialization") == "advanced";
    asio::co_spawn(loop_, give(*what), [this](const std::exception_ptr& failure) {
      std::string why;
      try {
        if (failure) std::rethrow_exception(failure);
      } catch (const std::exception& error) {
        why = error.what();
      }
      channel_.send(answer_note(why), {});
    });
  } else if (*op == "take" && what != nullptr) {
    std::string why;
    try {
      take(*what, std::move(m.handle));
    } catch (const std::exception& error) {
      why = error.what();
    }
    channel_.send(answer_note(why), {});
  }
}

asio::awaitable<value> peer::ask(value question, attachment handle) {
  answer_.reset();
  answered_.expires_at(asio::steady_timer::time_point::max());
  channel_.send(std::move(question), std::move(handle));
  while (!answer_) {
    if (!gone_.empty()) throw std::runtime_error(gone_);
    brood::error_code cancelled;
    co_await answered_.async_wait(asio::redirect_error(use_awaitable, cancelled));
  }
  value answer = std::move(*answer_);
  const value* why = answer.find("why");
  const auto* text = why != nullptr ? why->get_if<std::string>() : nullptr;
  if (text != nullptr) throw std::runtime_error(*text);
  co_return answer;
}

void peer::gone(const std::string& why) {
  gone_ = why;
  answered_.cancel();
}

// ---- what is given

asio::awaitable<void> peer::give_messages(std::vector<named> all) {
  std::string wrong;
  for (const named& one : all) {
    at("waiting for the echo of " + one.name);
    js::object question{{"op", "echo"}, {"value", one.content}};
    const value answer = co_await ask(std::move(question));
    const value* seen = answer.find("value");
    if (seen == nullptr || !interop::same(one, *seen)) wrong += (wrong.empty() ? "" : ", ") + one.name;
  }
  if (!wrong.empty()) throw std::runtime_error("came back changed: " + wrong);
}

asio::awaitable<void> peer::hand_over(std::string what, kind type, int fd) {
  at("waiting for the " + what + " to be taken");
  attachment handle(type, brood::unique_fd(fd));
  co_await ask(note("take", what), std::move(handle));
  at("waiting for an answer on the " + what);
}

void peer::verify(const std::string& text) const {
  const std::string expected = answer_of(channel_.other);
  if (text != expected) throw std::runtime_error("the answer is '" + text + "', not '" + expected + "'");
}

template <class Stream>
asio::awaitable<std::string> read_all(Stream& stream) {
  std::string text;
  brood::error_code end;
  co_await asio::async_read(stream, asio::dynamic_buffer(text), asio::redirect_error(use_awaitable, end));
  co_return text;
}

template <class Protocol>
asio::awaitable<void> peer::give_stream(std::string what, typename Protocol::endpoint where, kind type) {
  typename Protocol::acceptor acceptor{loop_, where};
  typename Protocol::socket client{loop_};
  client.connect(acceptor.local_endpoint());
  auto given = acceptor.accept();
  co_await hand_over(what, type, given.release());
  const std::string text = co_await read_all(client);
  verify(text);
}

template <class Protocol>
asio::awaitable<void> peer::give_server(std::string what, typename Protocol::endpoint where) {
  typename Protocol::acceptor acceptor{loop_, where};
  const auto local = acceptor.local_endpoint();
  co_await hand_over(what, kind::server, acceptor.release());
  typename Protocol::socket client{loop_};
  client.connect(local);
  asio::write(client, asio::buffer("who?", 4));
  const std::string text = co_await read_all(client);
  verify(text);
}

asio::awaitable<void> peer::give_datagram(std::string what) {
  const udp::endpoint any{asio::ip::address_v4::loopback(), 0};
  udp::socket given{loop_, any};
  const auto local = given.local_endpoint();
  co_await hand_over(what, kind::datagram, given.release());
  udp::socket client{loop_, any};
  client.send_to(asio::buffer("who?", 4), local);
  std::string text(100, '\0');
  text.resize(co_await client.async_receive(asio::buffer(text), use_awaitable));
  verify(text);
}

asio::awaitable<void> peer::give(std::string what) {
  const tcp::endpoint somewhere{asio::ip::address_v4::loopback(), 0};
  const unix_stream::endpoint here{"socket." + std::to_string(::getpid())};
  if (what == "message") return give_messages(interop::values(advanced_));
  if (what == "Error, cause") return give_messages(interop::error_with_cause());
  if (what == "net.Socket") return give_stream<tcp>(what, somewhere, kind::socket);
  if (what == "net.Server") return give_server<tcp>(what, somewhere);
  if (what == "dgram") return give_datagram(what);
  if (what == "Unix socket") return give_stream<unix_stream>(what, here, kind::socket);
  if (what == "Unix server") return give_server<unix_stream>(what, here);
  if (what == "native TCP") return give_stream<tcp>(what, somewhere, kind::native);
  if (what == "native pipe") return give_stream<unix_stream>(what, here, kind::native);
  throw std::runtime_error("there is no kind " + what);
}

// ---- what is taken

asio::awaitable<void> peer::answer(asio::posix::stream_descriptor stream) {
  const std::string text = answer_of(::getpid());
  co_await asio::async_write(stream, asio::buffer(text), use_awaitable);
}

asio::awaitable<void> peer::answer_one(any_acceptor server) {
  auto client = co_await server.async_accept(use_awaitable);
  char question[16];
  co_await client.async_receive(asio::buffer(question), use_awaitable);
  asio::posix::stream_descriptor stream{server.get_executor(), client.release()};
  co_await answer(std::move(stream));
}

asio::awaitable<void> peer::answer_one(udp::socket socket) {
  udp::endpoint from;
  co_await socket.async_receive_from(asio::mutable_buffer(), from, use_awaitable);
  const std::string text = answer_of(::getpid());
  co_await socket.async_send_to(asio::buffer(text), from, use_awaitable);
}

void peer::take(const std::string& what, attachment handle) {
  kind expected = kind::native;
  if (what.ends_with("ocket")) expected = kind::socket;
  if (what.ends_with("erver")) expected = kind::server;
  if (what == "dgram") expected = kind::datagram;
  if (!handle) throw std::runtime_error("came as nothing");
  if (handle.type() != expected) {
    throw std::runtime_error("came as kind " + std::to_string(static_cast<int>(handle.type())));
  }
  const int fd = handle.release().release();
  if (expected == kind::server) {
    asio::co_spawn(loop_, answer_one(any_acceptor{loop_, {AF_UNSPEC, 0}, fd}), report);
  } else if (expected == kind::datagram) {
    asio::co_spawn(loop_, answer_one(udp::socket{loop_, udp::v4(), fd}), report);
  } else {
    asio::co_spawn(loop_, answer(asio::posix::stream_descriptor{loop_, fd}), report);
  }
}

// ---- the two roles

int run_child() {
  asio::io_context loop{1};
  brood::parent_channel parent{loop};
  peer self{loop,
            "child",
            {[&](value v, attachment a) { return parent.send(std::move(v), std::move(a)); },
             [&] { parent.disconnect(); }, ::getppid()},
            false};
  parent.messages.on([&](brood::message m) { self.received(std::move(m)); });
  parent.disconnected.on([&](const brood::error_code&) { loop.stop(); });
  loop.run();
  return 0;
}

struct task {
  std::string what;
  bool advanced;
  std::string directions;
};

asio::awaitable<void> go(peer& self, std::string direction, const task& t) {
  if (direction == "down") {
    co_await self.give(t.what);
  } else {
    js::object question{{"op", "give"}, {"kind", t.what}, {"serialization", t.advanced ? "advanced" : "json"}};
    co_await self.ask(std::move(question));
  }
}

asio::awaitable<void> go_all_ways(peer& self, brood::child_process& child, const task& t) {
  for (const std::string direction : {"down", "up"}) {
    if (t.directions.find(direction) == std::string::npos) continue;
    json::value why = nullptr;
    try {
      co_await go(self, direction, t);
    } catch (const std::exception& error) {
      why = error.what();
    }
    tell({{"direction", direction}, {"why", why}});
  }
  self.at("waiting for the end of the child");
  child.send(note("bye"));
}

int run_parent(const task& t, const std::string& program, brood::arguments args) {
  asio::io_context loop{1};
  brood::fork_options options;
  options.serialization = t.advanced ? brood::serialization::advanced : brood::serialization::json;
  auto child = brood::fork(loop, program, std::move(args), options);
  peer self{loop,
            "parent",
            {[&](value v, attachment a) { return child.send(std::move(v), std::move(a)); }, [&] { child.disconnect(); },
             child.pid()},
            t.advanced};
  child.messages.on([&](brood::message m) { self.received(std::move(m)); });
  child.disconnected.on([&](const brood::error_code& ec) {
    if (ec) self.gone("the channel closed: " + ec.message());  // else the child is about to end: that tells more
  });
  child.exited.on([&](const brood::exit_status& status) {
    self.gone("the child ended: " + to_string(status));
    tell({{"end", to_string(status)}});
  });
  asio::co_spawn(loop, go_all_ways(self, child, t), report);
  loop.run();
  return 0;
}

}  // namespace

int main(int argc, char** argv) try {
  std::signal(SIGPIPE, SIG_IGN);
  const std::vector<std::string> words(argv + 1, argv + argc);
  if (words.size() == 1 && words[0] == "child") return run_child();
  if (words.size() < 5 || words[0] != "parent") {
    std::cerr << "usage: interop_peer child | parent KIND SERIALIZATION DIRECTIONS PROGRAM ARGUMENTS...\n";
    return 2;
  }
  return run_parent({words[1], words[2] == "advanced", words[3]}, words[4], {words.begin() + 5, words.end()});
} catch (const std::exception& error) {
  std::cerr << "interop_peer: " << error.what() << std::endl;
  return 1;
}
