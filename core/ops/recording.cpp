#include "core/ops/recording.h"

#include <filesystem>

#include "core/base/digest.h"
#include "core/model/value_json.h"
#include "core/net/json.h"
#include "core/state/log_body.h"
#include "core/state/stored_json.h"

namespace cloison::ops {

namespace {

namespace fs = std::filesystem;

/// From the topology's folder on: "flows.yaml", "../common/labs.csv".
std::string place_of(const fs::path& file, const fs::path& home) {
  std::error_code error;
  const auto from = fs::absolute(home, error).lexically_normal();
  return fs::absolute(file, error).lexically_normal().lexically_relative(from).string();
}

WrittenFile::Role role_of(topology::ReadFile::Role role) {
  using Role = topology::ReadFile::Role;
  return role == Role::topology  ? WrittenFile::Role::topology
         : role == Role::overlay ? WrittenFile::Role::overlay
                                 : WrittenFile::Role::table;
}

/// A line a flow: {"F-1":{"owner":"…"},
std::string text_of(const std::map<std::string, Said>& statements) {
  std::string text = "{";
  for (const auto& [id, said] : statements) {
    if (text.size() > 1) text += ",\n";
    append_json_string(text, id);
    text += ":{";
    for (const auto& [name, value] : said) {
      if (text.back() != '{') text += ',';
      append_json_string(text, name);
      text += ':';
      append_json_string(text, value);
    }
    text += '}';
  }
  return text + '}';
}

bool same(const std::vector<state::RecordedFile>& a, const std::vector<state::RecordedFile>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.role == y.role && x.path == y.path && x.digest == y.digest;
  });
}

}  // namespace

Written written_of(const Context& context, const Brought& brought, const SourceMap& sources) {
  const auto& topology = *brought.resolved.topology;
  const auto home = topology::home_of(context.topology);
  Written written{.digest = topology.digest};
  for (const auto& file : topology.files)
    if (!file.path.empty())
      written.files.push_back(
          {role_of(file.role), place_of(file.path, home), std::string(sources.file_text(file.file))});
  for (const auto& [reference, text] : brought.templates) {
    constexpr std::string_view k_file = "file:";
    const auto path = reference.starts_with(k_file) ? reference.substr(k_file.size()) : reference;
    written.files.push_back({WrittenFile::Role::service_file, place_of(home / path, home), text});
  }
  written.files.push_back({WrittenFile::Role::flows, "", text_of(flow_statements(brought.resolved))});
  return written;
}

std::map<std::string, Said> statements_from(std::string_view text) {
  std::map<std::string, Said> statements;
  const auto read = net::parse_json(text);
  const auto* flows = read ? read->as_object() : nullptr;
  if (flows == nullptr) return statements;
  for (const auto& [id, flow] : *flows) {
    auto& said = statements[id];
    const auto* members = flow.as_object();
    if (members == nullptr) continue;
    for (const auto& [name, value] : *members)
      if (const auto* one = value.as_text()) said.insert_or_assign(name, *one);
  }
  return statements;
}

Result<std::optional<state::RecordedTopology>> record_of(state::StateStore& store, const Written& written) {
  std::optional<state::RecordedTopology> none;
  if (written.empty()) return none;
  auto newest = store.newest(state::entry_kind::k_topology_recorded);
  if (!newest) return fail(newest.error());
  std::map<std::string, uint64_t> held;  // entries that have a text, by its digest
  state::RecordedTopology record{.digest = written.digest}, before;
  if (*newest) {
    auto read = state::topology_record_from((*newest)->json);
    if (!read) return fail(read.error());
    before = std::move(read->topology);
    for (const auto& file : before.files) held.emplace(file.digest, file.text ? (*newest)->number : file.entry);
  }
  for (const auto& file : written.files) {
    auto& kept = record.files.emplace_back();
    kept.role = role_name(file.role), kept.path = file.path, kept.digest = sha256_hex(file.text);
    if (const auto known = held.find(kept.digest); known != held.end())
      kept.entry = known->second;
    else
      kept.text = file.text;
  }
  if (same(record.files, before.files)) return none;
  return std::optional(std::move(record));
}

}  // namespace cloison::ops
