// `cloison deploy SERVICE --wave …`: resources of services, on some of their machines.

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "core/base/numbers.h"
#include "core/base/strings.h"
#include "core/model/rollout.h"
#include "core/ops/choosing.h"

namespace cloison::ops {

namespace {

constexpr std::size_t k_hundred = 100;

/// What is of one service on one machine.
struct MachinePart {
  std::pair<uint32_t, std::string> turn{};  // of what runs: number, lane
  std::string path{};                       // of the machine
  std::vector<const Resource*> resources{};
  bool pending = false;
};

std::vector<MachinePart> parts_of(const std::string& service, const std::vector<Resource>& desired,
                                  const Snapshot& snapshot) {
  const auto rollout = rollout_of_service(service);
  std::map<std::string, MachinePart> by_provider;
  for (const auto& resource : desired) {
    if (resource.rollout != rollout) continue;
    auto& part = by_provider[resource.provider];
    part.path = node_of(resource.provider);
    part.resources.push_back(&resource);
    if (!resource.lane.empty()) part.turn = {resource.turn, resource.lane};
    const auto* row = snapshot.current(resource.address.text);
    part.pending = part.pending || row == nullptr || !(row->applied == resource.attributes);
  }
  std::vector<MachinePart> parts;
  for (auto& [provider, part] : by_provider) parts.push_back(std::move(part));
  std::sort(parts.begin(), parts.end(), [](const auto& a, const auto& b) { return a.turn < b.turn; });
  return parts;
}

bool has_label(const topology::Resolved* resolved, const std::string& path, const std::string& key,
               const std::string& value) {
  if (resolved == nullptr) return false;
  return std::any_of(resolved->hosts.begin(), resolved->hosts.end(), [&](const topology::ResolvedHost& host) {
    const auto label = host.labels.find(key);
    return label != host.labels.end() && label->second.value == value &&
           std::any_of(host.machines.begin(), host.machines.end(), [&](const auto& one) { return one.path == path; });
  });
}

/// Leaves out machines that are not of this wave.
void keep_wave(const std::string& wave, const topology::Resolved* resolved, std::vector<MachinePart>& parts) {
  if (wave.empty()) return;
  if (const auto equals = wave.find('='); equals != std::string::npos) {
    std::erase_if(parts, [&](const MachinePart& part) {
      return !has_label(resolved, part.path, wave.substr(0, equals), wave.substr(equals + 1));
    });
    return;
  }
  const bool share = wave.ends_with('%');
  const auto number = number_in<std::size_t>(std::string_view(wave).substr(0, wave.size() - (share ? 1 : 0)));
  auto most = number.value_or(0);
  if (share) most = (parts.size() * most + k_hundred - 1) / k_hundred;
  std::erase_if(parts, [](const MachinePart& part) { return !part.pending; });
  if (parts.size() > most) parts.resize(most);
}

}  // namespace

Diagnostic no_such_service(const std::string& service, const std::set<std::string>& deployed) {
  return {.kind = ErrorKind::usage,
          .code = "CL6170",
          .summary = fmt::format("no service '{}' is deployed", printable(service)),
          .hint = deployed.empty()
                      ? "`cloison status` says what is"
                      : "one of: " + join(std::vector<std::string>(deployed.begin(), deployed.end()), ", ")};
}

bool is_wave(const std::string& text) {
  if (const auto equals = text.find('='); equals != std::string::npos) return equals > 0 && equals + 1 < text.size();
  const bool share = text.ends_with('%');
  const auto number = number_in<std::size_t>(std::string_view(text).substr(0, text.size() - (share ? 1 : 0)));
  return number && *number > 0 && (!share || *number <= k_hundred);
}

void choose_services(const Context& context, const topology::Resolved* resolved, const std::vector<Resource>& desired,
                     const Snapshot& snapshot, std::set<std::string>& chosen, Diagnostics& notes) {
  for (const auto& service : context.services) {
    auto parts = parts_of(service, desired, snapshot);
    if (parts.empty()) {
      std::set<std::string> names;
      for (const auto& resource : desired)
        if (auto name = service_of_rollout(resource.rollout); !name.empty()) names.insert(std::move(name));
      notes.push_back(no_such_service(service, names));
      continue;
    }
    keep_wave(context.wave, resolved, parts);
    for (const auto& part : parts)
      for (const auto* resource : part.resources) chosen.insert(resource->address.text);
  }
}

}  // namespace cloison::ops
