#include "providers/openstack/facts.h"

#include <array>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/openstack/fields.h"

namespace cloison::openstack {

namespace {

using net::Json;

/// Extensions that decide how something is lowered or written.
constexpr std::array<std::string_view, 4> k_extensions{"address-group", "extraroute-atomic", "port-security",
                                                       "provider"};

Result<void> extensions(Client& client, const net::Limits& limits, Facts& facts) {
  auto answer = client.get(Service::network, "/extensions", limits);
  if (!answer) return fail(std::move(answer.error()));
  Fields fields("the list of Neutron's extensions", *answer);
  for (const std::string_view alias : k_extensions) facts[fmt::format("extension/{}", alias)] = "no";
  for (const Json& one : fields.list("extensions")) {
    const std::string alias(one.text_at("alias"));
    if (std::find(k_extensions.begin(), k_extensions.end(), alias) != k_extensions.end())
      facts["extension/" + alias] = "yes";
  }
  if (fields.error()) return fail(*fields.error());
  return {};
}

/// External networks; and, from what any network shows, whether segmentation ids are ours to see and so to choose.
Result<void> networks(Client& client, const net::Limits& limits, Facts& facts) {
  auto all = client.list(Service::network, "/networks", {{"router:external", "true"}}, "networks", limits);
  if (!all) return fail(std::move(all.error()));
  bool any = false, shown = false;
  for (const Json& one : *all) {
    Fields fields("a network in the answer", one);
    const std::string id = fields.id("id");
    const bool external = fields.boolean("router:external").value_or(false);
    if (fields.error()) return fail(*fields.error());
    any = true;
    shown = shown || one.find("provider:network_type") != nullptr;
    if (external) facts["external_network/" + id] = printable(one.text_at("name"));
  }
  // Where policy shows these fields to owners only, a network of the project's own tells.
  auto own = client.get(Service::network, "/networks?limit=1&project_id=" + facts["project"], limits);
  if (!own) return fail(std::move(own.error()));
  Fields fields("a list of networks", *own);
  for (const Json& one : fields.list("networks")) {
    any = true;
    shown = shown || one.find("provider:network_type") != nullptr;
  }
  if (fields.error()) return fail(*fields.error());
  if (any) facts["permission/segmentation"] = shown ? "yes" : "no";
  return {};
}

Result<void> images(Client& client, const net::Limits& limits, Facts& facts) {
  auto all = client.list(Service::image, "/images", {{"status", "active"}}, "images", limits);
  if (!all) return fail(std::move(all.error()));
  for (const Json& one : *all) {
    Fields fields("an image in the answer", one);
    const std::string id = fields.id("id");
    if (fields.error()) return fail(*fields.error());
    if (one.text_at("status") != "active") continue;
    facts["image/" + id] = printable(one.text_at("name"));
  }
  return {};
}

Result<void> flavors(Client& client, const net::Limits& limits, Facts& facts) {
  auto all = client.list(Service::compute, "/flavors/detail", {}, "flavors", limits);
  if (!all) return fail(std::move(all.error()));
  for (const Json& one : *all) {
    Fields fields("a flavor in the answer", one);
    const std::string id = fields.id("id");
    const auto cpu = fields.integer("vcpus"), memory = fields.integer("ram"), disk = fields.integer("disk");
    if (!cpu || !memory || !disk) fields.complain("vcpus, ram and disk are needed");
    if (fields.error()) return fail(*fields.error());
    if (fields.boolean("OS-FLV-DISABLED:disabled").value_or(false)) continue;
    facts["flavor/" + id] = fmt::format("{} {} {}", *cpu, *memory, *disk);
    facts["flavor_name/" + id] = printable(one.text_at("name"));
  }
  return {};
}

Result<void> zones(Client& client, const net::Limits& limits, Facts& facts) {
  auto answer = client.get(Service::compute, "/os-availability-zone", limits);
  if (!answer) return fail(std::move(answer.error()));
  Fields fields("the list of availability zones", *answer);
  for (const Json& one : fields.list("availabilityZoneInfo")) {
    const Json* state = one.find("zoneState");
    const Json* available = state == nullptr ? nullptr : state->find("available");
    const bool open = available != nullptr && available->as_boolean() != nullptr && *available->as_boolean();
    if (open && !one.text_at("zoneName").empty()) facts["zone/" + printable(one.text_at("zoneName"))] = "available";
  }
  if (fields.error()) return fail(*fields.error());
  return {};
}

}  // namespace

Result<Facts> read_compute_facts(Client& client, const net::Limits& limits) {
  Facts facts;
  for (const auto read : {images, flavors, zones})
    if (auto done = read(client, limits, facts); !done) return fail(std::move(done.error()));
  return facts;
}

Result<Facts> read_facts(Client& client, const net::Limits& limits) {
  auto session = client.session(limits);
  if (!session) return fail(std::move(session.error()));
  Facts facts;
  facts["project"] = (*session)->project_id;
  const bool computes = (*session)->endpoints.contains("compute") && (*session)->endpoints.contains("image");
  if (computes) {
    auto read = read_compute_facts(client, limits);
    if (!read) return read;
    facts.merge(std::move(*read));
  }
  for (const auto read : {extensions, networks})
    if (auto done = read(client, limits, facts); !done) return fail(std::move(done.error()));
  for (const Service service : {Service::compute, Service::image})
    facts[fmt::format("service/{}", service_type(service))] =
        (*session)->endpoints.contains(std::string(service_type(service))) ? "yes" : "no";
  facts["catalogue"] = catalogue_words(**session);
  facts["account"] = printable(fmt::format("{} {}", (*session)->region, (*session)->project_name));
  return facts;
}

Facts specimen() {
  Facts facts{{"account", "an ordinary account"},
              {"project", "00000000000000000000000000000001"},
              {"permission/segmentation", "yes"},
              {"service/compute", "yes"},
              {"service/image", "yes"}};
  for (const std::string_view alias : k_extensions) facts[fmt::format("extension/{}", alias)] = "yes";
  facts["external_network/00000000-0000-4000-8000-000000000001"] = "Ext-Net";
  for (const char* zone : {"nova-a", "nova-b", "nova-c", "nova"}) facts[fmt::format("zone/{}", zone)] = "available";
  struct Size {
    const char* name;
    int cpu, memory, disk;
  };
  constexpr std::array k_sizes{
      Size{"d2-2", 1, 2048, 25},     Size{"d2-4", 2, 4096, 50},       Size{"d2-8", 4, 8192, 50},
      Size{"b3-8", 2, 8192, 50},     Size{"b3-16", 4, 16384, 100},    Size{"b3-32", 8, 32768, 200},
      Size{"b3-64", 16, 65536, 400}, Size{"b3-128", 32, 131072, 400}, Size{"r3-16", 2, 16384, 50},
      Size{"r3-32", 4, 32768, 100},  Size{"r3-64", 8, 65536, 200},    Size{"c3-8", 4, 8192, 100}};
  int number = 1;
  for (const Size& size : k_sizes) {
    const std::string id = fmt::format("00000000-0000-4000-8000-0000000001{:02}", number++);
    facts["flavor/" + id] = fmt::format("{} {} {}", size.cpu, size.memory, size.disk);
    facts["flavor_name/" + id] = size.name;
  }
  number = 1;
  for (const char* image : {"debian-12", "debian-13", "ubuntu-24-04", "rocky-linux-9"})
    facts[fmt::format("image/00000000-0000-4000-8000-0000000002{:02}", number++)] = image;
  return facts;
}

}  // namespace cloison::openstack
