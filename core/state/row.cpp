#include "core/state/row.h"

#include <limits>
#include <utility>

#include "core/base/strings.h"
#include "core/model/value_json.h"
#include "core/state/encoding.h"
#include "core/state/errors.h"

namespace cloison::state {

namespace {

constexpr unsigned k_depth_limit = 30;  // below the reader's limit: rows are also nested in log entries

bool is_storable(const Value& value, unsigned depth) {
  if (depth > k_depth_limit) return false;
  if (const IpPrefix* prefix = value.as_prefix()) return IpPrefix::parse(prefix->text()) == *prefix;
  const std::vector<Value>* items = value.items();
  if (!items) return true;
  for (const Value& item : *items)
    if (!is_storable(item, depth + (value.as_slots() ? 2U : 1U))) return false;
  return true;
}

std::optional<uint32_t> small_number(const Value& value) {
  const int64_t* number = value.as_integer();
  if (!number || *number < 0 || *number > std::numeric_limits<uint32_t>::max()) return std::nullopt;
  return static_cast<uint32_t>(*number);
}

std::optional<StoredOrigin> origin_from(const Value& value) {
  const std::vector<Value>* fields = value.as_list();
  if (!fields || fields->size() != 4) return std::nullopt;
  const auto line = small_number((*fields)[2]);
  const auto column = small_number((*fields)[3]);
  if (!(*fields)[0].as_text() || !(*fields)[1].as_text() || !line || !column) return std::nullopt;
  return StoredOrigin{(*fields)[0].text_or_empty(), (*fields)[1].text_or_empty(), *line, *column};
}

/// What this JSON stands for, or nothing when it cannot be read.
template <class T>
std::optional<T> content_of(ValueReader& values, std::string_view json, std::optional<T> (*parse)(const Value&)) {
  if (json == "[]") return T{};
  const auto value = values.read(json);
  return value ? parse(*value) : std::nullopt;
}

tl::unexpected<Diagnostic> unreadable(const RowKey& key, std::string_view what) {
  return fail(damaged_row(key, "its " + std::string(what) + " cannot be read"));
}

}  // namespace

std::string stable_json(const Value& value) {
  std::string text = to_json(value);
  // Only broken UTF-8 and control characters are written as \u00..; reading turns the former into other characters.
  if (text.find("\\u00") != std::string::npos)
    if (const auto again = value_from_json(text)) return to_json(*again);
  return text;
}

Value value_of(const std::vector<StoredOrigin>& origins) {
  std::vector<Value> items;
  items.reserve(origins.size());
  for (const StoredOrigin& origin : origins)
    items.push_back(Value::list({Value::text(origin.declared_by), Value::text(origin.file), Value::integer(origin.line),
                                 Value::integer(origin.column)}));
  return Value::list(std::move(items));
}

std::optional<std::vector<StoredOrigin>> origins_from(const Value& value) {
  if (!value.as_list()) return std::nullopt;
  std::vector<StoredOrigin> origins;
  origins.reserve(value.as_list()->size());
  for (const Value& item : *value.as_list()) {
    auto origin = origin_from(item);
    if (!origin) return std::nullopt;
    origins.push_back(*std::move(origin));
  }
  return origins;
}

std::optional<std::vector<std::string>> texts_from(const Value& value) {
  if (!value.as_list()) return std::nullopt;
  std::vector<std::string> texts;
  texts.reserve(value.as_list()->size());
  for (const Value& item : *value.as_list()) {
    if (!item.as_text()) return std::nullopt;
    texts.push_back(item.text_or_empty());
  }
  return texts;
}

std::string flat_json(const std::map<std::string, std::string>& map) {
  std::vector<std::string> flat;
  flat.reserve(2 * map.size());
  for (const auto& [key, value] : map) {
    flat.push_back(key);
    flat.push_back(value);
  }
  return stable_json(Value::texts(flat));
}

Result<std::map<std::string, std::string>> map_from_flat_json(std::string_view text) {
  const auto value = value_from_json(text);
  auto flat = value ? texts_from(*value) : std::nullopt;
  if (!flat || flat->size() % 2 != 0) return fail(damaged("A provider configuration or its facts cannot be read."));
  std::map<std::string, std::string> map;
  for (std::size_t i = 0; i < flat->size(); i += 2)
    map.insert_or_assign(map.end(), std::move((*flat)[i]), std::move((*flat)[i + 1]));
  return map;
}

Result<void> check_storable(const ResourceState& row) {
  if (is_storable(row.applied, 1) && is_storable(row.observed, 1)) return {};
  return fail({.kind = ErrorKind::internal,
               .code = "CL4015",
               .summary = "a value cannot be stored",
               .detail = "The " + row.kind + " holds a prefix with host bits, or a tree deeper than " +
                         std::to_string(k_depth_limit) + " levels.",
               .hint = "this is a bug of cloison: please report it with the topology",
               .address = row.key.address});
}

StoredRow stored(const ResourceState& row) {
  return {.key = row.key,
          .provider = row.provider,
          .kind = row.kind,
          .remote_id = is_valid_utf8(row.remote_id) ? row.remote_id : printable(row.remote_id),
          .schema_version = row.schema_version,
          .revision = row.revision,
          .deposed = row.deposed,
          .applied = stable_json(row.applied),
          .observed = row.observed == row.applied ? std::nullopt : std::optional(stable_json(row.observed)),
          .provider_config = row.provider_config,
          .depends_on = row.depends_on.empty() ? "[]" : stable_json(Value::texts(row.depends_on)),
          .origins = row.origins.empty() ? "[]" : stable_json(value_of(row.origins))};
}

RowView view_of(const StoredRow& row) {
  return {.address = row.key.address,
          .generation = row.key.generation,
          .provider = row.provider,
          .kind = row.kind,
          .remote_id = row.remote_id,
          .schema_version = row.schema_version,
          .revision = row.revision,
          .deposed = row.deposed,
          .applied = row.applied,
          .observed = row.observed ? std::optional<std::string_view>(*row.observed) : std::nullopt,
          .provider_config = row.provider_config,
          .depends_on = row.depends_on,
          .origins = row.origins};
}

StoredRow owned(const RowView& row) {
  return {.key = {std::string(row.address), row.generation},
          .provider = std::string(row.provider),
          .kind = std::string(row.kind),
          .remote_id = std::string(row.remote_id),
          .schema_version = row.schema_version,
          .revision = row.revision,
          .deposed = row.deposed,
          .applied = std::string(row.applied),
          .observed = row.observed ? std::optional<std::string>(*row.observed) : std::nullopt,
          .provider_config = std::string(row.provider_config),
          .depends_on = std::string(row.depends_on),
          .origins = std::string(row.origins)};
}

Result<ResourceState> RowReader::restored(const RowView& row) {
  RowKey key{std::string(row.address), row.generation};
  auto applied = values_.read(row.applied);
  if (!applied) return unreadable(key, "applied value");
  auto observed = row.observed ? values_.read(*row.observed) : applied;
  if (!observed) return unreadable(key, "observed value");
  auto depends_on = content_of(values_, row.depends_on, texts_from);
  if (!depends_on) return unreadable(key, "dependencies");
  auto origins = content_of(values_, row.origins, origins_from);
  if (!origins) return unreadable(key, "origins");
  return ResourceState{.key = std::move(key),
                       .provider = std::string(row.provider),
                       .kind = std::string(row.kind),
                       .remote_id = std::string(row.remote_id),
                       .schema_version = row.schema_version,
                       .revision = row.revision,
                       .deposed = row.deposed,
                       .applied = *std::move(applied),
                       .observed = *std::move(observed),
                       .provider_config = std::string(row.provider_config),
                       .depends_on = *std::move(depends_on),
                       .origins = *std::move(origins)};
}

Digest digest_of(const RowView& row) {
  return Encoder("row")
      .text(row.address)
      .number(row.generation)
      .text(row.provider)
      .text(row.kind)
      .text(row.remote_id)
      .number(row.schema_version)
      .number(row.revision)
      .number(row.deposed ? 1 : 0)
      .text(row.applied)
      .optional_text(row.observed)
      .text(row.provider_config)
      .text(row.depends_on)
      .text(row.origins)
      .digest();
}

std::string row_digest(const ResourceState& row) {
  return hex(digest_of(stored(row)));
}

}  // namespace cloison::state
