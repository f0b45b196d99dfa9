// A cluster of two that says which scheduling it got, and how often each of its workers answered 20 connections.
//   scheduling_primary NAME [no-bpf]     (no-bpf: seccomp answers ENOSYS to the system call)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <brood/cluster.hpp>
#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

void deny_bpf() {
  sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{sizeof code / sizeof *code, code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    std::cout << "no seccomp here\n";
  }
}

cluster::scheduling named(const std::string& name) {
  for (auto one : {cluster::scheduling::automatic, cluster::scheduling::kernel_round_robin,
                   cluster::scheduling::kernel_least_loaded, cluster::scheduling::shared}) {
    if (to_string(one) == name) return one;
  }
  return cluster::scheduling::round_robin;
}

struct asker : std::enable_shared_from_this<asker> {
  asker(asio::io_context& io, std::uint16_t at, std::function<void(const std::map<std::string, int>&)> f)
      : socket(io), port(at), done(std::move(f)) {}

  void ask() {
    socket = asio::ip::tcp::socket(socket.get_executor());
    socket.async_connect({asio::ip::address_v4::loopback(), port}, [self = shared_from_this()](brood::error_code) {
      asio::async_read(self->socket, asio::dynamic_buffer(self->answer),
                       [self](brood::error_code, std::size_t) { self->answered(); });
    });
  }
  void answered() {
    ++shares[std::exchange(answer, {})];
    if (--left > 0) return ask();
    done(shares);
  }

  asio::ip::tcp::socket socket;
  std::uint16_t port;
  std::function<void(const std::map<std::string, int>&)> done;
  std::string answer{};
  std::map<std::string, int> shares{};
  int left = 20;
};

}  // namespace

int main(int, char** argv) {
  if (argv[2] != nullptr) deny_bpf();
  asio::io_context loop{1};
  cluster::settings with;
  with.exec = (std::filesystem::path(argv[0]).parent_path() / "echo_worker").string();
  with.args = brood::arguments{"0"};
  with.scheduling = named(argv[1]);
  with.log = [](brood::log_level level, std::string_view text) {
    std::cout << "log " << (level == brood::log_level::info ? "info" : "warning") << ": " << text << std::endl;
  };
  cluster::primary primary{loop, with};
  std::cout << to_string(primary.scheduling()) << std::endl;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    std::make_shared<asker>(loop, where.port, [&](const std::map<std::string, int>& shares) {
      const char* between = "";
      for (const auto& [answer, count] : shares) std::cout << std::exchange(between, " ") << count;
      std::cout << std::endl;
      primary.async_disconnect([](brood::error_code) {});
    })->ask();
  });
  primary.fork();
  primary.fork();
  loop.run();
}
