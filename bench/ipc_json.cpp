// The floor of the ipc group for many messages: the same lines as in `bulk` of ipc_brood.cpp, cut, parsed and let go of
// in one process that has them already. Boost.JSON alone: no channel, no loop, no other side.
#include <boost/json/stream_parser.hpp>
#include <cstddef>
#include <stdexcept>
#include <string>
#include <string_view>

#include "ipc_payload.hpp"
#include "line_protocol.hpp"

namespace {

namespace json = boost::json;

constexpr std::size_t read_size = 64 * 1024;  // as much as a channel reads at once

/// Parses the whole lines of the text; says how many bytes they are.
std::size_t parse_lines(std::string_view text, json::stream_parser& parser) {
  std::size_t at = 0;
  for (std::size_t end = text.find('\n'); end != text.npos; end = text.find('\n', at)) {
    parser.reset();
    parser.write(text.data() + at, end - at);
    parser.finish();
    if (!parser.release().is_string()) throw std::logic_error("not what was written");
    at = end + 1;
  }
  return at;
}

/// 256 MiB or more; says how many MiB.
std::string bulk(double bytes) {
  const std::string line = '"' + bench::large_text(static_cast<std::size_t>(bytes) - bench::around_text) + "\"\n";
  std::string lines = line;
  while (lines.size() < read_size) lines += line;
  json::stream_parser parser;
  std::size_t parsed = 0;
  const auto start = bench::clock::now();
  while (parsed < bench::bulk_size) parsed += parse_lines(lines, parser);
  return bench::words(static_cast<long long>(parsed / bench::mib), bench::ns_since(start));
}

}  // namespace

int main() { return bench::serve({{"bulk", bulk}}); }
