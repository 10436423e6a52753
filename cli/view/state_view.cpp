#include "cli/view/state_view.h"

#include <fmt/format.h>

#include "cli/view/change_lines.h"
#include "cli/view/text.h"
#include "core/base/strings.h"

namespace cloison::cli {

namespace {

std::string stored_place(const StoredOrigin& origin) {
  return origin.file.empty() ? std::string() : fmt::format("{}:{}", origin.file, origin.line);
}

std::string attributes_json(const Value& value, const KindSchema* schema) {
  const auto* slots = value.as_slots();
  if (!schema || !slots) return "null";
  JsonObject fields;
  for (std::size_t i = 0; i < slots->size() && i < schema->attributes.size(); ++i)
    if (!(*slots)[i].is_null()) fields.value(schema->attributes[i].name, (*slots)[i]);
  return fields.done();
}

/// What the platform showed, and what it was asked where it shows nothing.
Value known_attributes(const ResourceState& row, const KindSchema& schema) {
  const auto* seen = row.observed.as_slots();
  if (seen == nullptr) return row.observed;
  std::vector<Value> slots = *seen;
  for (std::size_t i = 0; i < slots.size() && i < schema.attributes.size(); ++i)
    if (schema.attributes[i].write_only && slots[i].is_null())
      slots[i] = attribute(schema, row.applied, schema.attributes[i].name);
  return Value::slots(std::move(slots));
}

}  // namespace

bool is_below(std::string_view address, std::string_view prefix) {
  if (prefix.empty()) return true;
  if (!address.starts_with(prefix)) return false;
  // "lab" is above "lab/lyon-03.lan", "cloud.production" above "cloud.production.data", not above "cloud.production2".
  return address.size() == prefix.size() || address[prefix.size()] == '.' || address[prefix.size()] == '/';
}

std::string state_list_text(const Snapshot& snapshot, std::string_view prefix, bool all, const Style& style) {
  std::string plain;
  std::vector<std::vector<std::string>> rows;
  std::size_t count = 0;
  for (const auto& [key, row] : snapshot.rows) {
    if (!is_below(key.address, prefix)) continue;
    ++count;
    if (!all) {
      plain += printable(key.address) + (row.deposed ? "  (replaced, waits for its removal)" : "") + '\n';
      continue;
    }
    rows.push_back({printable(key.address), kind_title(row.kind), printable(row.provider), printable(row.remote_id),
                    row.deposed ? "deposed" : ""});
  }
  (void)style;
  const auto end =
      fmt::format("{} of {}, serial {}.\n", count, counted(snapshot.rows.size(), "resource"), snapshot.serial);
  return plain + table(rows, 0, SIZE_MAX) + (all ? end : "");
}

std::vector<JsonLine> state_list_json(const Snapshot& snapshot, std::string_view prefix) {
  std::vector<JsonLine> lines;
  for (const auto& [key, row] : snapshot.rows)
    if (is_below(key.address, prefix)) lines.push_back(row_json(row, nullptr));
  return lines;
}

std::string row_text(const ResourceState& row, const KindSchema* schema, const Style& style) {
  (void)style;
  std::vector<std::vector<std::string>> head{
      {"kind", kind_title(row.kind)},
      {"provider", printable(row.provider)},
      {"id", printable(row.remote_id)},
      {"generation", fmt::format("{}{}", row.key.generation, row.deposed ? ", replaced, waits for removal" : "")},
      {"revision", std::to_string(row.revision)}};
  for (const auto& origin : row.origins)
    head.push_back({"because of", printable(origin.declared_by + "  " + stored_place(origin))});
  for (const auto& needed : row.depends_on) head.push_back({"needs", printable(needed)});
  auto text = printable(row.key.address) + '\n' + table(head, 2, SIZE_MAX);
  if (!schema) return text;
  const Value known = known_attributes(row, *schema);
  const auto* slots = known.as_slots();
  if (!slots) return text;
  std::vector<std::vector<std::string>> attributes;
  for (std::size_t i = 0; i < slots->size() && i < schema->attributes.size(); ++i)
    if (!(*slots)[i].is_null())
      attributes.push_back({printable(schema->attributes[i].name), printable(to_display((*slots)[i]))});
  return text + "  attributes\n" + table(attributes, 4, SIZE_MAX);
}

JsonLine row_json(const ResourceState& row, const KindSchema* schema) {
  std::vector<JsonObject> origins;
  for (const auto& origin : row.origins)
    origins.push_back(JsonObject()
                          .text("declared_by", origin.declared_by)
                          .text("file", origin.file)
                          .number("line", origin.line)
                          .number("column", origin.column));
  JsonObject fields;
  fields.text("address", row.key.address)
      .number("generation", row.key.generation)
      .flag("deposed", row.deposed)
      .text("provider", row.provider)
      .text("kind", row.kind)
      .text("remote_id", row.remote_id)
      .number("revision", row.revision)
      .texts("depends_on", row.depends_on)
      .objects("origins", origins);
  if (schema) fields.raw("attributes", attributes_json(known_attributes(row, *schema), schema));
  return {"resource", std::move(fields)};
}

}  // namespace cloison::cli
