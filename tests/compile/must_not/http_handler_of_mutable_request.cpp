// error: a handler takes .const brood::http::request&, brood::http::response&
#include <boost/asio/io_context.hpp>
#include <brood/http.hpp>

int main() {
  boost::asio::io_context loop;
  brood::http::server server{loop, [](brood::http::request&, brood::http::response& answer) { answer.end(); }};
}
