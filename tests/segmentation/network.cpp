#include "tests/segmentation/network.h"

#include <fstream>
#include <sstream>
#include <stdexcept>

#include <unistd.h>

#include "core/base/strings.h"
#include "core/ops/apply.h"
#include "core/ops/reading.h"
#include "core/ops/session.h"
#include "core/ops/validate.h"
#include "core/verify/transition.h"
#include "tests/support/program_providers.h"

namespace cloison::test {

namespace {

namespace fs = std::filesystem;

/// A folder with the files, gone with it.
class Folder {
 public:
  explicit Folder(const Files& files) {
    std::string name = (fs::temp_directory_path() / "cloison-mutations-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
    path_ = name;
    for (const auto& [file, text] : files) std::ofstream(path_ / file) << text;
  }
  ~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const fs::path& path() const { return path_; }

 private:
  fs::path path_{};
};

void throw_errors(const Diagnostics& notes) {
  for (const auto& note : notes)
    if (note.severity == Diagnostic::Severity::error)
      throw std::runtime_error(note.code + ' ' + note.summary + ": " + note.detail);
}

/// What is there once all is applied, by the addresses that the state knows it by.
std::vector<Owned> observed(const ops::Context& context) {
  const auto applied = ops::apply(context, {});
  throw_errors(applied.notes);
  throw_errors(applied.planned.notes);
  throw_errors(applied.result.failures);
  const auto store = state::open_sqlite({.file = ops::state_path(context), .sandbox = true});
  if (!store) throw std::runtime_error(store.error().summary);
  const auto snapshot = (*store)->load();
  if (!snapshot) throw std::runtime_error(snapshot.error().summary);
  Diagnostics notes;
  const auto providers = ops::make_providers(context, ops::stored_entries(*snapshot), notes);
  auto facts = snapshot->facts;
  ops::Deferred deferred;
  ops::probe_all(context, providers, facts, deferred, notes);
  const auto live = ops::observe_all(context, providers, snapshot->lineage, deferred);
  throw_errors(notes);
  throw_errors(live.notes);
  std::map<std::pair<std::string, std::string>, std::string> addresses;
  for (const auto& [key, row] : snapshot->rows) addresses.emplace(std::pair(row.provider, row.remote_id), key.address);
  std::vector<Owned> all;
  for (const auto& [provider, objects] : live.observed)
    for (const auto& one : objects) {
      const auto known = addresses.find({provider, one.remote_id});
      all.push_back(
          {provider,
           {one.remote_id, known == addresses.end() ? std::string() : known->second, one.kind, one.attributes}});
    }
  return all;
}

/// Texts that a platform answers in words of its own, in those of nftables' listing.
Value listed(const KindSchema& kind, Value attributes) {
  for (const auto& one : kind.attributes) {
    const auto* items = attribute(kind, attributes, one.name).as_list();
    if (!one.rewritten || items == nullptr) continue;
    std::vector<Value> texts;
    for (const auto& item : *items) texts.push_back(Value::text(as_listed(item.text_or_empty())));
    attributes = with_attribute(kind, attributes, one.name, Value::list(std::move(texts)));
  }
  return attributes;
}

}  // namespace

const KindSchema& Network::schema_of(const Owned& one) const {
  const auto* schema = find_kind(providers.at(one.provider)->kinds(), one.resource.kind);
  if (schema == nullptr) throw std::runtime_error("no kind " + one.resource.kind);
  return *schema;
}

Forwarding Network::forwarding(const std::vector<Owned>& some) const {
  std::map<std::string, std::vector<PlacedResource>> by_provider;
  for (const auto& one : some) by_provider[one.provider].push_back(one.resource);
  return verify::as_one(ops::forwarding_of(by_provider, providers, outer));
}

Files files_of(const fs::path& folder) {
  Files files;
  for (const auto& entry : fs::directory_iterator(fs::path(CLOISON_SOURCE_DIR) / folder)) {
    const auto name = entry.path().filename().string();
    if (!entry.is_regular_file() || name == "cloison.lock") continue;
    std::ostringstream text;
    text << std::ifstream(entry.path()).rdbuf();
    files.emplace(name, text.str());
  }
  return files;
}

Network network_of(const Files& files, Form form) {
  const Folder folder(files);
  const ProgramProviders factory;
  SilentSink silent;
  ops::Context context;
  context.topology.path = folder.path();
  context.sandbox.on = true;
  context.clock = Clock(*parse_rfc3339("2026-12-02T12:00:00Z"));
  context.providers = &factory;
  context.events = &silent;
  Network network;
  if (form == Form::live) network.resources = observed(context);
  auto validated = ops::validate(context);
  throw_errors(validated.notes);
  network.providers = std::move(validated.providers);
  network.outer = ops::outer_addresses(*validated.resolved);
  network.input = ops::proof_input(*validated.resolved, validated.not_applied, context.clock.now());
  if (form == Form::compiled)
    for (auto& one : validated.resources)
      network.resources.push_back({one.provider, {one.address.text, one.address.text, one.kind, one.attributes}});
  else
    for (auto& one : network.resources)
      one.resource.attributes = listed(network.schema_of(one), one.resource.attributes);
  return network;
}

std::string as_listed(const std::string& rule) {
  static const std::map<std::string_view, std::string_view> k_numbers{{"established", "0x2"},
                                                                      {"related", "0x4"},
                                                                      {"new", "0x8"},
                                                                      {"invalid", "0x1"},
                                                                      {"echo-request", "8"},
                                                                      {"nd-router-solicit", "133"},
                                                                      {"nd-router-advert", "134"},
                                                                      {"nd-neighbor-solicit", "135"},
                                                                      {"nd-neighbor-advert", "136"},
                                                                      {"mld2-listener-report", "143"},
                                                                      {"vrrp", "112"},
                                                                      {"esp", "50"},
                                                                      {"ipv6-icmp", "58"}};
  std::string text, word;
  bool quoted = false;
  const auto flush = [&] {
    const auto found = k_numbers.find(word);
    text += found == k_numbers.end() ? std::string_view(word) : found->second;
    word.clear();
  };
  for (const char c : rule) {
    if (c == '"') quoted = !quoted;
    if (!quoted && (c == ' ' || c == ',')) {
      flush();
      text += c;
    } else {
      word += c;
    }
  }
  flush();
  return text;
}

}  // namespace cloison::test
