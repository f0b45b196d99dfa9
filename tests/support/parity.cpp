#include "support/parity.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <cstring>

namespace brood_test {

namespace json = boost::json;

std::string node(const std::string& form, const std::string& file, const brood::arguments& args,
                 const json::value& options) {
  const std::string script = std::string(BROOD_ACTORS_DIR) + "/parity.mjs";
  const auto result = brood::exec_file_sync(
      "node", {script, form, file, json::serialize(json::value_from(args)), json::serialize(options)},
      {.exec = {.max_buffer = 64 << 20}});
  return result.check().out;
}

std::string told(const std::string& how, const std::string& out, const std::string& err) {
  return how + "\n--- stdout\n" + out + "\n--- stderr\n" + err + '\n';
}

std::string told(const brood::exec_result& result) {
  if (result.truncated) return told("wrote too much", result.out, result.err);
  return told((result.timed_out ? "took too long, " : "") + to_string(result.status), result.out, result.err);
}

std::string told(const std::function<std::string()>& start) {
  try {
    return start();
  } catch (const boost::system::system_error& error) {
    const char* name = ::strerrorname_np(error.code().value());
    return told("failed with " + std::string(name != nullptr ? name : error.what()));
  }
}

std::string spawned(const std::string& file, const brood::arguments& args, const brood::spawn_options& options,
                    const std::string& input) {
  return told([&] {
    boost::asio::io_context io{1};
    auto child = brood::spawn(io, file, args, options);
    std::string out;
    std::string err;
    child.out().on_data([&](std::string_view data) { out += data; });
    child.err().on_data([&](std::string_view data) { err += data; });
    child.in().end(input);
    io.run();
    return told(to_string(*child.closed.value()), out, err);
  });
}

}  // namespace brood_test
