// What bench/groups/stdout.py asks a subject, and gets back:
//   read MIB -> BYTES ELAPSED_NS   a child writes that much to its stdout; from its start until it has ended
// The child, bench/stdout_writer.cpp, is the subject's first argument.
#pragma once

#include <string>

#include "line_protocol.hpp"

namespace bench {

// `read_all(mib)` starts the child and returns how many bytes came, once it has ended well; it throws otherwise.
template <class ReadAll>
int serve_stdout(ReadAll read_all) {
  return serve({{"read", [&](double amount) {
                   const auto start = clock::now();
                   const long long bytes = read_all(std::to_string(static_cast<long>(amount)));
                   return words(bytes, ns_since(start));
                 }}});
}

}  // namespace bench
