#include "providers/openstack/lower.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/openstack/choose.h"
#include "providers/openstack/lowering.h"
#include "providers/openstack/schema.h"

namespace cloison::openstack {

std::string network_address(const std::string& segment) {
  return segment + ".network";
}

std::string subnet_address(const std::string& segment, Family family) {
  return fmt::format("{}.subnet-{}", segment, family_name(family));
}

std::string router_address(const std::string& domain) {
  return domain + ".router";
}

std::string interface_address(const SegmentIntent& segment, Family family) {
  return fmt::format("{}.interface/{}{}", router_address(segment.domain), segment.name,
                     family == Family::ipv6 ? "-ipv6" : "");
}

std::string object_name(const std::string& path) {
  constexpr std::size_t k_longest = 255;
  constexpr std::size_t k_digest = 12;
  if (path.size() <= k_longest) return path;
  return path.substr(0, k_longest - k_digest - 1) + "-" + sha256_hex(path).substr(0, k_digest);
}

std::string Lowering::setting(const std::string& key) const {
  const auto found = intent.settings.find(key);
  return found == intent.settings.end() ? std::string() : found->second;
}

Resource& Lowering::add(std::string address, std::string_view kind,
                        std::vector<std::pair<std::string_view, Value>> attributes, const std::vector<Origin>& origins,
                        std::vector<std::string> after) {
  if (const auto at = by_address.find(address)) {
    Resource& known = out.resources[*at];
    if (kind != kind::k_rule) {
      complain({.kind = ErrorKind::internal,
                .code = "CL2060",
                .summary = "two objects have one address",
                .detail = std::string(kind),
                .hint = "this is a bug of cloison: please report it with the topology"},
               address, origins);
    }
    for (const Origin& origin : origins)
      if (std::find(known.origins.begin(), known.origins.end(), origin) == known.origins.end())
        known.origins.push_back(origin);
    return known;
  }
  Resource resource;
  resource.address.text = std::move(address);
  resource.provider = intent.provider;
  resource.kind = kind;
  resource.attributes = record(schema(kind), std::move(attributes));
  resource.origins = origins;
  resource.after = std::move(after);
  out.resources.push_back(std::move(resource));
  by_address.add(static_cast<uint32_t>(out.resources.size() - 1));
  return out.resources.back();
}

void Lowering::complain(Diagnostic note, const std::string& address, const std::vector<Origin>& origins) {
  note.address = address;
  if (!origins.empty()) note.where = origins.front().span;
  notes.push_back(std::move(note));
}

std::string Lowering::external_network(const std::string& address, const std::vector<Origin>& origins) {
  const std::string named = setting("external_network");
  if (!has_facts()) return named.empty() ? "external" : named;
  auto chosen = choose_external_network(facts, named);
  if (chosen) return *chosen;
  complain(std::move(chosen.error()), address, origins);
  return {};
}

Checked<Lowered> lower(const Intent& intent, const Facts& facts) {
  Lowering lowering{.intent = intent, .facts = facts};
  const std::size_t expected =
      intent.permits.size() + 2 * intent.endpoints.size() + 4 * intent.segments.size() + intent.groups.size();
  lowering.out.resources.reserve(expected);
  lowering.by_address.reserve(expected);
  for (const SegmentIntent& segment : intent.segments) lowering.segments.emplace(segment.path, &segment);
  lower_networks(lowering);
  lower_rules(lowering);
  lower_machines(lowering);
  Checked<Lowered> result;
  result.notes = std::move(lowering.notes);
  if (!has_errors(result.notes)) result.value = std::move(lowering.out);
  return result;
}

}  // namespace cloison::openstack
