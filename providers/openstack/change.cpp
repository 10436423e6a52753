#include "providers/openstack/change.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/openstack/create.h"
#include "providers/openstack/fields.h"
#include "providers/openstack/observe.h"
#include "providers/openstack/refusal.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;
using net::Limits;

constexpr int k_rereads = 4;  // a child made meanwhile raises its parent's revision

Diagnostic not_ours(const ResourceState& row) {
  return {
      .kind = ErrorKind::conflict,
      .code = "CL5117",
      .summary = "the object no longer carries our mark, so it is left alone",
      .detail = fmt::format("{} {}", row.kind, row.remote_id),
      .hint = fmt::format("write the mark back as its description (a server's metadata `cloison`), with the LINEAGE "
                          "of cloison.lock: cloison LINEAGE {} {}",
                          row.key.generation, row.key.address),
      .address = row.key.address};
}

Diagnostic damaged(const ResourceState& row) {
  return {.kind = ErrorKind::state,
          .code = "CL5118",
          .summary = "the state holds an identifier that cannot be one",
          .detail = printable(row.remote_id),
          .hint = "move the state away and rebuild it from the marks: `cloison state recover`",
          .address = row.key.address};
}

/// Identifiers from the state are parts of paths here.
bool safe(std::string_view id) {
  return !id.empty() && id.size() <= 255 && id != "." && id != ".." &&
         std::all_of(id.begin(), id.end(),
                     [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; });
}

std::string object_path(std::string_view kind, const std::string& id) {
  return fmt::format("{}/{}", names_of(kind).path, id);
}

/// The object as it is now, proven ours by its marker.
Result<Json> ours_now(Client& client, const ResourceState& row, const Limits& limits) {
  auto answer = client.get(Service::network, object_path(row.kind, row.remote_id), limits);
  if (!answer) return answer;
  const Json* object = answer->find(names_of(row.kind).singular);
  if (object == nullptr)
    return fail(not_understood(fmt::format("the answer for {}", row.remote_id), "the object is missing"));
  const auto marker = Marker::parse(object->text_at("description"));
  if (!marker || !marker->names(marker->lineage, row.key.address)) return fail(not_ours(row));
  return *object;
}

Result<Applied> seen_as(std::string_view kind, const Result<Json>& answer) {
  if (!answer) return fail(answer.error());
  const Json* object = answer->find(names_of(kind).singular);
  if (object == nullptr) return fail(not_understood("the answer to a change", "the object is missing"));
  auto seen = read_object(kind, *object);
  if (!seen) return fail(std::move(seen.error()));
  return Applied{std::move(seen->remote_id), std::move(seen->attributes)};
}

/// One request under the revision just read, read again when the object has moved meanwhile.
Result<Json> put_unmoved(Client& client, const ResourceState& now, const Json& body, const Limits& limits) {
  for (int reread = 1;; ++reread) {
    auto object = ours_now(client, now, limits);
    if (!object) return object;
    const Json* revision = object->find("revision_number");
    const int64_t number = revision != nullptr && revision->as_integer() != nullptr ? *revision->as_integer() : -1;
    auto answer = client.put(Service::network, object_path(now.kind, now.remote_id), body, limits, number);
    const bool moved = !answer && answer.error().code == "CL5109";
    if (!moved || reread >= k_rereads) return answer;
  }
}

Result<Applied> update_plain(Client& client, const ResourceState& now, const Resource& desired, const Limits& limits) {
  const std::string member(names_of(now.kind).singular);
  return seen_as(
      now.kind,
      put_unmoved(client, now, Json::object({{member, write_object(now.kind, desired.attributes, "")}}), limits));
}

