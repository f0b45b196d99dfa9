// One process of a cluster for tests/interop/listen.py: the primary, or a worker that listens as it is told.
//
//   listening_peer SCHEDULING PROGRAM [ARGUMENTS...]     the primary of two workers that run PROGRAM
//
// The primary obeys lines of JSON on its stdin: {to, ...} is sent to that worker. It prints a line for each thing that
// happens: {online}, {from, message}, {listening, type, host, port}, {exited, how}. It disconnects when stdin ends.
//
// A worker is told {op: "listen", as, form, ...}, {op: "close", as}, {op: "leave"} (it disconnects) or {op: "ping"},
// and answers {op: "listening", as, at}, {op: "failed", as, code}, {op: "closed", as} or {op: "pong"}. Whoever connects
// to it, or sends it a datagram, gets "worker ID\n".
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <brood/cluster.hpp>
#include <cstring>
#include <iostream>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;
namespace json = boost::json;

// ---- the primary

cluster::scheduling named(const std::string& name) {
  for (auto one : {cluster::scheduling::automatic, cluster::scheduling::kernel_round_robin,
                   cluster::scheduling::kernel_least_loaded, cluster::scheduling::shared}) {
    if (to_string(one) == name) return one;
  }
  return cluster::scheduling::round_robin;
}

void tell(const json::object& what) { std::cout << json::serialize(what) << std::endl; }

class commands {
 public:
  commands(asio::io_context& loop, cluster::primary& primary) : input_(loop, STDIN_FILENO), primary_(primary) {}

  void read() {
    asio::async_read_until(input_, asio::dynamic_buffer(text_), '\n', [this](brood::error_code ec, std::size_t size) {
      if (ec) return primary_.async_disconnect([](brood::error_code) {});
      json::object command = json::parse(text_.substr(0, size)).as_object();
      text_.erase(0, size);
      auto to = primary_.find(static_cast<int>(command.at("to").as_int64()));
      command.erase("to");
      if (to) to->send(command);
      read();
    });
  }

 private:
  asio::posix::stream_descriptor input_;
  cluster::primary& primary_;
  std::string text_;
};

const char* family_of(const cluster::address& where) {
  switch (where.type) {
    case cluster::address::kind::ipv4: return "4";
    case cluster::address::kind::ipv6: return "6";
    default: return "path";
  }
}

int be_primary(std::span<char*> args) {
  asio::io_context loop{1};
  cluster::settings with{.exec = args[1], .args = brood::arguments(args.begin() + 2, args.end())};
  with.scheduling = named(args[0]);
  cluster::primary primary{loop, with};
  tell({{"scheduling", to_string(primary.scheduling())}});
  primary.online.on([](cluster::worker& w) { tell({{"online", w.id()}}); });
  primary.message.on([](cluster::worker& w, const brood::message& m) {
    tell({{"from", w.id()}, {"message", m.body}});
  });
  primary.listening.on([](cluster::worker& w, const cluster::address& where) {
    tell({{"listening", w.id()}, {"type", family_of(where)}, {"host", where.host}, {"port", where.port}});
  });
  primary.exited.on([](cluster::worker& w, brood::exit_status how) {
    tell({{"exited", w.id()}, {"how", to_string(how)}});
  });
  commands told{loop, primary};
  told.read();
  primary.fork();
  primary.fork();
  loop.run();
  return 0;
}

// ---- a worker

std::string errno_name(brood::error_code ec) {
  const char* name = ec.category() == boost::system::system_category() ? ::strerrorname_np(ec.value()) : nullptr;
  return name != nullptr ? name : ec.message();
}

/// A member of what is asked for; `fallback` where it is absent or null.
template <class T>
T member(const json::object& from, const char* name, T fallback) {
  const json::value* found = from.if_contains(name);
  if (found == nullptr || found->is_null()) return fallback;
  return json::value_to<T>(*found);
}

/// One thing that it listens at.
struct place {
  std::optional<cluster::acceptor> streams;
  std::optional<cluster::datagram_port> datagrams;
  std::array<char, 64> space{};
  asio::ip::udp::endpoint peer{};
};

class worker {
 public:
  explicit worker(asio::io_context& loop) : self_(loop), text_("worker " + std::to_string(self_.id()) + '\n') {
    self_.messages.on([this](const brood::message& m) { obey(m.body.as_object()); });
  }

