#include "providers/openstack/choose.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include <fmt/format.h>

#include "core/base/strings.h"

namespace cloison::openstack {

namespace {

Diagnostic wrong(const char* code, std::string summary, std::string detail, std::string hint) {
  return {.kind = ErrorKind::topology,
          .code = code,
          .summary = std::move(summary),
          .detail = std::move(detail),
          .hint = std::move(hint)};
}

std::vector<std::string> names(const std::vector<Named>& all) {
  std::vector<std::string> result;
  for (const Named& one : all) result.push_back(printable(one.name));
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::string identifiers(const std::vector<Named>& all) {
  std::vector<std::string> result;
  for (const Named& one : all) result.push_back(fmt::format("{} ({})", printable(one.name), one.id));
  return join(result, ", ");
}

/// The first of: same identifier, same name, same folded name, that anything meets.
std::vector<Named> matching(const std::vector<Named>& all, const std::string& requested) {
  const auto those = [&](auto same) {
    std::vector<Named> found;
    std::copy_if(all.begin(), all.end(), std::back_inserter(found), same);
    return found;
  };
  auto found = those([&](const Named& one) { return one.id == requested; });
  if (found.empty()) found = those([&](const Named& one) { return one.name == requested; });
  if (found.empty()) found = those([&](const Named& one) { return proposed_name(one.name) == requested; });
  return found;
}

/// "4 8192 50"
bool read_size(const std::string& text, Flavor& flavor) {
  const char* at = text.data();
  const char* const end = at + text.size();
  for (int64_t* value : {&flavor.cpu, &flavor.memory, &flavor.disk}) {
    while (at != end && *at == ' ') ++at;
    const auto [next, error] = std::from_chars(at, end, *value);
    if (error != std::errc{}) return false;
    at = next;
  }
  return true;
}

std::vector<Flavor> flavors(const Facts& facts) {
  std::vector<Flavor> result;
  for (const Named& one : facts_of(facts, "flavor")) {
    Flavor flavor;
    flavor.id = one.id;
    const auto name = facts.find("flavor_name/" + one.id);
    flavor.name = name == facts.end() ? one.id : name->second;
    if (read_size(one.name, flavor)) result.push_back(std::move(flavor));
  }
  std::sort(result.begin(), result.end(), [](const Flavor& a, const Flavor& b) {
    return std::tie(a.cpu, a.memory, a.disk, a.name, a.id) < std::tie(b.cpu, b.memory, b.disk, b.name, b.id);
  });
  return result;
}

}  // namespace

std::vector<Named> facts_of(const Facts& facts, std::string_view family) {
  const std::string prefix = std::string(family) + "/";
  std::vector<Named> found;
  for (auto at = facts.lower_bound(prefix); at != facts.end() && at->first.starts_with(prefix); ++at)
    found.push_back({at->first.substr(prefix.size()), at->second});
  return found;
}

Result<Named> choose_image(const Facts& facts, const std::string& requested) {
  const auto all = facts_of(facts, "image");
  const auto found = matching(all, requested);
  if (found.size() == 1) return found.front();
  if (!found.empty()) {
    return fail(wrong("CL2051", fmt::format("image '{}' is ambiguous", requested), identifiers(found),
                      "name the identifier of the one you mean"));
  }
  std::vector<std::string> known = names(all);
  for (const Named& one : all) known.push_back(proposed_name(one.name));
  std::sort(known.begin(), known.end());
  known.erase(std::unique(known.begin(), known.end()), known.end());
  return fail(wrong("CL2050", fmt::format("there is no image '{}'", requested),
                    fmt::format("the account sees {}", counted(all.size(), "image")), did_you_mean(requested, known)));
}

Result<Flavor> choose_flavor(const Facts& facts, const std::string& requested, int64_t cpu, int64_t memory) {
  const auto all = flavors(facts);
  if (!requested.empty()) {
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const Flavor& one) { return one.id == requested || one.name == requested; });
    if (found != all.end()) return *found;
    return fail(wrong("CL2052", fmt::format("there is no flavor '{}'", requested), "",
                      did_you_mean(requested, names(facts_of(facts, "flavor_name")))));
  }
  const auto found =
      std::find_if(all.begin(), all.end(), [&](const Flavor& one) { return one.cpu >= cpu && one.memory >= memory; });
  if (found != all.end()) return *found;
  const auto most = std::max_element(all.begin(), all.end(), [](const Flavor& a, const Flavor& b) {
    return std::tie(a.memory, a.cpu) < std::tie(b.memory, b.cpu);
  });
  return fail(wrong(
      "CL2053", fmt::format("no flavor has {} and {} MiB", counted(static_cast<std::size_t>(cpu), "processor"), memory),
      most == all.end()
          ? std::string("the account sees no flavor")
          : fmt::format("the largest is {}: {} processors, {} MiB", printable(most->name), most->cpu, most->memory),
      "ask for less, or have the operator give the account a larger flavor"));
}

Result<std::string> choose_external_network(const Facts& facts, const std::string& requested) {
  const auto all = facts_of(facts, "external_network");
  if (requested.empty() && all.size() == 1) return all.front().id;
  if (requested.empty() && all.empty()) {
    return fail(wrong("CL2056", "the account sees no external network",
                      "a flow leaves to public addresses or comes from them",
                      "ask the operator for one, or take out public: true and the flows with public addresses"));
  }
  const auto found = requested.empty() ? all : matching(all, requested);
  if (found.size() == 1) return found.front().id;
  if (!found.empty()) {
    return fail(wrong("CL2057", "there are several external networks", identifiers(found),
                      fmt::format("set external_network: {} in the provider entry", found.front().id)));
  }
  return fail(wrong("CL2058", fmt::format("there is no external network '{}'", requested), "",
                    did_you_mean(requested, names(all))));
}

}  // namespace cloison::openstack
