// The snippets of docs/channel.md, one after the other. The child of all of them is this program itself.
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/connect.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/experimental/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/json/serialize.hpp>
#include <brood/channel.hpp>
#include <brood/child_process.hpp>
#include <brood/js.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <iostream>
#include <string_view>

namespace {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::ip::tcp;
using brood::error_code;
using namespace std::chrono_literals;

const std::string self = std::filesystem::read_symlink("/proc/self/exe");

// ---- the child

int be_child() {
  asio::io_context loop{1};
  brood::parent_channel parent{loop};
  parent.messages.on([&](brood::message m) {
    if (m.handle.type() == brood::attachment::kind::server) {
      auto acceptor = m.handle.take_as<tcp::acceptor>(loop);
      asio::write(*std::make_unique<tcp::socket>(acceptor.accept()), asio::buffer("hello from the child\n", 21));
      return parent.disconnect();
    }
    if (m.body == "bye") return parent.disconnect();
    parent.send(m.content());
  });
  parent.requests.on([](brood::request r) {
    const auto* numbers = r.body().as_object().if_contains("add");
    if (numbers == nullptr) return static_cast<void>(r.fail("no such request"));
    std::int64_t sum = 0;
    for (const auto& n : numbers->as_array()) sum += n.as_int64();
    r.answer(sum);
  });
  loop.run();
  return 0;
}

// ---- the parent

void talk() {
  asio::io_context loop{1};
  auto child = brood::fork(loop, self, {"child"});
  child.messages.on([&](const brood::message& m) {
    std::cout << "the child says " << json::serialize(m.body) << '\n';
    child.disconnect();
  });
  child.disconnected.on([](error_code ec) { std::cout << "closed" << (ec ? ": " + ec.message() : "") << '\n'; });
  child.send({{"question", "how many?"}, {"list", {1, 2, 3}}});
  loop.run();
}

void send_values() {
  asio::io_context loop{1};
  auto child = brood::fork(loop, self, {"child"}, {.serialization = brood::serialization::advanced});
  child.messages.on([&](const brood::message& m) {
    const brood::value all = m.content();
    const auto* names = all.get_if<brood::js::set>();
    std::cout << "a set of " << (names != nullptr ? names->entries.size() : 0) << '\n';
    child.disconnect();
  });
  child.send(brood::js::set{"one", "two"});
  loop.run();
}

void ask() {
  asio::io_context loop{1};
  auto child = brood::fork(loop, self, {"child"});
  child.async_request({{"add", {40, 2}}}, 5s, [&](error_code ec, const brood::message& answer) {
    if (ec == brood::errc::request_failed) std::cout << "the child cannot: " << answer.body.as_string().c_str() << '\n';
    if (!ec) std::cout << "the sum is " << answer.body << '\n';
    child.disconnect();
  });
  loop.run();
}

void send_server() {
  asio::io_context loop{1};
  auto child = brood::fork(loop, self, {"child"});
  tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
  const auto where = acceptor.local_endpoint();
  child.async_send_handle("serve", brood::attachment::of(std::move(acceptor)),
                          [&](error_code ec) { std::cout << (ec ? ec.message() : "the child has it") << '\n'; });
  auto client = std::make_shared<tcp::socket>(loop);
  client->async_connect(where, [client](error_code) {
    auto text = std::make_shared<std::string>(21, ' ');
    asio::async_read(*client, asio::buffer(*text), [client, text](error_code, std::size_t) { std::cout << *text; });
  });
  loop.run();
}

void send_much() {
  asio::io_context loop{1};
  auto child = brood::fork(loop, self, {"child"});
  int left = 1000;
  int echoed = 0;
  child.messages.on([&](const brood::message&) {
    if (++echoed == 1000) child.disconnect();
  });
  std::function<void()> fill = [&] {
    while (left > 0) {
      --left;
      if (child.send({{"n", left}, {"text", std::string(1000, 'x')}})) continue;
      return child.async_drained([&](error_code ec) {
        if (!ec) fill();
      });
    }
  };
  fill();
  loop.run();
  std::cout << echoed << " messages there and back\n";
}

asio::awaitable<void> ask_for_too_much(brood::child_process& child) {
  const json::value question = {{"divide", {1, 0}}};
  auto [ec, answer] = co_await child.async_request(question, 5s, asio::experimental::as_tuple(asio::use_awaitable));
  if (ec == brood::errc::request_failed) std::cout << "the child cannot: " << answer.body.as_string().c_str() << '\n';
  child.disconnect();
}

asio::awaitable<void> converse(brood::child_process& child) {
  const json::value question = {{"n", 1}};
  co_await child.async_send(question);
  while (auto answer = co_await child.messages.async_next()) {
    std::cout << "a coroutine read " << json::serialize(answer->body) << '\n';
    child.disconnect();
  }
}

void in_a_coroutine(asio::awaitable<void> (*work)(brood::child_process&)) {
  asio::io_context loop{1};
  auto child = brood::fork(loop, self, {"child"});
  asio::co_spawn(loop, work(child), asio::detached);
  loop.run();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1 && argv[1] == std::string_view("child")) return be_child();
  talk();
  send_values();
  ask();
  send_server();
  send_much();
  in_a_coroutine(ask_for_too_much);
  in_a_coroutine(converse);
}
