// error: no matching function for call to .*spawn
#include <boost/asio/io_context.hpp>
#include <brood/child_process.hpp>

// Options are given by name: a word in braces would be taken for the first of them, the directory.
int main() {
  boost::asio::io_context loop;
  brood::spawn(loop, brood::shell("grep -c"), {"word"});
}
