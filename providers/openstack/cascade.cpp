#include <fmt/format.h>

#include "providers/openstack/change.h"
#include "providers/openstack/observe.h"
#include "providers/openstack/schema.h"
#include "providers/openstack/wire.h"

namespace cloison::openstack {

namespace {

using net::Json;
using net::Limits;

/// Looks around one object of ours for what is not.
class Surroundings {
 public:
  Surroundings(Client& client, const Limits& limits) : client_(client), limits_(limits) {}

  /// The lineage in the object's own marker: everything of the same lineage is ours. "" when it is gone already.
  Result<std::string> lineage_of(std::string_view kind, const std::string& id) {
    const bool server = kind == kind::k_server;
    auto answer = client_.get(server ? Service::compute : Service::network,
                              fmt::format("{}/{}", names_of(kind).path, id), limits_);
    if (!answer && answer.error().kind == ErrorKind::not_found) return std::string();
    if (!answer) return fail(std::move(answer.error()));
    const Json* object = answer->find(names_of(kind).singular);
    const Json* metadata = object == nullptr ? nullptr : object->find("metadata");
    const auto marker = Marker::parse(server              ? (metadata == nullptr ? "" : metadata->text_at("cloison"))
                                      : object == nullptr ? ""
                                                          : object->text_at("description"));
    return marker ? marker->lineage : std::string();
  }

  /// Objects of that kind that the filter finds (re-applied by `refers`) and that are not of this lineage.
  template <class Refers>
  Result<void> collect(std::string_view kind, const Query& filter, const std::string& lineage, Refers refers) {
    auto all = client_.list(Service::network, std::string(names_of(kind).path), filter,
                            std::string(names_of(kind).plural), limits_);
    if (!all) return fail(std::move(all.error()));
    for (const Json& one : *all) {
      if (!refers(one)) continue;
      const auto marker = Marker::parse(one.text_at("description"));
      if (marker && marker->lineage == lineage) continue;
      if (auto done = add(kind, one, lineage); !done) return done;
    }
    return {};
  }

  [[nodiscard]] std::vector<Observed> take() { return std::move(found_); }

 private:
  Result<void> add(std::string_view kind, const Json& one, const std::string& lineage) {
    if (kind == kind::k_port && is_router_port(one)) return add_interfaces(one, lineage);
    if (kind == kind::k_port && is_platform_port(one))
      return {};  // DHCP's and the like go with the network by themselves
    auto seen = read_object(kind, one);
    if (!seen) return fail(std::move(seen.error()));
    found_.push_back(std::move(*seen));
    return {};
  }

  /// An interface is ours when both its ends are.
  Result<void> add_interfaces(const Json& port, const std::string& lineage) {
    auto interfaces = read_interfaces(port);
    if (!interfaces) return fail(std::move(interfaces.error()));
    for (Observed& one : *interfaces) {
      auto router = lineage_of(kind::k_router, one.container_id);
      auto subnet =
          lineage_of(kind::k_subnet, attribute(schema(kind::k_interface), one.attributes, "subnet").text_or_empty());
      if (!router) return fail(std::move(router.error()));
      if (!subnet) return fail(std::move(subnet.error()));
      if (*router != lineage || *subnet != lineage) found_.push_back(std::move(one));
    }
    return {};
  }

  Client& client_;
  const Limits& limits_;
  std::vector<Observed> found_{};
};

bool has_fixed_ip_on(const Json& port, const std::string& subnet) {
  const Json* addresses = port.find("fixed_ips");
  if (addresses == nullptr || addresses->as_array() == nullptr) return false;
  const auto& all = *addresses->as_array();
  return std::any_of(all.begin(), all.end(), [&](const Json& one) { return one.text_at("subnet_id") == subnet; });
}

bool has_group(const Json& port, const std::string& group) {
  const Json* groups = port.find("security_groups");
  if (groups == nullptr || groups->as_array() == nullptr) return false;
  const auto& all = *groups->as_array();
  return std::any_of(all.begin(), all.end(),
                     [&](const Json& one) { return one.as_text() != nullptr && *one.as_text() == group; });
}

}  // namespace

Result<std::vector<Observed>> foreign_around(Client& client, const ResourceState& row, const Limits& limits) {
  const std::string& id = row.remote_id;
  const std::string& kind = row.kind;
  const bool leaf =
      kind == kind::k_rule || kind == kind::k_interface || kind == kind::k_route || kind == kind::k_floating_ip;
  if (leaf) return std::vector<Observed>{};
  Surroundings around(client, limits);
  auto lineage = around.lineage_of(kind, id);
  if (!lineage) return fail(std::move(lineage.error()));
  if (lineage->empty()) return std::vector<Observed>{};
  const auto with = [&id](const char* member) {
    return [&id, member](const Json& one) { return one.text_at(member) == id; };
  };
  Result<void> done;
  if (kind == kind::k_network) {
    done = around.collect(kind::k_port, {{"network_id", id}}, *lineage, with("network_id"));
    if (done) done = around.collect(kind::k_subnet, {{"network_id", id}}, *lineage, with("network_id"));
  } else if (kind == kind::k_subnet) {
    done = around.collect(kind::k_port, {{"fixed_ips", "subnet_id=" + id}}, *lineage,
                          [&id](const Json& one) { return has_fixed_ip_on(one, id); });
  } else if (kind == kind::k_router || kind == kind::k_server) {
    done = around.collect(kind::k_port, {{"device_id", id}}, *lineage, with("device_id"));
  } else if (kind == kind::k_group) {
    done = around.collect(kind::k_port, {{"security_groups", id}}, *lineage,
                          [&id](const Json& one) { return has_group(one, id); });
    // Neutron would remove these silently with the group
    if (done)
      done = around.collect(kind::k_rule, {{"remote_group_id", id}}, *lineage, [&id](const Json& one) {
        return one.text_at("remote_group_id") == id && one.text_at("security_group_id") != id;
      });
  } else if (kind == kind::k_address_group) {
    done = around.collect(kind::k_rule, {{"remote_address_group_id", id}}, *lineage, with("remote_address_group_id"));
  } else if (kind == kind::k_port) {
    done = around.collect(kind::k_floating_ip, {{"port_id", id}}, *lineage, with("port_id"));
  }
  if (!done) return fail(std::move(done.error()));
  return around.take();
}

}  // namespace cloison::openstack
