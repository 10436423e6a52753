#include "providers/sandbox/tampering.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include <fmt/format.h>

#include "core/base/strings.h"
#include "providers/sandbox/simulator.h"

namespace cloison::sandbox {

namespace {

std::string address_of(const Object& object) {
  const auto marker = Marker::parse(object.marker);
  return marker ? marker->address : std::string{};
}

Listed listed(const Object& object) {
  Listed result{.kind = object.schema->kind, .id = object.id, .address = address_of(object), .project = object.project};
  const auto* slots = object.attributes.as_slots();
  for (std::size_t i = 0; slots && i < slots->size(); ++i)
    if (!(*slots)[i].is_null())
      result.attributes.emplace_back(object.schema->attributes[i].name, to_display((*slots)[i]));
  return result;
}

Diagnostic unknown_object(const std::string& name, const std::vector<std::string>& matches) {
  return {.kind = ErrorKind::usage,
          .code = "CL5531",
          .summary = matches.empty()
                         ? fmt::format("the sandbox has no object '{}'", printable(name))
                         : fmt::format("'{}' names {} objects of the sandbox", printable(name), matches.size()),
          .detail = matches.empty()
                        ? "An object is named by its id, the beginning of it (four letters or more), or its address."
                        : "It may be any of: " +
                              join({matches.begin(), matches.begin() + static_cast<std::ptrdiff_t>(
                                                                           std::min<std::size_t>(matches.size(), 8))},
                                   ", "),
          .hint = "list them: `cloison sandbox list`"};
}

Diagnostic unknown_kind(const std::string& kind, const std::vector<std::string>& known) {
  return {.kind = ErrorKind::usage,
          .code = "CL5531",
          .summary = fmt::format("there is no kind '{}'", printable(kind)),
          .detail = "An object is of a kind that the provider declares.",
          .hint = did_you_mean(kind, known)};
}

Diagnostic bad_attribute(const std::string& kind, const std::string& name, const std::string& text, std::string hint) {
  return {.kind = ErrorKind::usage,
          .code = "CL5532",
          .summary = fmt::format("{} of a {} cannot be '{}'", printable(name), printable(kind), printable(text)),
          .detail = "The attribute does not exist there, or its type is another.",
          .hint = std::move(hint)};
}

std::optional<Value> parsed(const AttributeSchema& schema, std::string_view written);

/// "[a, b]", "[{x, y}, {z, t}]": parts at the outermost commas.
std::vector<std::string_view> parts_of(std::string_view inside) {
  std::vector<std::string_view> parts;
  std::size_t begin = 0;
  int depth = 0;
  for (std::size_t i = 0; i <= inside.size(); ++i) {
    const char c = i < inside.size() ? inside[i] : ',';
    if (c == '[' || c == '{') ++depth;
    if (c == ']' || c == '}') --depth;
    if (c != ',' || (depth > 0 && i < inside.size())) continue;
    if (const auto part = trimmed(inside.substr(begin, i - begin)); !part.empty()) parts.push_back(part);
    begin = i + 1;
  }
  return parts;
}

std::optional<Value> parsed_list(const AttributeSchema& schema, std::string_view text) {
  if (text.size() < 2 || text.front() != '[' || text.back() != ']' || schema.fields.empty()) return std::nullopt;
  std::vector<Value> items;
  for (const auto part : parts_of(text.substr(1, text.size() - 2))) {
    auto item = parsed(schema.fields.front(), part);
    if (!item) return std::nullopt;
    items.push_back(std::move(*item));
  }
  return Value::list(std::move(items));
}

std::optional<Value> parsed_record(const AttributeSchema& schema, std::string_view text) {
  if (text.size() < 2 || text.front() != '{' || text.back() != '}') return std::nullopt;
  const auto parts = parts_of(text.substr(1, text.size() - 2));
  if (parts.size() > schema.fields.size()) return std::nullopt;
  std::vector<Value> items(schema.fields.size());
  for (std::size_t i = 0; i < parts.size(); ++i) {
    auto item = parsed(schema.fields[i], parts[i]);
    if (!item) return std::nullopt;
    items[i] = std::move(*item);
  }
  return Value::slots(std::move(items));
}

std::optional<Value> parsed(const AttributeSchema& schema, std::string_view written) {
  const auto text = trimmed(written);
  if (text.empty()) return Value::null();
  switch (schema.type) {
    case Type::boolean:
      if (text != "true" && text != "false") return std::nullopt;
      return Value::boolean(text == "true");
    case Type::integer: {
      int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
      return Value::integer(number);
    }
    case Type::prefix: {
      const auto prefix = IpPrefix::parse(text);
      return prefix ? std::optional(Value::prefix(*prefix)) : std::nullopt;
    }
    case Type::list:
      return parsed_list(schema, text);
    case Type::record:
      return parsed_record(schema, text);
    case Type::text:
      return Value::text(std::string(text));
  }
  return std::nullopt;
}

/// What a value of that attribute looks like on the command line.
std::string_view expected(const AttributeSchema& schema) {
  switch (schema.type) {
    case Type::boolean:
      return "write true or false";
    case Type::integer:
      return "write a number, such as 7";
    case Type::prefix:
      return "write a prefix, such as 10.0.0.0/8";
    case Type::list:
      return "write a list, such as [a, b], with each element as its kind has it";
    case Type::record:
      return "write its fields in their order, such as {a, b}";
    case Type::text:
      return "write some text";
  }
  return "write nothing after the =, to unset it";
}

std::vector<std::string> all_kinds(const Simulator& simulator) {
  std::vector<std::string> names;
  for (const auto& schema : simulator.kinds()) names.push_back(schema.kind);
  return names;
}

/// By id, unique beginning of an id, or address; only objects of ours.
Result<Object> named(Simulator& simulator, const std::string& name, const std::vector<std::string>& kinds) {
  if (auto exact = simulator.find(name); exact && *exact) return **exact;
  const auto objects = simulator.objects(kinds);
  if (!objects) return fail(objects.error());
  std::vector<const Object*> found;
  for (const auto& object : *objects)
    if (address_of(object) == name) found.push_back(&object);
  constexpr std::size_t k_shortest = 4;
  if (found.empty() && name.size() >= k_shortest)
    for (const auto& object : *objects)
      if (object.id.starts_with(name)) found.push_back(&object);
  if (found.size() == 1) return *found.front();
  std::vector<std::string> ids;
  for (const auto* object : found) ids.push_back(object->id);
  return fail(unknown_object(name, ids));
}

/// Names of objects become their ids, wherever the schema expects a reference.
Value with_ids(Simulator& simulator, const AttributeSchema& schema, const Value& value) {
  if (const auto* items = value.as_list(); items && !schema.fields.empty()) {
    std::vector<Value> result;
    for (const auto& item : *items) result.push_back(with_ids(simulator, schema.fields.front(), item));
    return Value::list(std::move(result));
  }
  if (const auto* slots = value.as_slots()) {
    std::vector<Value> result = *slots;
    for (std::size_t i = 0; i < result.size() && i < schema.fields.size(); ++i)
      result[i] = with_ids(simulator, schema.fields[i], result[i]);
    return Value::slots(std::move(result));
  }
  const auto* text = value.as_text();
  if (!text || schema.refers_to.empty()) return value;
  const auto object = named(simulator, *text, {schema.refers_to});
  return object ? Value::text(object->id) : value;
}

Result<Value> value_for(Simulator& simulator, const KindSchema& schema, const std::string& name,
                        const std::string& text) {
  const auto slot = schema.slot(name);
  if (!slot) {
    std::vector<std::string> known;
    for (const auto& one : schema.attributes) known.push_back(one.name);
    return fail(bad_attribute(schema.kind, name, text, did_you_mean(name, known)));
  }
  const auto value = parsed(schema.attributes[*slot], text);
  if (!value) return fail(bad_attribute(schema.kind, name, text, std::string(expected(schema.attributes[*slot]))));
  return with_ids(simulator, schema.attributes[*slot], *value);
}

}  // namespace

Tampering::Tampering(std::unique_ptr<Simulator> simulator) : simulator_(std::move(simulator)) {}
Tampering::~Tampering() = default;
Tampering::Tampering(Tampering&&) noexcept = default;
Tampering& Tampering::operator=(Tampering&&) noexcept = default;

Result<Tampering> Tampering::open(std::shared_ptr<const Provider> provider, const std::filesystem::path& database) {
  std::error_code error;
  if (!std::filesystem::exists(database, error))
    return fail({.kind = ErrorKind::usage,
                 .code = "CL5531",
                 .summary = "there is no sandbox yet",
                 .detail = fmt::format("{} does not exist.", database.string()),
                 .hint = "make one: `cloison apply --sandbox`"});
  auto simulator = Simulator::open(std::move(provider), {.database = database});
  if (!simulator) return fail(std::move(simulator.error()));
  return Tampering(std::move(*simulator));
}

Result<std::vector<Listed>> Tampering::list(const std::string& kind, const std::string& project) {
  if (!kind.empty() && find_kind(simulator_->kinds(), kind) == nullptr)
    return fail(unknown_kind(kind, all_kinds(*simulator_)));
  const auto kinds = kind.empty() ? all_kinds(*simulator_) : std::vector<std::string>{kind};
  const auto objects = simulator_->objects(kinds, project);
  if (!objects) return fail(objects.error());
  std::vector<Listed> result;
  for (const auto& one : kinds)
    for (const auto& object : *objects)
      if (object.schema->kind == one) result.push_back(listed(object));
  return result;
}

Result<Listed> Tampering::remove(const std::string& name, bool force) {
  const auto object = named(*simulator_, name, all_kinds(*simulator_));
  if (!object) return fail(object.error());
  const auto removed =
      force ? simulator_->remove_by_force(object->id) : simulator_->remove(object->schema->kind, object->id);
  if (!removed) return fail(removed.error());
  return listed(*object);
}

Result<Listed> Tampering::set(const std::string& name, const std::string& attribute, const std::string& text) {
  const auto object = named(*simulator_, name, all_kinds(*simulator_));
  if (!object) return fail(object.error());
  auto value = value_for(*simulator_, *object->schema, attribute, text);
  if (!value) return fail(std::move(value.error()));
  const auto changed = simulator_->set_by_force(object->id, attribute, std::move(*value));
  if (!changed) return fail(changed.error());
  return listed(*changed);
}

Result<Listed> Tampering::add(const std::string& kind,
                              const std::vector<std::pair<std::string, std::string>>& attributes,
                              const std::string& project) {
  const auto* schema = find_kind(simulator_->kinds(), kind);
  if (!schema) return fail(unknown_kind(kind, all_kinds(*simulator_)));
  Value wanted = record(*schema, {});
  std::string key = "by hand " + project;
  for (const auto& [name, text] : attributes) {
    auto value = value_for(*simulator_, *schema, name, text);
    if (!value) return fail(std::move(value.error()));
    wanted = with_attribute(*schema, wanted, name, std::move(*value));
    key += ' ' + name + '=' + text;
  }
  const Simulator::Wanted one{.kind = kind, .attributes = std::move(wanted), .key = std::move(key), .project = project};
  const auto made = simulator_->create(std::span(&one, 1));
  if (!made.front()) return fail(made.front().error());
  return listed(*made.front());
}

Result<std::vector<Quota>> Tampering::quotas() {
  return simulator_->quotas();
}

Result<void> Tampering::set_quota(const std::string& name, int64_t allowed) {
  const auto quotas = simulator_->quotas();
  if (!quotas) return fail(quotas.error());
  std::vector<std::string> known;
  for (const Quota& one : *quotas) known.push_back(one.name);
  if (std::find(known.begin(), known.end(), name) == known.end())
    return fail({.kind = ErrorKind::usage,
                 .code = "CL5531",
                 .summary = fmt::format("there is no quota '{}'", printable(name)),
                 .detail = "A quota is one that the provider counts.",
                 .hint = did_you_mean(name, known)});
  return simulator_->set_quota(name, allowed);
}

}  // namespace cloison::sandbox
