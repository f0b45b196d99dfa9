#include "brood/cluster/statistics.hpp"

#include <boost/json/array.hpp>
#include <boost/json/conversion.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace brood::cluster {
namespace {

namespace json = boost::json;

template <class Time>
double milliseconds_of(Time time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

json::value to_json(std::uint64_t number) { return number; }
json::value to_json(std::chrono::microseconds time) { return milliseconds_of(time); }

template <class T>
void put(json::object& into, const char* name, const std::optional<T>& value) {
  if (value) into.emplace(name, to_json(*value));
}

json::object object_of(const worker_statistics& from) {
  json::object worker{{"id", from.id},
                      {"pid", from.pid},
                      {"state", to_string(from.state)},
                      {"age_ms", from.age.count()},
                      {"restarts", from.restarts}};
  put(worker, "accepted", from.accepted);
  put(worker, "open", from.open);
  put(worker, "requests", from.requests);
  put(worker, "lag_ms", from.lag);
  put(worker, "cpu_ms", from.cpu);
  put(worker, "rss", from.rss);
  put(worker, "pss", from.pss);
  return worker;
}

}  // namespace

std::string to_string(phase p) {
  switch (p) {
    case phase::delayed: return "delayed";
    case phase::starting: return "starting";
    case phase::online: return "online";
    case phase::ready: return "ready";
    case phase::hung: return "hung";
    case phase::leaving: return "leaving";
    case phase::disconnected: return "disconnected";
  }
  return "";
}

void tag_invoke(const json::value_from_tag&, json::value& to, const worker_statistics& from) { to = object_of(from); }

void tag_invoke(const json::value_from_tag&, json::value& to, const statistics& from) {
  json::array workers;
  for (const auto& one : from.workers) workers.push_back(object_of(one));
  json::object all{{"scheduling", to_string(from.scheduling)},
                   {"workers", std::move(workers)},
                   {"started", from.started},
                   {"died", from.died},
                   {"waiting", from.waiting}};
  put(all, "accepted", from.accepted);
  put(all, "open", from.open);
  put(all, "requests", from.requests);
  put(all, "cpu_ms", from.cpu);
  put(all, "rss", from.rss);
  put(all, "pss", from.pss);
  to = std::move(all);
}

}  // namespace brood::cluster
