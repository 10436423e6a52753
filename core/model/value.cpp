#include "core/model/value.h"

#include <algorithm>
#include <optional>

#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison {

namespace {

const std::string k_empty;

template <class T>
Value made(T data) {
  Value value;
  value.data = std::move(data);
  return value;
}

template <class Pointer>
bool same_items(const Pointer& a, const Pointer& b) {
  return a == b || (a && b && a->items == b->items);
}

/// Length-prefixed, with a tag per type: no two different trees have one encoding.
void encode(std::string& out, const Value& value) {
  const auto sized = [&out](char tag, std::string_view bytes) {
    out += tag;
    out += std::to_string(bytes.size());
    out += ':';
    out += bytes;
  };
  if (value.sensitive) out += 'x';
  if (value.is_null()) {
    out += 'n';
  } else if (const auto* ref = value.as_ref()) {
    sized('r', ref->address);
    sized('a', ref->attribute);
  } else if (const auto* boolean = value.as_boolean()) {
    out += *boolean ? 't' : 'f';
  } else if (const auto* integer = value.as_integer()) {
    sized('i', std::to_string(*integer));
  } else if (const auto* text = value.as_text()) {
    sized('s', *text);
  } else if (const auto* prefix = value.as_prefix()) {
    sized('p', prefix->text());
  } else {
    const auto* list = value.as_list();
    const auto& items = list ? *list : *value.as_slots();
    out += list ? 'l' : 'o';
    out += std::to_string(items.size());
    out += ':';
    for (const auto& item : items) encode(out, item);
  }
}

}  // namespace

Value Value::ref(std::string address, std::string attribute) {
  return made(Ref{std::move(address), std::move(attribute)});
}
Value Value::boolean(bool value) {
  return made(value);
}
Value Value::integer(int64_t value) {
  return made(value);
}
Value Value::text(std::string value) {
  return made(std::move(value));
}
Value Value::prefix(IpPrefix value) {
  return made(value);
}
Value Value::list(std::vector<Value> items) {
  return made<ListPointer>(std::make_shared<const List>(List{std::move(items)}));
}
Value Value::slots(std::vector<Value> items) {
  return made<SlotsPointer>(std::make_shared<const Slots>(Slots{std::move(items)}));
}

Value Value::texts(const std::vector<std::string>& items) {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(text(item));
  return list(std::move(values));
}

const std::vector<Value>* Value::as_list() const {
  const auto* pointer = std::get_if<ListPointer>(&data);
  return pointer && *pointer ? &(*pointer)->items : nullptr;
}

const std::vector<Value>* Value::as_slots() const {
  const auto* pointer = std::get_if<SlotsPointer>(&data);
  return pointer && *pointer ? &(*pointer)->items : nullptr;
}

const std::string& Value::text_or_empty() const {
  const auto* text = as_text();
  return text ? *text : k_empty;
}

bool operator==(const Value& a, const Value& b) {
  if (a.sensitive != b.sensitive || a.data.index() != b.data.index()) return false;
  if (const auto* list = std::get_if<Value::ListPointer>(&a.data))
    return same_items(*list, std::get<Value::ListPointer>(b.data));
  if (const auto* slots = std::get_if<Value::SlotsPointer>(&a.data))
    return same_items(*slots, std::get<Value::SlotsPointer>(b.data));
  return a.data == b.data;
}

bool operator<(const Value& a, const Value& b) {
  if (a.data.index() != b.data.index()) return a.data.index() < b.data.index();
  const auto lesser = [](const std::vector<Value>* x, const std::vector<Value>* y) {
    return x != y && std::lexicographical_compare(x->begin(), x->end(), y->begin(), y->end());
  };
  if (a.as_list() && b.as_list()) return lesser(a.as_list(), b.as_list());
  if (a.as_slots() && b.as_slots()) return lesser(a.as_slots(), b.as_slots());
  if (const auto* ref = a.as_ref()) return *ref < *b.as_ref();
  if (const auto* boolean = a.as_boolean()) return *boolean < *b.as_boolean();
  if (const auto* integer = a.as_integer()) return *integer < *b.as_integer();
  if (const auto* text = a.as_text()) return *text < *b.as_text();
  if (const auto* prefix = a.as_prefix()) return *prefix < *b.as_prefix();
  return false;
}

void for_each_reference(const Value& value, const std::function<void(const Ref&)>& visit) {
  if (const auto* ref = value.as_ref()) return visit(*ref);
  const auto* items = value.as_list() ? value.as_list() : value.as_slots();
  if (items)
    for (const auto& item : *items) for_each_reference(item, visit);
}

bool has_references(const Value& value) {
  if (value.as_ref()) return true;
  const auto* items = value.as_list() ? value.as_list() : value.as_slots();
  return items && std::any_of(items->begin(), items->end(), has_references);
}

Value with_references_resolved(const Value& value, const std::function<std::optional<Value>(const Ref&)>& resolve) {
  if (const auto* ref = value.as_ref()) return resolve(*ref).value_or(value);
  if (!has_references(value)) return value;
  std::vector<Value> items = value.as_list() ? *value.as_list() : *value.as_slots();
  for (auto& item : items) item = with_references_resolved(item, resolve);
  auto resolved = value.as_list() ? Value::list(std::move(items)) : Value::slots(std::move(items));
  resolved.sensitive = value.sensitive;
  return resolved;
}

std::string value_digest(const Value& value) {
  std::string bytes;
  encode(bytes, value);
  return sha256_hex(bytes);
}

std::string to_display(const Value& value) {
  if (value.sensitive) return "(sensitive)";
  if (value.is_null()) return "(none)";
  if (const auto* ref = value.as_ref())
    return "-> " + ref->address + (ref->attribute.empty() ? "" : "." + ref->attribute);
  if (const auto* boolean = value.as_boolean()) return *boolean ? "true" : "false";
  if (const auto* integer = value.as_integer()) return std::to_string(*integer);
  if (const auto* text = value.as_text()) return '"' + printable(*text) + '"';
  if (const auto* prefix = value.as_prefix()) return prefix->text();
  const auto* list = value.as_list();
  const auto& items = list ? *list : *value.as_slots();
  std::string out = list ? "[" : "{";
  for (const auto& item : items) {
    if (out.size() > 1) out += ", ";
    out += to_display(item);
  }
  return out + (list ? "]" : "}");
}

}  // namespace cloison
