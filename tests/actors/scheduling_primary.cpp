// A cluster of two that says which scheduling it got, and how often each of its workers answered 20 connections.
//   scheduling_primary NAME [no-bpf|forbidden-bpf|network]
// no-bpf, forbidden-bpf: seccomp answers ENOSYS, or EPERM, to the system call; network: in a network namespace of its
// own. Where that cannot be done it says "not possible here: WHAT: WHY", and no more.
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <brood/cluster.hpp>
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <utility>

namespace {

namespace asio = boost::asio;
namespace cluster = brood::cluster;

void not_possible(const char* what) {
  std::cout << "not possible here: " << what << ": " << std::strerror(errno) << std::endl;
  std::exit(0);
}

void deny_bpf(unsigned with_errno) {
  sock_filter code[] = {BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
                        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_bpf, 0, 1),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | with_errno),
                        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)};
  const sock_fprog program{sizeof code / sizeof *code, code};
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 || ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0) {
    not_possible("seccomp");
  }
}

/// With nothing in it but the loopback. Who is not root needs to be it in a user namespace first.
void enter_a_network_of_its_own() {
  if (::unshare(CLONE_NEWNET) != 0 && ::unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0) not_possible("a namespace");
  const brood::unique_fd any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::strcpy(loopback.ifr_name, "lo");
  loopback.ifr_flags = IFF_UP;
  if (!any || ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) != 0) not_possible("a loopback");
}

void confine(const std::string& how) {
  if (how == "no-bpf") deny_bpf(ENOSYS);
  if (how == "forbidden-bpf") deny_bpf(EPERM);
  if (how == "network") enter_a_network_of_its_own();
}

cluster::scheduling named(const std::string& name) {
  for (auto one :
       {cluster::scheduling::automatic, cluster::scheduling::kernel_round_robin,
        cluster::scheduling::kernel_least_loaded, cluster::scheduling::shared, cluster::scheduling::program}) {
    if (to_string(one) == name) return one;
  }
  return cluster::scheduling::round_robin;
}

cluster::choice fewest_taken(const cluster::incoming& a) {
  const auto fewer = [](const auto& one, const auto& other) {
    return one.accepted + one.waiting < other.accepted + other.waiting;
  };
  return *std::min_element(a.workers.begin(), a.workers.end(), fewer);
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

/// How many each has answered; where that is as it happens, how many all have.
void tell(const std::map<std::string, int>& shares, cluster::scheduling how) {
  const char* between = "";
  int all = 0;
  for (const auto& [answer, count] : shares) {
    if (how != cluster::scheduling::shared) std::cout << std::exchange(between, " ") << count;
    if (!answer.empty()) all += count;
  }
  if (how == cluster::scheduling::shared) std::cout << all;
  std::cout << std::endl;
}

}  // namespace

int main(int, char** argv) {
  if (argv[2] != nullptr) confine(argv[2]);
  asio::io_context loop{1};
  cluster::settings with;
  with.exec = (std::filesystem::path(argv[0]).parent_path() / "echo_worker").string();
  with.args = brood::arguments{"0"};
  with.scheduling = named(argv[1]);
  if (with.scheduling == cluster::scheduling::program) with.choose = fewest_taken;
  with.log = [](brood::log_level level, std::string_view text) {
    std::cout << "log " << (level == brood::log_level::info ? "info" : "warning") << ": " << text << std::endl;
  };
  cluster::primary primary{loop, with};
  std::cout << to_string(primary.scheduling()) << std::endl;
  int listening = 0;
  primary.listening.on([&](cluster::worker&, const cluster::address& where) {
    if (++listening != 2) return;
    std::make_shared<asker>(loop, where.port, [&](const std::map<std::string, int>& shares) {
      tell(shares, primary.scheduling());
      primary.async_disconnect([](brood::error_code) {});
    })->ask();
  });
  primary.fork();
  primary.fork();
  loop.run();
}
