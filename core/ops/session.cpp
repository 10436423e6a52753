#include "core/ops/session.h"

#include <algorithm>
#include <charconv>
#include <csignal>

#include <fmt/format.h>
#include <unistd.h>

#include "core/base/digest.h"
#include "core/base/environment.h"
#include "core/base/strings.h"
#include "core/ops/files.h"
#include "core/topology/service_settings.h"

namespace cloison::ops {

namespace {

/// Test seam: `CLOISON_TEST_KILL_AT_COMMIT=before:7` ends the process by SIGKILL right there, as a power cut would.
std::function<void(uint64_t, bool)> kill_seam() {
  const auto text = environment_variable("CLOISON_TEST_KILL_AT_COMMIT");
  if (!text) return {};
  const std::string_view wanted(*text);
  const auto colon = wanted.find(':');
  if (colon == std::string_view::npos) return {};
  uint64_t at = 0;
  std::from_chars(wanted.data() + colon + 1, wanted.data() + wanted.size(), at);
  return [at, before = wanted.substr(0, colon) == "before"](uint64_t number, bool is_before) {
    if (number == at && is_before == before) ::kill(::getpid(), SIGKILL);
  };
}

/// The public half of a key reference: OpenSSH keeps it beside the private one, which cloud-init has no use for.
std::optional<std::string> public_key_of(const topology::ProviderEntry& entry) {
  using Source = topology::SecretReference::Source;
  const auto key = entry.secrets.find("key");
  if (key == entry.secrets.end() || key->second.source == Source::command) return std::nullopt;
  const std::string& text = key->second.text;
  if (key->second.source == Source::environment) return "env:" + text;
  return "file:" + text + (text.ends_with(".pub") ? "" : ".pub");
}

/// A provider entry's own `user` and `key` are for its machines; those of node entries are for the machines of all
/// others, since it is there that cloison logs in later.
std::map<std::string, compile::FirstAccount> first_accounts(const topology::Topology& topology) {
  std::map<std::string, compile::FirstAccount> accounts;
  for (const auto& entry : topology.providers) {
    const auto key = public_key_of(entry);
    if (!key) continue;
    compile::FirstAccount& account = accounts[entry.kind.value == "node" ? std::string() : entry.name];
    const auto user = entry.settings.find("user");
    if (account.name.empty() && user != entry.settings.end()) account.name = user->second.value;
    if (std::find(account.keys.begin(), account.keys.end(), *key) == account.keys.end()) account.keys.push_back(*key);
  }
  return accounts;
}

/// Where the node is and how SSH knows it; what the node says itself goes before what its entry says.
void add_node_settings(const topology::Topology& topology, std::string_view path,
                       std::map<std::string, std::string>& settings) {
  for (const auto& site : topology.sites) {
    if (!path.starts_with(site.path)) continue;  // no path is made for each of a thousand others
    for (const auto& gateway : site.gateways)
      for (std::size_t replica = 0; replica < gateway.nodes.size(); ++replica) {
        if (topology::gateway_node_path(site, gateway, replica) != path) continue;
        const auto& reached = gateway.nodes[replica];
        settings.insert_or_assign("address", reached.address.value);
        if (reached.fingerprint) settings.insert_or_assign("fingerprint", reached.fingerprint->value);
        if (site.bastion) settings.insert_or_assign("bastion", site.bastion->value);
      }
    for (const auto& node : site.nodes) {
      if (topology::node_path(site, node) != path) continue;
      settings.insert_or_assign("address", node.address.value);
      for (const auto& [key, value] : node.settings) settings.insert_or_assign(key, value.value);
      if (node.fingerprint) settings.insert_or_assign("fingerprint", node.fingerprint->value);
      if (const auto& bastion = node.bastion ? node.bastion : site.bastion)
        settings.insert_or_assign("bastion", bastion->value);
    }
  }
}

/// The eight bytes of `text` from `at` on as a number that sorts as they do.
uint64_t sortable(std::string_view text, std::size_t at) {
  uint64_t number = 0;
  for (std::size_t i = at; i < at + sizeof number; ++i)
    number = number << 8U | (i < text.size() ? static_cast<unsigned char>(text[i]) : 0U);
  return number;
}

/// How many bytes all addresses begin with in common.
std::size_t common_start(const std::vector<Resource>& resources) {
  if (resources.empty()) return 0;
  std::string_view common = resources.front().address.text;
  for (const auto& resource : resources) {
    const auto& text = resource.address.text;
    const auto differs = std::mismatch(common.begin(), common.end(), text.begin(), text.end()).first;
    common = common.substr(0, static_cast<std::size_t>(differs - common.begin()));
  }
  return common.size();
}

/// Sorts what is small, then moves each resource once: they are large, and their addresses long and much alike.
std::vector<Resource> sorted_by_address(std::vector<Resource> resources) {
  const std::size_t start = common_start(resources);
  std::vector<std::tuple<uint64_t, std::string_view, std::size_t>> order;
  order.reserve(resources.size());
  for (const auto& resource : resources)
    order.emplace_back(sortable(resource.address.text, start), resource.address.text, order.size());
  std::sort(order.begin(), order.end());
  std::vector<Resource> sorted;
  sorted.reserve(resources.size());
  for (const auto& [head, address, index] : order) sorted.push_back(std::move(resources[index]));
  return sorted;
}

}  // namespace

std::optional<topology::LockFile> read_lock_file(const Context& context, SourceMap& sources, Diagnostics& notes) {
  auto lock = topology::read_lock(lock_path(context), sources);
  append(notes, std::move(lock.notes));
  return has_errors(notes) ? std::nullopt : std::move(lock.value);
}

Loaded load_topology(const Context& context) {
  Loaded loaded;
  auto topology = topology::load(context.topology, loaded.sources);
  loaded.notes = std::move(topology.notes);
  if (topology.value) loaded.topology = std::make_shared<const topology::Topology>(*std::move(topology.value));
  return loaded;
}

namespace {

/// What a template holds, or a sentence about why it cannot be had.
tl::expected<std::string, std::string> template_text(const Context& context, const std::string& reference) {
  constexpr std::size_t k_most = std::size_t{64} << 10U;
  constexpr std::string_view k_file = "file:";
  if (!reference.starts_with(k_file)) return tl::unexpected<std::string>("It is no file.");
  // What is filled is shown in plans and kept in the state: only what lies beside the topology is.
  const auto path = std::filesystem::path(reference.substr(k_file.size())).lexically_normal();
  if (path.is_absolute() || path.empty() || *path.begin() == "..")
    return tl::unexpected<std::string>("It is not in the topology's folder.");
  auto text = read_file(topology::home_of(context.topology) / path, k_most);
  if (!text) return tl::unexpected(text.error().summary + ". " + text.error().detail);
  if (text->find('\0') != std::string::npos) return tl::unexpected<std::string>("It is no text.");
  return *std::move(text);
}

/// The files that services fill; CL5440 of each that cannot be read.
std::map<std::string, std::string> read_templates(const Context& context, const topology::Topology& topology,
                                                  Diagnostics& notes) {
  std::map<std::string, std::string> templates;
  for (const auto& service : topology.services)
    for (const auto& file : topology::ServiceSettings(service).references_of("files")) {
      auto text = template_text(context, file.second);
      if (text) {
        templates.insert_or_assign(file.second, *std::move(text));
        continue;
      }
      notes.push_back({.kind = ErrorKind::topology,
                       .code = "CL5440",
                       .summary = fmt::format("the template '{}' cannot be read", printable(file.second)),
                       .detail = std::move(text.error()),
                       .hint = fmt::format("files: {{{0}: file:templates/{0}}}, from the topology's folder on",
                                           printable(file.first)),
                       .where = service.span});
    }
  return templates;
}

}  // namespace

std::optional<Brought> bring(const Context& context, const std::shared_ptr<const topology::Topology>& topology,
                             const topology::LockFile& lock, const topology::ResolveOptions& options,
                             Diagnostics& notes) {
  auto resolved = topology::resolve(topology, lock, options);
  append(notes, std::move(resolved.notes));
  if (!resolved.value || has_errors(notes)) return std::nullopt;
  Brought brought{.resolved = *std::move(resolved.value)};
  auto templates = read_templates(context, *topology, notes);
  if (has_errors(notes)) return std::nullopt;
  auto compiled = compile::compile(brought.resolved, {.applied_kinds = context.providers->applied_kinds(),
                                                      .first_accounts = first_accounts(*topology),
                                                      .templates = templates});
  append(notes, std::move(compiled.notes));
  if (!compiled.value || has_errors(notes)) return std::nullopt;
  brought.compiled = *std::move(compiled.value);
  brought.templates = std::move(templates);
  return brought;
}

StoredProvider stored_provider(const topology::Topology& topology, const std::string& name,
                               const compile::Compiled* compiled) {
  StoredProvider stored{.name = name};
  for (const auto& provider : topology.providers) {
    if (provider.name != entry_of(name)) continue;
    stored.kind = provider.kind.value;
    for (const auto& [key, value] : provider.settings) stored.settings.emplace(key, value.value);
    for (const auto& [key, reference] : provider.secrets) stored.settings.emplace(key, reference.written());
  }
  if (const auto path = node_of(name); !path.empty()) add_node_settings(topology, path, stored.settings);
  if (compiled != nullptr)
    if (const auto machine = compiled->machines.find(name); machine != compiled->machines.end())
      for (const auto& [key, value] : machine->second) stored.settings.insert_or_assign(key, value);
  return stored;
}

std::vector<std::string> provider_names(const topology::Topology& topology) {
  std::vector<std::string> names;
  for (const auto& entry : topology.providers) {
    if (entry.kind.value != "node") {
      names.push_back(entry.name);
      continue;
    }
    for (const auto& site : topology.sites) {
      if (site.provider.value == entry.name)
        for (const auto& node : site.nodes) names.push_back(node_provider(entry.name, topology::node_path(site, node)));
      for (const auto& gateway : site.gateways)
        for (std::size_t replica = 0; replica < gateway.nodes.size(); ++replica)
          if (!gateway.provider || gateway.provider->value == entry.name)
            names.push_back(node_provider(entry.name, topology::gateway_node_path(site, gateway, replica)));
    }
  }
  return names;
}

std::vector<std::string> all_provider_names(const Context& context,
                                            const std::shared_ptr<const topology::Topology>& topology) {
  auto names = provider_names(*topology);
  Diagnostics unheard;  // whoever plans says what is wrong
  SourceMap sources;
  const auto lock = read_lock_file(context, sources, unheard);
  if (!lock) return names;
  const auto brought =
      bring(context, topology, *lock, {.now = context.clock.now(), .pins_may_be_missing = true}, unheard);
  if (!brought) return names;
  for (const auto& [name, settings] : brought->compiled.machines) names.push_back(name);
  return names;
}

void point_at_providers(const topology::Topology& topology, Diagnostics& notes) {
  for (auto& note : notes) {
    if (note.where != 0 || !note.address.starts_with("providers.")) continue;
    for (const auto& entry : topology.providers) {
      const auto prefix = "providers." + entry.name;
      if (note.address != prefix && !note.address.starts_with(prefix + ".")) continue;
      note.where = entry.span;
      const auto key = note.address.substr(std::min(note.address.size(), prefix.size() + 1));
      if (const auto setting = entry.settings.find(key); setting != entry.settings.end())
        note.where = setting->second.span;
      if (const auto secret = entry.secrets.find(key); secret != entry.secrets.end()) note.where = secret->second.span;
    }
  }
}

std::string provider_digest(const StoredProvider& entry) {
  std::string bytes = entry.name + '\n' + entry.kind + '\n';
  for (const auto& [key, value] : entry.settings) bytes += std::to_string(key.size()) + ':' + key + '=' + value + '\n';
  return sha256_hex(bytes);
}

std::vector<Resource> lower_all(std::map<std::string, Intent> intents, const Providers& providers,
                                std::map<std::string, Facts>& facts, std::vector<NotApplied>& not_applied,
                                Diagnostics& notes) {
  std::vector<Resource> resources;
  for (auto& [name, intent] : intents) {
    const auto provider = providers.find(name);
    if (provider == providers.end()) continue;
    auto& known = facts[name];
    auto lowered = provider->second->lower(intent, known);
    intent = {};  // it only costs memory now, which is short where a whole network is held
    append(notes, std::move(lowered.notes));
    if (!lowered.value) continue;
    for (auto& [key, choice] : lowered.value->choices) known[key] = choice;
    std::move(lowered.value->not_applied.begin(), lowered.value->not_applied.end(), std::back_inserter(not_applied));
    auto& made = lowered.value->resources;
    for (auto& resource : made) resource = provider->second->canonical(std::move(resource));
    if (resources.empty())
      resources = std::move(made);
    else
      std::move(made.begin(), made.end(), std::back_inserter(resources));
  }
  return sorted_by_address(std::move(resources));
}

Result<std::unique_ptr<state::StateStore>> open_state(const Context& context, const std::string& expected_lineage,
                                                      bool create, bool recovering) {
  return state::open_sqlite({.file = state_path(context),
                             .expected_lineage = expected_lineage,
                             .sandbox = context.sandbox.on,
                             .create = create,
                             .recovering = recovering,
                             .around_commit = kill_seam()});
}

Result<std::unique_ptr<state::StateStore>> open_known_state(const Context& context) {
  SourceMap sources;
  Diagnostics notes;
  const auto lock = read_lock_file(context, sources, notes);
  if (!lock) return fail(notes.front());
  return open_state(context, lock->lineage, false);
}

state::LockInfo lock_info(const Context& context) {
  return {.holder = user_name(),
          .host = host_name(),
          .pid = ::getpid(),
          .command = printable(context.command),
          .since = context.clock.now()};
}

}  // namespace cloison::ops
