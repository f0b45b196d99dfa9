// Answers the requests of its parent: {"add": [..]} with the sum, {"fail": text} with an error, {"ask": request} with
// what the parent answers to that request. {"drop": ..} is dropped, {"keep": ..} is kept for ever.
#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <brood/channel.hpp>
#include <memory>
#include <vector>

int main() {
  boost::asio::io_context loop{1};
  brood::parent_channel parent{loop};
  std::vector<brood::request> kept;
  parent.requests.on([&](brood::request r) {
    const auto& body = r.body().as_object();
    if (const auto* text = body.if_contains("fail")) {
      r.fail(text->as_string());
    } else if (body.contains("ask")) {
      const brood::value inner = *r.content().content().find("ask");
      auto waiting = std::make_shared<brood::request>(std::move(r));
      parent.async_request(inner, [waiting](brood::error_code ec, const brood::message& answer) {
        if (ec) return static_cast<void>(waiting->fail(ec.message()));
        waiting->answer(answer.content());
      });
    } else if (const auto* numbers = body.if_contains("add")) {
      std::int64_t sum = 0;
      for (const auto& n : numbers->as_array()) sum += n.as_int64();
      r.answer(sum);
    } else if (body.contains("keep")) {
      kept.push_back(std::move(r));
    }
  });
  parent.messages.on([&](const brood::message& m) { parent.send(m.body); });
  loop.run();
}
