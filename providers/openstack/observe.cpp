#include "providers/openstack/observe.h"

#include <algorithm>
#include <future>
#include <map>
#include <set>

#include "core/model/provider.h"
#include "providers/openstack/refusal.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;
using Lists = std::map<std::string, std::vector<Json>>;  // by the API's plural

/// Plurals that these kinds are read from.
std::set<std::string> lists_of(std::span<const std::string> kinds) {
  std::set<std::string> needed;
  for (const std::string& kind : kinds) {
    needed.emplace(names_of(kind).plural);
    if (kind == kind::k_server) needed.emplace("ports");
  }
  return needed;
}

Result<std::vector<Json>> one_list(Client& client, const std::string& plural, const std::string& project,
                                   const net::Limits& limits) {
  const bool servers = plural == "servers";
  std::string path = "/" + plural;
  std::replace(path.begin(), path.end(), '_', '-');
  auto all = client.list(servers ? Service::compute : Service::network, servers ? "/servers/detail" : path,
                         servers ? Query{} : Query{{"project_id", project}}, plural, limits);
  if (all) std::erase_if(*all, [&](const Json& one) { return !in_project(one, project); });
  return all;
}

/// Some clouds have no address groups: their list is then empty, which is what it is.
bool may_be_absent(const std::string& plural, const Diagnostic& why) {
  return plural == "address_groups" && why.kind == ErrorKind::not_found;
}

Result<Lists> read_lists(Client& client, const std::set<std::string>& plurals, const std::string& project,
                         const net::Limits& limits) {
  std::vector<std::pair<std::string, std::future<Result<std::vector<Json>>>>> running;
  for (const std::string& plural : plurals)
    running.emplace_back(plural, std::async(std::launch::async, [&client, plural, &project, &limits] {
                           return one_list(client, plural, project, limits);
                         }));
  Lists lists;
  std::optional<Diagnostic> first;
  for (auto& [plural, future] : running) {
    auto list = future.get();
    if (!list && may_be_absent(plural, list.error())) list = std::vector<Json>{};
    if (list) {
      lists[plural] = std::move(*list);
    } else if (!first) {
      first = std::move(list.error());
    }
  }
  if (first) return fail(std::move(*first));
  return lists;
}

std::map<std::string, std::vector<std::string>> ports_by_device(const std::vector<Json>& ports) {
  std::map<std::string, std::vector<std::string>> result;
  for (const Json& port : ports)
    if (!port.text_at("device_id").empty())
      result[std::string(port.text_at("device_id"))].emplace_back(port.text_at("id"));
  return result;
}

using Sink = std::vector<Observed>;

Result<void> take(Sink& sink, Result<Observed> one) {
  if (!one) return fail(std::move(one.error()));
  sink.push_back(std::move(*one));
  return {};
}

Result<void> take(Sink& sink, Result<std::vector<Observed>> several) {
  if (!several) return fail(std::move(several.error()));
  std::move(several->begin(), several->end(), std::back_inserter(sink));
  return {};
}

/// External networks are the operator's even when they are the project's own; networks that others share are foreign.
bool belongs(std::string_view kind, const Json& object) {
  if (kind == kind::k_network) {
    const Json* external = object.find("router:external");
    return external == nullptr || external->as_boolean() == nullptr || !*external->as_boolean();
  }
  if (kind == kind::k_port) return !is_platform_port(object);
  if (kind == kind::k_interface) return is_router_port(object);
  return true;
}

Result<Sink> read_kind(std::string_view kind, const Lists& lists) {
  Sink sink;
  std::map<std::string, std::vector<std::string>> attached;
  if (kind == kind::k_server) attached = ports_by_device(lists.at("ports"));
  for (const Json& object : lists.at(std::string(names_of(kind).plural))) {
    if (!belongs(kind, object)) continue;
    Result<void> done;
    if (kind == kind::k_interface) {
      done = take(sink, read_interfaces(object));
    } else if (kind == kind::k_route) {
      done = take(sink, read_routes(object));
    } else if (kind == kind::k_server) {
      done = take(sink, read_server(object, attached[std::string(object.text_at("id"))]));
    } else {
      done = take(sink, read_object(kind, object));
    }
    if (!done) return fail(std::move(done.error()));
  }
  std::sort(sink.begin(), sink.end(), [](const Observed& a, const Observed& b) { return a.remote_id < b.remote_id; });
  // pages of a list that changes meanwhile may show an object twice
  sink.erase(std::unique(sink.begin(), sink.end(),
                         [](const Observed& a, const Observed& b) { return a.remote_id == b.remote_id; }),
             sink.end());
  return sink;
}

/// Of these kinds those that the cloud has a service for.
std::vector<std::string> readable(std::span<const std::string> kinds, const Session& session) {
  std::vector<std::string> known;
  const bool compute = session.endpoints.contains("compute");
  for (const std::string& kind : kinds)
    if (find_kind(schemas(), kind) != nullptr && (compute || kind != kind::k_server)) known.push_back(kind);
  return known;
}

/// What a machine is given at its first boot may be secret.
void forget_first_boot(Json& object) {
  auto* const members = std::get_if<Json::Object>(&object.data);
  if (members == nullptr) return;
  std::erase_if(*members, [](const auto& member) {
    return member.first == "OS-EXT-SRV-ATTR:user_data" || member.first == "user_data" || member.first == "adminPass";
  });
}

std::string lines_of(std::vector<Json> objects) {
  std::sort(objects.begin(), objects.end(),
            [](const Json& a, const Json& b) { return a.text_at("id") < b.text_at("id"); });
  std::string text = "[";
  for (auto& object : objects) {
    forget_first_boot(object);
    text += (text.size() > 1 ? ",\n" : "\n") + net::to_text(object);
  }
  return text + "\n]\n";
}

}  // namespace

bool in_project(const Json& object, const std::string& project) {
  const std::string_view named = object.text_at("project_id");
  return !project.empty() && (named.empty() ? object.text_at("tenant_id") : named) == project;
}

Result<std::vector<Observed>> observe_project(Client& client, std::span<const std::string> kinds,
                                              const net::Limits& limits) {
  auto session = client.session(limits);
  if (!session) return fail(std::move(session.error()));
  const auto known = readable(kinds, **session);
  auto lists = read_lists(client, lists_of(known), (*session)->project_id, limits);
  if (!lists) return fail(std::move(lists.error()));
  std::vector<Observed> all;
  for (const std::string& kind : known) {
    auto some = read_kind(kind, *lists);
    if (!some) return fail(std::move(some.error()));
    std::move(some->begin(), some->end(), std::back_inserter(all));
  }
  return all;
}

Result<std::vector<RawAnswer>> raw_project(Client& client, const net::Limits& limits) {
  auto session = client.session(limits);
  if (!session) return fail(std::move(session.error()));
  std::vector<std::string> kinds;
  for (const auto& schema : schemas()) kinds.push_back(schema.kind);
  auto lists = read_lists(client, lists_of(readable(kinds, **session)), (*session)->project_id, limits);
  if (!lists) return fail(std::move(lists.error()));
  std::vector<RawAnswer> answers;
  for (auto& [plural, objects] : *lists) answers.push_back({plural + ".json", lines_of(std::move(objects))});
  return answers;
}

Result<std::vector<std::string>> ports_of_server(Client& client, const std::string& server, const net::Limits& limits) {
  auto ports = client.list(Service::network, "/ports", {{"device_id", server}}, "ports", limits);
  if (!ports) return fail(std::move(ports.error()));
  auto by_device = ports_by_device(*ports);
  return std::move(by_device[server]);
}

}  // namespace cloison::openstack
