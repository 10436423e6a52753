#include "providers/openstack/create.h"

#include <future>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "providers/openstack/refusal.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;
using net::Limits;
using Results = std::vector<std::optional<Result<Applied>>>;

Diagnostic lost(const std::string& address) {
  return {.kind = ErrorKind::in_doubt,
          .code = "CL5111",
          .summary = "the answer does not tell what was made",
          .hint = "the next run looks before it does anything",
          .address = address};
}

Result<Applied> applied(Result<Observed> seen) {
  if (seen) return Applied{std::move(seen->remote_id), std::move(seen->attributes)};
  seen.error().kind = ErrorKind::in_doubt;  // made, but what came back cannot be read
  return fail(std::move(seen.error()));
}

/// Neutron gives each new group two rules that let everything out: default deny is to take them away, and a group is
/// made only when they are gone. If that fails the group is in doubt, and the next plan removes them as closed content.
Result<void> without_born_rules(Client& client, const Json& group, const Limits& limits) {
  const Json* rules = group.find("security_group_rules");
  if (rules == nullptr || rules->as_array() == nullptr)
    return fail(not_understood("a new security group", "'security_group_rules' is missing"));
  for (const Json& rule : *rules->as_array()) {
    auto born = read_object(kind::k_rule, rule);
    Result<void> removed = born ? client.remove(Service::network, "/security-group-rules/" + born->remote_id, limits)
                                : fail(std::move(born.error()));
    if (removed) continue;
    removed.error().kind = ErrorKind::in_doubt;
    removed.error().summary =
        "the group was made, but its two egress rules could not be removed: " + removed.error().summary;
    return removed;
  }
  return {};
}

Result<Applied> finished(Client& client, std::string_view kind, const Json& made, const Limits& limits) {
  auto seen = read_object(kind, made);
  if (seen && kind == kind::k_group) {
    if (auto bare = without_born_rules(client, made, limits); !bare) {
      bare.error().kind = ErrorKind::in_doubt;
      return fail(std::move(bare.error()));
    }
  }
  return applied(std::move(seen));
}

bool asks_for_vlan(const CreateRequest& request) {
  return request.resource.kind == kind::k_network &&
         !attribute(schema(kind::k_network), request.resource.attributes, "segmentation_id").is_null();
}

/// The same network without its VLAN id: what an account that may not choose ids still can have.
CreateRequest without_vlan(CreateRequest request) {
  const KindSchema& its = schema(kind::k_network);
  for (const char* name : {"network_type", "physical_network", "segmentation_id"})
    request.resource.attributes = with_attribute(its, request.resource.attributes, name, {});
  return request;
}

Result<Applied> create_object(Client& client, const CreateRequest& request, const Limits& limits) {
  const Names names = names_of(request.resource.kind);
  const Json body =
      Json::object({{std::string(names.singular),
                     write_object(request.resource.kind, request.resource.attributes, request.marker.text())}});
  auto answer = client.create(Service::network, std::string(names.path), body, limits);
  if (!answer) {
    if (answer.error().kind == ErrorKind::permission && asks_for_vlan(request))
      return create_object(client, without_vlan(request), limits);
    return fail(std::move(answer.error()));
  }
  const Json* made = answer->find(names.singular);
  if (made == nullptr) return fail(lost(request.resource.address.text));
  return finished(client, request.resource.kind, *made, limits);
}

Result<Applied> create_interface(Client& client, const CreateRequest& request, const Limits& limits) {
  const KindSchema& its = schema(kind::k_interface);
  const std::string& router = attribute(its, request.resource.attributes, "router").text_or_empty();
  const std::string& subnet = attribute(its, request.resource.attributes, "subnet").text_or_empty();
  auto answer = client.put(Service::network, fmt::format("/routers/{}/add_router_interface", router),
                           Json::object({{"subnet_id", Json::text(subnet)}}), limits);
  if (!answer) return fail(std::move(answer.error()));
  return Applied{interface_id(router, subnet), request.resource.attributes};
}

Json routes_body(const Json& route) {
  return Json::object({{"router", Json::object({{"routes", Json::array({route})}})}});
}

Result<Applied> create_route(Client& client, const CreateRequest& request, const Limits& limits) {
  const KindSchema& its = schema(kind::k_route);
  const Value& attributes = request.resource.attributes;
  const std::string& router = attribute(its, attributes, "router").text_or_empty();
  const std::string& via = attribute(its, attributes, "via").text_or_empty();
  const IpPrefix* to = attribute(its, attributes, "to").as_prefix();
  if (to == nullptr) return fail(not_understood("a route", "no destination"));
  const Json route = Json::object({{"destination", Json::text(to->text())}, {"nexthop", Json::text(via)}});
  auto answer =
      client.put(Service::network, fmt::format("/routers/{}/add_extraroutes", router), routes_body(route), limits);
  if (!answer) return fail(std::move(answer.error()));
  return Applied{route_id(router, *to, via), attributes};
}

