#include "tests/conformance/provider_conformance.h"

#include <algorithm>

#include "core/base/digest.h"

namespace cloison::conformance {

namespace {

constexpr const char* k_lineage = "conformance";

Call call() {
  return {.deadline = std::chrono::steady_clock::now() + std::chrono::minutes(3)};
}

Value prefix(std::string_view text) {
  return Value::prefix(*IpPrefix::parse_loose(text));
}

}  // namespace

void ProviderConformance::SetUp() {
  platform_ = GetParam().make();
  if (!platform_) GTEST_SKIP() << GetParam().name << " is not available here";
  run_ = "cc-" + random_hex(4);
}

void ProviderConformance::TearDown() {
  std::reverse(made_.begin(), made_.end());
  for (const auto& one : made_) {
    const auto removed = provider().remove(one.row, call());
    EXPECT_TRUE(removed.has_value()) << one.name << ": " << (removed ? "" : removed.error().detail);
  }
}

const KindSchema& ProviderConformance::schema(std::string_view kind) {
  const KindSchema* found = find_kind(provider().kinds(), kind);
  if (found == nullptr) throw std::runtime_error("no such kind: " + std::string(kind));
  return *found;
}

CreateRequest ProviderConformance::request(std::string_view kind, std::string_view name, Named attributes) {
  Resource resource;
  resource.address.text = unique(name);
  resource.provider = "conformance";
  resource.kind = kind;
  if (schema(kind).slot("name") &&
      std::none_of(attributes.begin(), attributes.end(), [](const auto& one) { return one.first == "name"; }))
    attributes.emplace_back("name", Value::text(unique(name)));
  resource.attributes = record(schema(kind), std::move(attributes));
  return {provider().canonical(resource), Marker{k_lineage, 1, unique(name)}};
}

Result<Applied> ProviderConformance::create(std::string_view kind, std::string_view name, Named attributes) {
  const CreateRequest wanted = request(kind, name, std::move(attributes));
  auto results = provider().create_many({&wanted, 1}, call());
  if (results.size() != 1) throw std::runtime_error("one request, not one answer");
  if (results.front()) {
    ResourceState state;
    state.key = {unique(name), 1};
    state.provider = "conformance";
    state.kind = kind;
    state.remote_id = results.front()->remote_id;
    state.applied = wanted.resource.attributes;
    state.observed = results.front()->observed;
    made_.push_back({std::move(state), std::string(name)});
  }
  return std::move(results.front());
}

void ProviderConformance::expect_as_asked(std::string_view kind, const Value& asked, const Value& seen) {
  const KindSchema& its = schema(kind);
  for (const AttributeSchema& one : its.attributes) {
    const Value& wanted = attribute(its, asked, one.name);
    const Value& is = attribute(its, seen, one.name);
    const bool invisible = kind == "server" && is.is_null();
    if (wanted.is_null() || invisible) continue;
    EXPECT_TRUE(wanted == is) << kind << "." << one.name << ": asked " << to_display(wanted) << ", seen "
                              << to_display(is);
  }
}

std::string ProviderConformance::made(std::string_view kind, std::string_view name, Named attributes) {
  auto result = create(kind, name, std::move(attributes));
  if (!result) {
    ADD_FAILURE() << kind << " " << name << ": " << result.error().code << " " << result.error().summary << " - "
                  << result.error().detail;
    return {};
  }
  expect_as_asked(kind, made_.back().row.applied, result->observed);
  const auto seen = found(kind, result->remote_id);
  EXPECT_TRUE(seen.has_value()) << kind << " is not listed";
  if (seen) {
    EXPECT_TRUE(seen->attributes == result->observed)
        << kind << ": created " << to_display(result->observed) << ", listed " << to_display(seen->attributes);
    const bool marked = schema(kind).identity == KindSchema::Identity::marker;
    EXPECT_TRUE(!marked || (seen->marker && seen->marker->names(k_lineage, unique(name))))
        << kind << " is listed without its mark";
  }
  return result->remote_id;
}

ResourceState ProviderConformance::row(std::string_view kind, std::string_view name) {
  const auto one = std::find_if(made_.begin(), made_.end(),
                                [&](const Made& made) { return made.row.kind == kind && made.name == name; });
  if (one == made_.end()) throw std::runtime_error("never made: " + std::string(name));
  return one->row;
}

Result<Applied> ProviderConformance::update(std::string_view kind, std::string_view name, Named attributes) {
  const CreateRequest wanted = request(kind, name, std::move(attributes));
  return provider().update(row(kind, name), wanted.resource, call());
}

Result<void> ProviderConformance::remove(std::string_view kind, std::string_view name) {
  return provider().remove(row(kind, name), call());
}

std::vector<Observed> ProviderConformance::listed(std::string_view kind) {
  const std::vector<std::string> kinds{std::string(kind)};
  auto all = provider().observe({k_lineage}, kinds, call());
  EXPECT_TRUE(all.has_value()) << (all ? "" : all.error().detail);
  return all ? std::move(*all) : std::vector<Observed>{};
}

std::optional<Observed> ProviderConformance::found(std::string_view kind, const std::string& remote_id) {
  auto all = listed(kind);
  const auto one = std::find_if(all.begin(), all.end(),
                                [&](const Observed& seen) { return seen.kind == kind && seen.remote_id == remote_id; });
  return one == all.end() ? std::nullopt : std::optional(std::move(*one));
}

std::string ProviderConformance::network(std::string_view name) {
  return made("network", name, {});
}

std::string ProviderConformance::subnet(const std::string& network, std::string_view cidr, std::string_view gateway,
                                        std::string_view name) {
  const IpPrefix block = *IpPrefix::parse_loose(cidr);
  const Value pool = Value::slots({Value::text(block.nth(200)->text()), Value::text(block.nth(210)->text())});
  return made("subnet", name,
              {{"network", Value::text(network)},
               {"cidr", prefix(cidr)},
               {"gateway", Value::text(std::string(gateway))},
               {"allocation_pools", Value::list({pool})},
               {"dns", Value::texts({"192.0.2.53", "192.0.2.54"})},
               {"dhcp", Value::boolean(true)}});
}

std::string ProviderConformance::router(std::string_view name) {
  return made("router", name, {});
}

std::string ProviderConformance::group(std::string_view name) {
  return made("security_group", name, {});
}

std::string ProviderConformance::port(const std::string& network, const std::string& subnet, std::string_view address,
                                      const std::vector<std::string>& groups, std::string_view name) {
  return made("port", name,
              {{"network", Value::text(network)},
               {"fixed_ips", Value::list({Value::slots({Value::text(subnet), Value::text(std::string(address))})})},
               {"security_groups", Value::texts(groups)},
               {"port_security", Value::boolean(true)}});
}

Named ProviderConformance::tcp_rule(const std::string& group, int64_t first, int64_t last, std::string_view remote) {
  return {{"group", Value::text(group)},    {"direction", Value::text("in")},    {"family", Value::text("ipv4")},
          {"protocol", Value::text("tcp")}, {"port_min", Value::integer(first)}, {"port_max", Value::integer(last)},
          {"remote_prefix", prefix(remote)}};
}

}  // namespace cloison::conformance