/// Neutron raises a router's revision itself while it sets the gateway, and then refuses (412) what it has half done:
/// the gateway goes by itself, without a revision, and only when it differs (seen on 21.1; the check of every flush is
/// in services/revisions/revision_plugin.py).
Result<Applied> update_router(Client& client, const ResourceState& now, const Resource& desired, const Limits& limits) {
  const std::string member = "external_gateway_info";
  const Json body = write_object(kind::k_router, desired.attributes, "");
  Json rest = Json::object(), gateway = Json::object();
  for (const auto& [name, value] : *body.as_object()) (name == member ? gateway : rest).set(name, value);
  auto changed = seen_as(now.kind, put_unmoved(client, now, Json::object({{"router", std::move(rest)}}), limits));
  const KindSchema& router = schema(kind::k_router);
  if (!changed || attribute(router, changed->observed, "external_network") ==
                      attribute(router, desired.attributes, "external_network"))
    return changed;
  return seen_as(now.kind, client.put(Service::network, object_path(now.kind, now.remote_id),
                                      Json::object({{"router", std::move(gateway)}}), limits));
}

std::vector<IpPrefix> addresses_of(const Value& attributes) {
  std::vector<IpPrefix> result;
  if (const auto* list = attribute(schema(kind::k_address_group), attributes, "addresses").as_list())
    for (const Value& item : *list)
      if (const auto* prefix = item.as_prefix()) result.push_back(*prefix);
  std::sort(result.begin(), result.end());
  return result;
}

Result<void> change_addresses(Client& client, const std::string& id, const char* how,
                              const std::vector<IpPrefix>& prefixes, const Limits& limits) {
  if (prefixes.empty()) return {};
  Json::Array items;
  for (const IpPrefix& prefix : prefixes) items.push_back(Json::text(prefix.text()));
  auto answer = client.put(Service::network, fmt::format("/address-groups/{}/{}", id, how),
                           Json::object({{"addresses", Json::array(std::move(items))}}), limits);
  return answer ? Result<void>() : fail(std::move(answer.error()));
}

/// What is to be added and to be removed, as the group is now.
struct AddressChange {
  std::vector<IpPrefix> missing{}, extra{};
  bool operator==(const AddressChange&) const = default;
};

Result<AddressChange> address_change(Client& client, const ResourceState& now, const std::vector<IpPrefix>& wants,
                                     const Limits& limits) {
  auto object = ours_now(client, now, limits);
  if (!object) return fail(std::move(object.error()));
  auto seen = read_object(kind::k_address_group, *object);
  if (!seen) return fail(std::move(seen.error()));
  const auto has = addresses_of(seen->attributes);
  AddressChange change;
  std::set_difference(wants.begin(), wants.end(), has.begin(), has.end(), std::back_inserter(change.missing));
  std::set_difference(has.begin(), has.end(), wants.begin(), wants.end(), std::back_inserter(change.extra));
  return change;
}

/// By difference, additions first: an address that only moves within the group never leaves it. Neutron fills a new
/// group address by address: a request of a run that was killed may still be at it, so a refusal is looked into.
Result<void> settle_addresses(Client& client, const ResourceState& now, const std::vector<IpPrefix>& wants,
                              const Limits& limits) {
  auto change = address_change(client, now, wants, limits);
  for (int reread = 1; change; ++reread) {
    auto done = change_addresses(client, now.remote_id, "add_addresses", change->missing, limits);
    if (done) done = change_addresses(client, now.remote_id, "remove_addresses", change->extra, limits);
    const bool refused =
        !done && (done.error().kind == ErrorKind::conflict || done.error().kind == ErrorKind::not_found);
    if (!refused || reread >= k_rereads) return done;
    auto later = address_change(client, now, wants, limits);
    if (later && *later == *change) return done;
    change = std::move(later);
  }
  return fail(std::move(change.error()));
}

Result<Applied> update_address_group(Client& client, const ResourceState& now, const Resource& desired,
                                     const Limits& limits) {
  if (auto settled = settle_addresses(client, now, addresses_of(desired.attributes), limits); !settled)
    return fail(std::move(settled.error()));
  const Json body = Json::object({{"address_group", write_object(kind::k_address_group, desired.attributes, "")}});
  return seen_as(kind::k_address_group,
                 client.put(Service::network, object_path(now.kind, now.remote_id), body, limits));
}