Result<Applied> create_one(const Maker& maker, const CreateRequest& request, const Limits& limits) {
  const std::string& kind = request.resource.kind;
  if (kind == kind::k_server) return create_server(maker, request, limits);
  if (kind == kind::k_interface) return create_interface(maker.client, request, limits);
  if (kind == kind::k_route) return create_route(maker.client, request, limits);
  return create_object(maker.client, request, limits);
}

/// After such a refusal of a bulk, of which nothing was made, one of its members may still be fine alone.
bool worth_trying_alone(const Diagnostic& why) {
  return why.kind == ErrorKind::conflict || why.kind == ErrorKind::quota || why.kind == ErrorKind::not_found ||
         why.kind == ErrorKind::permission;
}

/// One request after the other by up to four threads: the servers gain nothing from more.
template <class Each>
void in_lanes(const std::vector<std::size_t>& indices, Each each) {
  constexpr std::size_t k_lanes = 4;
  std::vector<std::future<void>> lanes;
  for (std::size_t lane = 0; lane < std::min(k_lanes, indices.size()); ++lane)
    lanes.push_back(std::async(std::launch::async, [&indices, &each, lane] {
      for (std::size_t i = lane; i < indices.size(); i += k_lanes) each(indices[i]);
    }));
  for (auto& lane : lanes) lane.get();
}

void bulk(const Maker& maker, std::span<const CreateRequest> requests, const std::vector<std::size_t>& indices,
          const Limits& limits, Results& results) {
  const std::string& kind = requests[indices.front()].resource.kind;
  const Names names = names_of(kind);
  Json::Array items;
  for (const std::size_t i : indices)
    items.push_back(write_object(kind, requests[i].resource.attributes, requests[i].marker.text()));
  auto answer = maker.client.create(Service::network, std::string(names.path),
                                    Json::object({{std::string(names.plural), Json::array(std::move(items))}}), limits);
  if (!answer) {
    const bool alone = worth_trying_alone(answer.error());
    for (const std::size_t i : indices)
      results[i] = alone ? create_one(maker, requests[i], limits) : Result<Applied>(fail(answer.error()));
    return;
  }
  // Answers are matched by marker, not by position: each request wrote its own.
  std::unordered_map<std::string_view, const Json*> made;
  const Json* list = answer->find(names.plural);
  if (list != nullptr && list->as_array() != nullptr)
    for (const Json& one : *list->as_array()) made.emplace(one.text_at("description"), &one);
  in_lanes(indices, [&](std::size_t i) {
    const std::string marker = requests[i].marker.text();
    const auto found = made.find(marker);
    results[i] = found == made.end() ? Result<Applied>(fail(lost(requests[i].resource.address.text)))
                                     : finished(maker.client, kind, *found->second, limits);
  });
}

/// Requests that may share a call: one kind, and for rules one group, which is all that Neutron accepts.
std::vector<std::vector<std::size_t>> batches(std::span<const CreateRequest> requests) {
  std::map<std::pair<std::string, std::string>, std::vector<std::size_t>> open;
  std::vector<std::vector<std::size_t>> full;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const std::string& kind = requests[i].resource.kind;
    const KindSchema& its = schema(kind);
    const std::string group =
        kind == kind::k_rule ? attribute(its, requests[i].resource.attributes, "group").text_or_empty() : std::string();
    auto& batch = open[{kind, group}];
    batch.push_back(i);
    if (batch.size() >= its.bulk) full.push_back(std::exchange(batch, {}));
  }
  for (auto& [key, batch] : open)
    if (!batch.empty()) full.push_back(std::move(batch));
  return full;
}

}  // namespace

std::vector<Result<Applied>> create_all(const Maker& maker, std::span<const CreateRequest> requests,
                                        const Limits& limits) {
  Results results(requests.size());
  for (const auto& batch : batches(requests)) {
    if (batch.size() == 1) {
      results[batch.front()] = create_one(maker, requests[batch.front()], limits);
    } else {
      bulk(maker, requests, batch, limits, results);
    }
  }
  std::vector<Result<Applied>> all;
  all.reserve(results.size());
  for (std::size_t i = 0; i < results.size(); ++i) {
    if (!*results[i] && results[i]->error().address.empty())
      results[i]->error().address = requests[i].resource.address.text;
    all.push_back(std::move(*results[i]));
  }
  return all;
}

}  // namespace cloison::openstack
