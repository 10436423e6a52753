// What is declared and has no effect yet, each with its reason, so that the plan never looks more complete than it is.

#include "core/compile/builder.h"

namespace cloison::compile {

void Builder::add_not_applied() {
  auto& list = compiled_.not_applied;
  const auto later = [&list](std::string block, std::string entry, std::string text, SpanId where,
                             std::string group = {}) {
    list.push_back({std::move(block), std::move(entry), NotApplied::Reason::comes_later, std::move(text), where,
                    std::move(group)});
  };
  std::set<std::string, std::less<>> applied_sites;
  for (const auto& site : topology_.sites) {
    const auto provider = providers_.find(site.provider.value);
    const std::string kind = provider == providers_.end() ? site.provider.value : provider->second->kind.value;
    if (kind == "external") continue;  // declared only so that others can name it
    if (applied(kind)) {
      applied_sites.insert(site.name);
      continue;
    }
    list.push_back({"sites", site.path, NotApplied::Reason::no_provider,
                    "this version has no provider of kind '" + kind + "' that applies", site.span,
                    site.instance.family});
  }
  for (const auto& link : topology_.links) {
    if (link.kind.value == "internet" && link.at && applied_sites.contains(link.at->value)) continue;
    later("links", link.name, "tunnels are made on nodes, which come later", link.span);
  }
  for (const auto& cluster : topology_.clusters)
    later("clusters", cluster.name, "network policies come later", cluster.span);
  for (const auto& flow : resolved_.flows)
    if (flow.in_force && flow.conditional)
      later("flows", flow.id, "opened by the node itself when its scenario happens, which comes later", flow.span);
  for (const auto& guarantee : topology_.guarantees)
    later("guarantees", guarantee.id, "not proved: proofs come later", guarantee.span);
  for (const auto& scenario : topology_.scenarios)
    later("scenarios", scenario.name, "not simulated: failures come later", scenario.span);
  for (const auto& service : topology_.services)
    later("services", service.name, "deployment comes later", service.span);
  for (const auto& backup : topology_.backups)
    later("backups", backup.name, "backup jobs come later; their flows are applied", backup.span);
}

}  // namespace cloison::compile
