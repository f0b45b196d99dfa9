// A frame of Node's advanced serialization from a peer: nothing it holds may harm us, and what was read can be written
// and is the same when it is read again. That holds for what we see of it as JSON as well.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "brood/js.hpp"
#include "wire/clone_json.hpp"
#include "wire/clone_reader.hpp"
#include "wire/clone_writer.hpp"

namespace {

using brood::value;
using namespace brood::detail::wire;

constexpr std::size_t length_size = 4;

void check(bool holds) {
  if (!holds) std::abort();
}

/// The content of the frame that brood makes of it.
template <class Value>
std::string written(const Value& from) {
  std::string frame;
  clone_writer writer(frame);
  if constexpr (std::is_same_v<Value, value>) {
    check(writer.write(from));
  } else {
    writer.write(from);
  }
  writer.finish();
  return frame.substr(length_size);
}

value read_back(const std::string& content) {
  auto again = read_clone(content);
  check(again.has_value());
  return *again;
}

void check_json(std::string_view bytes, const value* read) {
  const auto json = read_clone_as_json(bytes);
  if (json) check(read_back(written(*json)) == brood::from_json(*json));
  // Where it is refused, a member has come twice, which JSON takes; no more than that.
  if (json && read != nullptr) check(brood::from_json(*json) == *read);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  const auto read = read_clone(bytes, {.depth = 200, .values = 100'000});
  check_json(bytes, read ? &*read : nullptr);
  if (!read) {
    check(read.error().at <= size);
    return 0;
  }
  const std::string content = written(*read);
  const value again = read_back(content);
  check(again == *read && *read == again);
  check(written(again) == content);
  brood::json_view(*read);
  brood::to_json(*read);
  return 0;
}
