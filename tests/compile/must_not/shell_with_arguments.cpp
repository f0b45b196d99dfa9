// error: no matching function for call to .*spawn
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>

// A line of shell is whole: arguments beside it would be pasted into it unquoted, as Node does (DEP0190).
int main() {
  boost::asio::io_context loop;
  brood::spawn(loop, brood::shell("ls"), {"-l", "/tmp"}, {});
}
