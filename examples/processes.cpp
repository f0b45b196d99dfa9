// The snippets of docs/child_process.md, each section a function. It prints its results.
#include <boost/asio/io_context.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <brood.hpp>
#include <chrono>
#include <iostream>
#include <string>

namespace asio = boost::asio;
using boost::system::error_code;
using namespace std::chrono_literals;

namespace {

void flowing() {
  asio::io_context loop{1};
  auto child = brood::spawn(loop, "sort", {"-n"});
  child.out().on_data([](std::string_view data) { std::cout << data; });
  child.exited.on([](brood::exit_status status) { std::cout << "sort " << status << '\n'; });
  child.in().write("10\n9\n");
  child.in().end("8\n");
  loop.run();
}

void reading() {
  asio::io_context loop{1};
  auto child = brood::spawn(loop, "printf", {"first line\\nsecond line\\n"});
  asio::streambuf buffer;
  asio::async_read_until(child.out(), buffer, '\n', [&](error_code, std::size_t size) {
    std::cout.write(static_cast<const char*>(buffer.data().data()), static_cast<std::streamsize>(size));
  });
  loop.run();
}

void reading_lines() {
  asio::io_context loop{1};
  auto child = brood::spawn(loop, "printf", {"one\\ntwo\\r\\nlast"});
  child.out().on_line([](std::string_view line) { std::cout << "a line: " << line << '\n'; });
  loop.run();
}

void feeding() {
  asio::io_context loop{1};
  auto child = brood::spawn(loop, "wc", {"-c"}, {.out = brood::stdio::inherit});
  const std::string block(100'000, 'x');
  int left = 50;
  auto fill = [&] {
    while (left > 0) {
      --left;
      if (!child.in().write(block)) return;  // enough waits already: `drained` calls us again
    }
    child.in().end();
  };
  child.in().drained.on(fill);
  fill();
  loop.run();
}

void joining() {
  asio::io_context loop{1};
  auto list = brood::spawn(loop, "printf", {"pear\\napple\\npear\\n"});
  auto sorted = brood::spawn(loop, "sort", {}, {.in = brood::stdio::stream(list.out())});
  auto counted = brood::spawn(loop, "uniq", {"-c"}, {.out = brood::stdio::inherit});
  brood::pipe(sorted, counted);
  loop.run();
}

void at_a_terminal() {
  asio::io_context loop{1};
  using brood::stdio;
  auto child = brood::spawn(loop, brood::shell("test -t 1 && stty size"),
                            {.in = stdio::terminal, .out = stdio::terminal, .terminal = {.rows = 50, .columns = 132}});
  child.out().on_data([](std::string_view data) { std::cout << data; });
  loop.run();
}

void collecting() {
  asio::io_context loop{1};
  brood::exec_file(loop, "sh", {"-c", "echo out; echo oops >&2; exit 3"}, {.timeout = 10s},
                   [](error_code ec, const brood::exec_result& result) {
                     if (ec) return;  // nobody knows how it ended
                     std::cout << result.out << result.err << result.status << '\n';
                     try {
                       result.check();
                     } catch (const brood::exec_error& error) {
                       std::cout << error.what() << '\n';
                     }
                   });
  loop.run();
}

void collecting_much() {
  const auto log = brood::exec_sync("seq 1 100000", {.exec = {.max_buffer = 10'000,
                                                              .on_overflow = brood::exec_options::overflow::spill,
                                                              .capture = brood::exec_options::capturing::memory_file}});
  std::cout << log.out.size() << " bytes here, " << (log.out_file ? "all of it in a file" : "no file") << '\n';
}

void quoting() {
  const std::string name = "it's a file; rm -rf /";
  std::cout << brood::exec_sync(brood::shell_format("printf %s {} | wc -c", {name})).out;
  std::cout << brood::exec_file_sync("printf", {"%s\\n", name}).out;  // better: no shell at all
}

void ending() {
  asio::io_context loop{1};
  auto deaf = brood::spawn(loop, brood::shell("trap '' TERM; echo ready; exec tail -f /dev/null"));
  deaf.out().on_data([&](std::string_view) { deaf.stop({{SIGTERM, 50ms}, {SIGKILL, 0ms}}); });
  deaf.exited.on([](brood::exit_status status) { std::cout << status << '\n'; });
  loop.run();
}

void ending_all() {
  asio::io_context loop{1};
  auto build = brood::spawn(loop, brood::shell("tail -f /dev/null & tail -f /dev/null & echo started; wait"),
                            {.group = true, .die_with_parent = true});
  build.out().on_data([&](std::string_view) {
    const brood::tree_report report = build.kill_tree();
    std::cout << report.signalled << " killed\n";
    if (report.reached_all_found()) std::cout << "none found that is left\n";
    if (report.may_have_escaped) std::cout << "only a cgroup proves that none is left\n";
  });
  loop.run();
}

void failing() {
  asio::io_context loop{1};
  try {
    brood::spawn(loop, "make", {}, {.cwd = "/no/such/project"});
  } catch (const brood::spawn_error& error) {
    std::cout << error.what() << '\n';
  }
}

void without_holding_up_the_loop() {
  asio::io_context loop{1};
  auto starting = brood::async_spawn(loop, "true");
  starting.async_child([&](error_code ec, std::optional<brood::child_process> child) {
    std::cout << (ec ? starting.error()->what() : "it runs") << '\n';
    if (!child) return;
    child->exited.on([](brood::exit_status status) { std::cout << status << '\n'; });
    std::move(*child).detach();  // or keep it: its listeners end with it
  });
  loop.run();
}

}  // namespace

int main() {
  struct section {
    const char* name;
    void (*run)();
  };
  for (const section& one : {section{"flowing", flowing},
                             {"reading", reading},
                             {"reading lines", reading_lines},
                             {"feeding", feeding},
                             {"joining", joining},
                             {"at a terminal", at_a_terminal},
                             {"collecting", collecting},
                             {"collecting much", collecting_much},
                             {"quoting", quoting},
                             {"ending", ending},
                             {"ending all", ending_all},
                             {"failing", failing},
                             {"without holding up the loop", without_holding_up_the_loop}}) {
    std::cout << "-- " << one.name << std::endl;
    one.run();
  }
}
