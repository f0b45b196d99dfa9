#include "cluster/choosing.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "brood/detail/listeners.hpp"
#include "policy/by_choice.hpp"
#include "sys/listen.hpp"

namespace brood::cluster::detail {
namespace {

using policy_type = brood::detail::policy::by_choice<dispatcher::connection>;
using decision = policy_type::decision;

/// An IPv4 client has an IPv4 address, even if the socket takes both families.
address client_address(const std::optional<brood::detail::sys::bound_name>& name) {
  constexpr std::string_view mapped = "::ffff:";
  if (!name) return {address::kind::path, "", 0};
  const bool is_mapped =
      name->ipv6 && name->address.starts_with(mapped) && name->address.find('.') != std::string::npos;
  if (is_mapped) return {address::kind::ipv4, name->address.substr(mapped.size()), name->port};
  return {name->ipv6 ? address::kind::ipv6 : address::kind::ipv4, name->address, name->port};
}

class chooser {
 public:
  chooser(choosing_context context, address where) : context_(std::move(context)), where_(std::move(where)) {}

  decision operator()(const dispatcher::connection& connection, std::span<const policy_type::candidate> able) const {
    std::vector<candidate> workers;
    for (const auto& one : able) {
      workers.push_back(context_.look_up(one.worker));
      workers.back().waiting = one.waiting;
    }
    const incoming what{client_address(brood::detail::sys::peer_of(connection->get())), where_, workers};
    std::optional<choice> made;
    brood::detail::call_listener(context_.executor, [&] { made = context_.choose(what); });
    if (!made) return {decision::kind::anyone};
    if (made->is_deferred()) return {decision::kind::hold};
    if (made->is_refuse()) return {decision::kind::refuse};
    const int id = made->worker();
    if (std::any_of(workers.begin(), workers.end(), [id](const candidate& one) { return one.id == id; })) {
      return {decision::kind::worker, id};
    }
    if (context_.log) {
      context_.log(log_level::warning, "cluster: settings::choose names worker " + std::to_string(id) +
                                           ", which cannot be given the connection at " + to_string(where_));
    }
    return {decision::kind::anyone};
  }

 private:
  choosing_context context_;
  address where_;
};

}  // namespace

std::unique_ptr<dispatcher::assignment> make_choosing(choosing_context context, address where) {
  return std::make_unique<policy_type>(chooser(std::move(context), std::move(where)));
}

}  // namespace brood::cluster::detail