Result<Applied> update_server(Client& client, const ResourceState& now, const Resource& desired, const Limits& limits) {
  const std::string path = "/servers/" + now.remote_id;
  auto before = client.get(Service::compute, path, limits);
  if (!before) return fail(std::move(before.error()));
  const Json* server = before->find("server");
  const Json* metadata = server == nullptr ? nullptr : server->find("metadata");
  const auto marker = metadata == nullptr ? std::nullopt : Marker::parse(metadata->text_at("cloison"));
  if (!marker || !marker->names(marker->lineage, now.key.address)) return fail(not_ours(now));
  const Json name = Json::text(attribute(schema(kind::k_server), desired.attributes, "name").text_or_empty());
  auto answer = client.put(Service::compute, path, Json::object({{"server", Json::object({{"name", name}})}}), limits);
  if (!answer) return fail(std::move(answer.error()));
  auto after = client.get(Service::compute, path, limits);
  if (!after) return fail(std::move(after.error()));
  auto ports = ports_of_server(client, now.remote_id, limits);
  if (!ports) return fail(std::move(ports.error()));
  const Json* changed = after->find("server");
  auto seen = read_server(changed == nullptr ? Json() : *changed, *ports);
  if (!seen) return fail(std::move(seen.error()));
  return Applied{std::move(seen->remote_id), std::move(seen->attributes)};
}

Result<void> already_gone_is_fine(Result<Json> answer) {
  if (answer || answer.error().kind == ErrorKind::not_found) return {};
  return fail(std::move(answer.error()));
}

Result<void> remove_interface(Client& client, const ResourceState& row, const Limits& limits) {
  const auto parts = split(row.remote_id, '/');
  if (parts.size() != 2 || !safe(parts[0]) || !safe(parts[1])) return fail(damaged(row));
  return already_gone_is_fine(client.put(Service::network, fmt::format("/routers/{}/remove_router_interface", parts[0]),
                                         Json::object({{"subnet_id", Json::text(std::string(parts[1]))}}), limits));
}

Result<void> remove_route(Client& client, const ResourceState& row, const Limits& limits) {
  const auto parts = split(row.remote_id, '/');  // router, address, length, next hop
  const auto to = parts.size() == 4 ? IpPrefix::parse(fmt::format("{}/{}", parts[1], parts[2])) : std::nullopt;
  if (!to || !safe(parts[0]) || !IpAddress::parse(parts[3])) return fail(damaged(row));
  const Json route =
      Json::object({{"destination", Json::text(to->text())}, {"nexthop", Json::text(std::string(parts[3]))}});
  const Json body = Json::object({{"router", Json::object({{"routes", Json::array({route})}})}});
  return already_gone_is_fine(
      client.put(Service::network, fmt::format("/routers/{}/remove_extraroutes", parts[0]), body, limits));
}

}  // namespace

Result<Applied> update_object(Client& client, const ResourceState& now, const Resource& desired, const Limits& limits) {
  if (!schema(now.kind).can_update) {
    return fail({.kind = ErrorKind::unsupported,
                 .code = "CL5119",
                 .summary = fmt::format("a {} cannot be changed, only replaced", schema(now.kind).title),
                 .hint = "replace it: `cloison apply --replace " + now.key.address + "`",
                 .address = now.key.address});
  }
  if (!safe(now.remote_id)) return fail(damaged(now));
  if (now.kind == kind::k_server) return update_server(client, now, desired, limits);
  if (now.kind == kind::k_router) return update_router(client, now, desired, limits);
  if (now.kind == kind::k_address_group) return update_address_group(client, now, desired, limits);
  return update_plain(client, now, desired, limits);
}

Result<void> remove_object(Client& client, const ResourceState& row, const Limits& limits) {
  if (row.kind == kind::k_interface) return remove_interface(client, row, limits);
  if (row.kind == kind::k_route) return remove_route(client, row, limits);
  if (!safe(row.remote_id)) return fail(damaged(row));
  if (row.kind == kind::k_server) return remove_server(client, row.remote_id, limits);
  return client.remove(Service::network, object_path(row.kind, row.remote_id), limits);
}

}  // namespace cloison::openstack
