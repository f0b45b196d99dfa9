#include "wire/cluster_message.hpp"

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <cstdlib>
#include <limits>
#include <utility>

namespace brood::detail::wire {
namespace {

namespace json = boost::json;
using act = cluster_message::act;

constexpr std::array<std::pair<act, std::string_view>, 11> act_names{{
    {act::online, "online"},
    {act::query_server, "queryServer"},
    {act::listening, "listening"},
    {act::close, "close"},
    {act::exited_after_disconnect, "exitedAfterDisconnect"},
    {act::new_connection, "newconn"},
    {act::disconnect, "disconnect"},
    {act::loads, "loads"},
    {act::ready, "ready"},
    {act::traffic, "traffic"},
    {act::new_data, "newData"},
}};

std::string_view text_of(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  return member != nullptr && member->is_string() ? std::string_view(member->get_string()) : std::string_view();
}

std::optional<std::int64_t> number_of(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  if (member == nullptr) return std::nullopt;
  if (const auto* number = member->if_int64()) return *number;
  if (const auto* number = member->if_double()) {
    if (*number >= -9e15 && *number <= 9e15) return static_cast<std::int64_t>(*number);
  }
  return std::nullopt;
}

act act_of(const json::object& message) {
  const std::string_view name = text_of(message, "act");
  for (const auto& [known, text] : act_names) {
    if (text == name) return known;
  }
  return act::none;
}

/// A count; empty if the member is not a valid one.
std::optional<std::uint64_t> count_of(const json::object& from, std::string_view name) {
  const auto number = number_of(from, name);
  if (!number || *number < 0) return std::nullopt;
  return static_cast<std::uint64_t>(*number);
}

bool is_set(const json::object& from, std::string_view name) {
  const json::value* member = from.if_contains(name);
  return member != nullptr && member->is_bool() && member->get_bool();
}

listen_request request_of(const json::object& message) {
  listen_request request;
  if (auto address = message.if_contains("address"); address != nullptr && address->is_string()) {
    request.address = std::string(address->get_string());
  }
  request.port = number_of(message, "port").value_or(0);
  const std::string_view type = text_of(message, "addressType");
  if (!type.empty()) {
    request.address_type = type;
  } else if (auto number = number_of(message, "addressType")) {
    request.address_type = std::to_string(*number);
  }
  request.fd = number_of(message, "fd");
  request.flags = number_of(message, "flags").value_or(0);
  request.backlog = number_of(message, "backlog").value_or(0);
  request.readable_all = is_set(message, "readableAll");
  request.writable_all = is_set(message, "writableAll");
  request.index = number_of(message, "index").value_or(0);
  if (auto data = message.if_contains("data")) request.data = *data;
  return request;
}

std::optional<socket_name> sockname_of(const json::object& message) {
  const json::value* member = message.if_contains("sockname");
  if (member == nullptr || !member->is_object()) return std::nullopt;
  const json::object& from = member->get_object();
  socket_name name;
  name.address = text_of(from, "address");
  const std::int64_t port = number_of(from, "port").value_or(0);
  name.port = port >= 0 && port <= std::numeric_limits<std::uint16_t>::max() ? static_cast<std::uint16_t>(port) : 0;
  name.ipv6 = text_of(from, "family") == "IPv6";
  return name;
}

std::string quoted(std::string_view text) { return json::serialize(json::string(text)); }

/// `{"cmd":"NODE_CLUSTER"` and the seq. The caller appends the rest, beginning with a comma.
std::string begin(std::int64_t seq) { return R"({"cmd":"NODE_CLUSTER","seq":)" + std::to_string(seq); }

std::string simple(std::int64_t seq, std::string_view name) {
  return begin(seq) + R"(,"act":")" + std::string(name) + "\"}";
}

std::string with_key(std::int64_t seq, std::string_view name, std::string_view key) {
  return begin(seq) + R"(,"act":")" + std::string(name) + R"(","key":)" + quoted(key) + '}';
}

std::string request_text(std::int64_t seq, std::string_view name, const listen_request& r, std::int64_t port) {
  const bool numeric = r.address_type == "4" || r.address_type == "6" || r.address_type == "-1";
  std::string text = begin(seq) + R"(,"act":")" + std::string(name) + R"(","index":)" + std::to_string(r.index);
  text += R"(,"data":)" + json::serialize(r.data);
  text += R"(,"address":)" + (r.address ? quoted(*r.address) : "null");
  text += R"(,"port":)" + std::to_string(port);
  text += R"(,"addressType":)" + (numeric ? r.address_type : quoted(r.address_type));
  if (r.fd) text += R"(,"fd":)" + std::to_string(*r.fd);
  text += R"(,"flags":)" + std::to_string(r.flags);
  text += R"(,"backlog":)" + std::to_string(r.backlog);
  if (r.readable_all) text += R"(,"readableAll":true)";
  if (r.writable_all) text += R"(,"writableAll":true)";
  return text + '}';
}

}  // namespace

std::string listen_request::key() const {
  std::string text = address.value_or("null");
  text += ':' + std::to_string(port) + ':' + address_type + ':' + (fd ? std::to_string(*fd) : "undefined");
  if (port == 0) text += ':' + std::to_string(index);
  return text;
}

