#include "wire/request_envelope.hpp"

#include <boost/json/object.hpp>
#include <string>
#include <utility>

#include "brood/js.hpp"

namespace brood::detail::wire {
namespace {

namespace json = boost::json;
using kind = request_envelope::kind;

constexpr std::string_view body_key = "body";
constexpr std::string_view error_key = "error";

}  // namespace

/// Called for every message. The first or second comparison decides for nearly all of them.
std::optional<request_envelope> read_request_envelope(const json::value& body) noexcept {
  const json::object* const object = body.if_object();
  if (object == nullptr || object->empty() || object->size() > 2) return std::nullopt;
  const json::value* id = object->if_contains(request_key);
  kind what = kind::request;
  if (id == nullptr) {
    id = object->if_contains(answer_key);
    what = kind::answer;
  }
  if (id == nullptr || !id->is_int64() || id->get_int64() <= 0) return std::nullopt;
  if (object->size() == 2 && !object->contains(body_key)) {
    const json::value* const error = object->if_contains(error_key);
    if (what == kind::request || error == nullptr || !error->is_string()) return std::nullopt;
    what = kind::failure;
  }
  return request_envelope{what, static_cast<std::uint64_t>(id->get_int64())};
}

message open_request_envelope(message&& from, kind what) {
  const std::string_view key = what == kind::failure ? error_key : body_key;
  message inside{.handle = std::move(from.handle)};
  if (json::value* const body = from.body.get_object().if_contains(key)) inside.body = std::move(*body);
  if (!from.rich) return inside;
  const value* const body = from.rich->find(key);
  value whole = body != nullptr ? *body : value();
  if (!(whole == from_json(inside.body))) inside.rich = std::move(whole);
  return inside;
}

json::value in_request_envelope(std::string_view key, std::uint64_t id, json::value body) {
  json::object envelope;
  envelope.emplace(key, static_cast<std::int64_t>(id));
  envelope.emplace(body_key, std::move(body));
  return envelope;
}

value in_request_envelope(std::string_view key, std::uint64_t id, value body) {
  js::object envelope;
  envelope.add(std::string(key), id);
  envelope.add(std::string(body_key), std::move(body));
  return envelope;
}

json::value failure_envelope(std::uint64_t id, std::string_view text) {
  json::object envelope;
  envelope.emplace(answer_key, static_cast<std::int64_t>(id));
  envelope.emplace(error_key, text);
  return envelope;
}

}  // namespace brood::detail::wire