 private:
  void obey(const json::object& told) {
    const std::string op = member<std::string>(told, "op", "");
    if (op == "ping") self_.send({{"op", "pong"}});
    if (op == "leave") self_.disconnect();
    if (op == "listen") listen(told);
    if (op == "close") {
      places_.erase(member<std::string>(told, "as", ""));
      self_.send({{"op", "closed"}, {"as", told.at("as")}});
    }
  }

  void listen(const json::object& told) {
    const std::string name = member<std::string>(told, "as", "");
    auto& mine = *(places_[name] = std::make_unique<place>());
    try {
      begin(mine, name, told);
    } catch (const std::exception&) {
      self_.send({{"op", "failed"}, {"as", name}, {"code", "no such call"}});  // no type of C++ holds what is asked for
    }
  }

  void begin(place& mine, const std::string& name, const json::object& told) {
    if (member<std::string>(told, "form", "") == "udp") return bind(mine, name, told);
    mine.streams.emplace(acceptor_for(told));
    mine.streams->listening.async_wait([this, name, &mine](brood::error_code ec, const asio::ip::tcp::endpoint&) {
      if (ec) return failed(name, ec);
      mine.streams->on_connections([this](std::span<brood::unique_fd> batch) {
        for (const auto& one : batch) ::send(one.get(), text_.data(), text_.size(), MSG_NOSIGNAL);
      });
      // Of a path that came by a descriptor of the primary's the name may be unknown.
      const std::string at = to_string(mine.streams->where());
      self_.send({{"op", "listening"}, {"as", name}, {"at", at.empty() ? "?" : at}});
    });
  }

  cluster::acceptor acceptor_for(const json::object& told) {
    const cluster::listen_options with{.backlog = member<int>(told, "backlog", 0),
                                       .ipv6_only = member<bool>(told, "ipv6Only", false),
                                       .exclusive = member<bool>(told, "exclusive", false),
                                       .readable_all = member<bool>(told, "readableAll", false),
                                       .writable_all = member<bool>(told, "writableAll", false)};
    const std::string form = member<std::string>(told, "form", "");
    if (form == "path") return self_.listen(std::filesystem::path(member<std::string>(told, "path", "")), with);
    if (form == "fd") return self_.listen_inherited(member<int>(told, "fd", -1), with);
    const std::string host = member<std::string>(told, "host", "");
    const auto port = member<std::uint16_t>(told, "port", 0);
    return host.empty() ? self_.listen(port, with) : self_.listen({asio::ip::make_address(host), port}, with);
  }

  void bind(place& mine, const std::string& name, const json::object& told) {
    const cluster::datagram_options with{.ipv6_only = member<bool>(told, "ipv6Only", false),
                                         .reuse_address = member<bool>(told, "reuseAddr", false),
                                         .exclusive = member<bool>(told, "exclusive", false)};
    if (told.contains("fd")) throw std::invalid_argument("bind_udp takes no descriptor");
    const auto host = asio::ip::make_address(member<std::string>(told, "host", ""));
    mine.datagrams.emplace(self_.bind_udp({host, member<std::uint16_t>(told, "port", 0)}, with));
    mine.datagrams->bound.async_wait([this, name, &mine](brood::error_code ec, const asio::ip::udp::endpoint& at) {
      if (ec) return failed(name, ec);
      const cluster::address where{at.address().is_v6() ? cluster::address::kind::ipv6 : cluster::address::kind::ipv4,
                                   at.address().to_string(), at.port()};
      self_.send({{"op", "listening"}, {"as", name}, {"at", to_string(where)}});
      receive(mine);
    });
  }

  void receive(place& mine) {
    auto& socket = mine.datagrams->socket();
    socket.async_receive_from(asio::buffer(mine.space), mine.peer, [this, &mine](brood::error_code ec, std::size_t) {
      if (ec) return;  // closed, and perhaps gone
      brood::error_code ignored;
      mine.datagrams->socket().send_to(asio::buffer(text_), mine.peer, 0, ignored);
      receive(mine);
    });
  }

  void failed(const std::string& name, brood::error_code ec) {
    if (ec == brood::errc::listener_closed) return;  // the worker goes
    self_.send({{"op", "failed"}, {"as", name}, {"code", errno_name(ec)}});
  }

  cluster::this_worker self_;
  const std::string text_;
  std::map<std::string, std::unique_ptr<place>> places_;
};

}  // namespace

int main(int argc, char** argv) {
  if (!cluster::is_worker()) return argc < 3 ? 2 : be_primary({argv + 1, argv + argc});
  asio::io_context loop{1};
  worker obedient{loop};
  loop.run();
}
