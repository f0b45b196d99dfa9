// WebSocket over TLS (wss): brood does the handshake and takes the request, Beast speaks the protocol.
//
//   https_websocket --cert FILE --key FILE [--port N]
#include <CLI/CLI.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>
#include <brood/http.hpp>
#include <brood/https.hpp>
#include <iostream>
#include <string>

namespace {

namespace asio = boost::asio;
namespace http = brood::http;
namespace https = brood::https;
namespace websocket = boost::beast::websocket;

/// Sends back each message until the peer closes.
asio::awaitable<void> converse(https::upgraded connection) try {
  websocket::stream<asio::ssl::stream<asio::ip::tcp::socket>> ws{std::move(connection.stream)};
  ws.set_option(websocket::stream_base::timeout::suggested(boost::beast::role_type::server));
  co_await ws.async_accept(asio::buffer(connection.received), asio::use_awaitable);
  boost::beast::flat_buffer message;
  for (;;) {
    co_await ws.async_read(message, asio::use_awaitable);
    ws.text(ws.got_text());
    co_await ws.async_write(message.cdata(), asio::use_awaitable);
    message.clear();
  }
} catch (const boost::system::system_error& error) {
  // Many clients close the connection without close_notify. The close frame of WebSocket has arrived before that.
  const bool ended = error.code() == websocket::error::closed || error.code() == asio::ssl::error::stream_truncated;
  if (!ended) std::cerr << "websocket: " << error.what() << std::endl;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string certificate;
  std::string key;
  unsigned short port = 8443;
  CLI::App app{"WebSocket over TLS"};
  app.add_option("--cert", certificate, "the certificate and its chain, PEM")->required();
  app.add_option("--key", key, "its private key, PEM")->required();
  app.add_option("--port", port, "where to listen; 0 for any free port")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  asio::io_context loop{1};
  const https::server_tls tls{{.certificate = certificate, .key = key}};
  const auto handler = [&](const http::request& request, http::response& response) {
    if (request.upgrade() != "websocket") {
      response.status(426).header("Upgrade", "websocket").end("WebSocket only\n");
      return;
    }
    asio::co_spawn(loop, converse(https::upgrade(response)), asio::detached);
  };
  http::server server{loop, handler, {.tls = tls}};
  server.listen(port);
  std::cout << "listening " << server.local_endpoint().port() << std::endl;
  loop.run();
} catch (const std::exception& error) {
  std::cerr << "https_websocket: " << error.what() << '\n';
  return 1;
}
