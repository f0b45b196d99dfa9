// Boost.Process v1 in the spawn group: its synchronous form with three streams, which needs no loop.
#include <boost/process/child.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>

#include "spawn_commands.hpp"

namespace {

namespace bp = boost::process;

long long spawn_and_wait() {
  const auto start = bench::clock::now();
  bp::opstream in;
  bp::ipstream out;
  bp::ipstream err;
  bp::child child("/bin/true", bp::std_in<in, bp::std_out> out, bp::std_err > err);
  const auto blocked = bench::ns_since(start);

  in.pipe().close();
  child.wait();
  if (child.exit_code() != 0) throw std::runtime_error("/bin/true: code " + std::to_string(child.exit_code()));
  return blocked;
}

}  // namespace

int main() { return bench::serve(bench::spawn_commands(spawn_and_wait)); }