cluster_message parse_cluster_message(const json::object& message) {
  cluster_message result;
  result.what = act_of(message);
  result.seq = number_of(message, "seq").value_or(-1);
  result.ack = number_of(message, "ack");
  result.key = text_of(message, "key");
  if (auto accepted = message.if_contains("accepted"); accepted != nullptr && accepted->is_bool()) {
    result.accepted = accepted->get_bool();
  }
  // libuv's errors are negative errnos; null and 0 both say that all is well.
  constexpr std::int64_t last_errno = 4095;  // the kernel's last one; larger numbers are invalid
  result.error = std::abs(std::clamp(number_of(message, "errno").value_or(0), -last_errno, last_errno));
  result.sockname = sockname_of(message);
  if (auto slot = number_of(message, "slot"); slot && *slot >= 0 && *slot <= std::numeric_limits<std::int32_t>::max()) {
    result.slot = static_cast<std::uint32_t>(*slot);
  }
  if (auto counts = message.if_contains("countsLoad")) result.counts_load = counts->is_bool() && counts->get_bool();
  if (auto every = count_of(message, "reportEvery"); every && *every <= std::numeric_limits<std::uint32_t>::max()) {
    result.report_every = static_cast<std::uint32_t>(*every);
  }
  if (result.what == act::traffic) {
    result.report = {count_of(message, "accepted").value_or(0), count_of(message, "open"),
                     count_of(message, "requests")};
  }
  if (result.what == act::close) result.leaving = is_set(message, "leaving");
  const bool has_data = result.ack || result.what == act::new_data;
  if (auto data = message.if_contains("data"); has_data && data != nullptr) result.data = *data;
  if (result.what == act::query_server || result.what == act::listening) result.request = request_of(message);
  return result;
}

std::string online_text(std::int64_t seq) { return simple(seq, "online"); }
std::string query_text(std::int64_t seq, const listen_request& r) {
  return request_text(seq, "queryServer", r, r.port);
}

std::string listening_text(std::int64_t seq, const listen_request& r, std::int64_t real_port) {
  return request_text(seq, "listening", r, real_port);
}

std::string close_text(std::int64_t seq, std::string_view key, bool leaving) {
  std::string text = with_key(seq, "close", key);
  if (leaving) text.insert(text.size() - 1, R"(,"leaving":true)");
  return text;
}
std::string exited_after_disconnect_text(std::int64_t seq) { return simple(seq, "exitedAfterDisconnect"); }

std::string loads_text(std::int64_t seq, std::string_view key) { return with_key(seq, "loads", key); }

std::string ready_text(std::int64_t seq) { return simple(seq, "ready"); }

std::string traffic_text(std::int64_t seq, const traffic_report& report) {
  std::string text = begin(seq) + R"(,"act":"traffic","accepted":)" + std::to_string(report.accepted);
  if (report.open) text += R"(,"open":)" + std::to_string(*report.open);
  if (report.requests) text += R"(,"requests":)" + std::to_string(*report.requests);
  return text + '}';
}

std::string accepted_text(std::int64_t seq, std::int64_t ack, bool accepted) {
  return begin(seq) + R"(,"ack":)" + std::to_string(ack) + R"(,"accepted":)" + (accepted ? "true}" : "false}");
}

std::string listen_reply_text(std::int64_t seq, std::int64_t ack, std::string_view key, int error,
                              const std::optional<socket_name>& name, const json::value& data,
                              const std::optional<own_queue>& queue, std::optional<std::uint32_t> report_every) {
  std::string text = begin(seq) + R"(,"ack":)" + std::to_string(ack) + R"(,"key":)" + quoted(key);
  // Negative, as libuv's errors are. A positive one crashes a Node worker.
  text += R"(,"errno":)" + (error == 0 ? std::string("null") : std::to_string(-error));
  if (name) {
    text += R"(,"sockname":{"address":)" + quoted(name->address) + R"(,"family":")" + (name->ipv6 ? "IPv6" : "IPv4") +
            R"(","port":)" + std::to_string(name->port) + '}';
  }
  if (queue) text += R"(,"slot":)" + std::to_string(queue->slot);
  if (queue && queue->counts_load) text += R"(,"countsLoad":true)";
  if (report_every) text += R"(,"reportEvery":)" + std::to_string(*report_every);
  return text + R"(,"data":)" + json::serialize(data) + '}';
}

std::string new_connection_text(std::int64_t seq, std::string_view key) { return with_key(seq, "newconn", key); }
std::string new_data_text(std::int64_t seq, std::string_view key, const json::value& data) {
  return begin(seq) + R"(,"act":"newData","key":)" + quoted(key) + R"(,"data":)" + json::serialize(data) + '}';
}

std::string disconnect_text(std::int64_t seq) { return simple(seq, "disconnect"); }

std::string ack_text(std::int64_t seq, std::int64_t ack) {
  return begin(seq) + R"(,"ack":)" + std::to_string(ack) + '}';
}

}  // namespace brood::detail::wire
