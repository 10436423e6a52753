#include "core/model/value.h"

#include <algorithm>
#include <optional>

#include "core/base/digest.h"
#include "core/base/strings.h"

namespace cloison {

namespace {

const std::string k_empty;

template <class Pointer>
bool same_content(const Pointer& a, const Pointer& b) {
  return a == b || (a && b && *a == *b);
}

/// Length-prefixed, with a tag per type: no two different trees have one encoding.
void encode(std::string& out, const Value& value) {
  const auto sized = [&out](char tag, std::string_view bytes) {
    out += tag;
    out += std::to_string(bytes.size());
    out += ':';
    out += bytes;
  };
  if (value.is_secret()) out += 'x';
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
    const auto& items = *value.items();
    out += value.as_list() ? 'l' : 'o';
    out += std::to_string(items.size());
    out += ':';
    for (const auto& item : items) encode(out, item);
  }
}

}  // namespace

Value Value::ref(std::string address, std::string attribute) {
  return Value(Data(std::make_shared<const Ref>(Ref{std::move(address), std::move(attribute)})));
}
Value Value::boolean(bool value) {
  return Value(Data(value));
}
Value Value::integer(int64_t value) {
  return Value(Data(value));
}
Value Value::text(std::string value) {
  return Value(Data(std::make_shared<const std::string>(std::move(value))));
}
Value Value::secret(std::string digest) {
  return Value(Data(Secret{std::make_shared<const std::string>(std::move(digest))}));
}
Value Value::prefix(IpPrefix value) {
  return Value(Data(std::make_shared<const IpPrefix>(value)));
}
Value Value::list(std::vector<Value> items) {
  static const auto k_none = std::make_shared<const List>();
  if (items.empty()) return Value(Data(k_none));
  return Value(Data(std::make_shared<const List>(List{std::move(items)})));
}
Value Value::slots(std::vector<Value> items) {
  return Value(Data(std::make_shared<const Slots>(Slots{std::move(items)})));
}

Value Value::texts(const std::vector<std::string>& items) {
  std::vector<Value> values;
  values.reserve(items.size());
  for (const auto& item : items) values.push_back(text(item));
  return list(std::move(values));
}

const std::string& Value::text_or_empty() const {
  const auto* text = as_text();
  return text ? *text : k_empty;
}

bool operator==(const Value& a, const Value& b) {
  if (!a.same_type(b)) return false;
  return std::visit(
      [&b](const auto& one) {
        using One = std::decay_t<decltype(one)>;
        const One& other = std::get<One>(b.data_);
        if constexpr (std::is_same_v<One, Value::ListPointer> || std::is_same_v<One, Value::SlotsPointer>)
          return one == other || (one && other && one->items == other->items);
        else if constexpr (std::is_same_v<One, Value::Secret>)
          return same_content(one.digest, other.digest);
        else if constexpr (std::is_same_v<One, Value::RefPointer> || std::is_same_v<One, Value::TextPointer> ||
                           std::is_same_v<One, Value::PrefixPointer>)
          return same_content(one, other);
        else
          return one == other;
      },
      a.data_);
}

bool operator<(const Value& a, const Value& b) {
  if (!a.same_type(b)) return a.data_.index() < b.data_.index();
  if (const auto* items = a.items()) {
    const auto* others = b.items();
    return items != others &&
           std::lexicographical_compare(items->begin(), items->end(), others->begin(), others->end());
  }
  if (const auto* ref = a.as_ref()) return *ref < *b.as_ref();
  if (const auto* boolean = a.as_boolean()) return *boolean < *b.as_boolean();
  if (const auto* integer = a.as_integer()) return *integer < *b.as_integer();
  if (const auto* text = a.as_text()) return *text < *b.as_text();
  if (const auto* prefix = a.as_prefix()) return *prefix < *b.as_prefix();
  return false;
}

bool has_references(const Value& value) {
  if (value.as_ref()) return true;
  const auto* items = value.items();
  return items && std::any_of(items->begin(), items->end(), has_references);
}

Value with_references_resolved(const Value& value, const std::function<std::optional<Value>(const Ref&)>& resolve) {
  if (const auto* ref = value.as_ref()) return resolve(*ref).value_or(value);
  if (!has_references(value)) return value;
  std::vector<Value> items = *value.items();
  for (auto& item : items) item = with_references_resolved(item, resolve);
  return value.as_list() ? Value::list(std::move(items)) : Value::slots(std::move(items));
}

std::string value_digest(const Value& value) {
  std::string bytes;
  encode(bytes, value);
  return sha256_hex(bytes);
}

std::string to_display(const Value& value) {
  if (value.is_secret()) return "(sensitive)";
  if (value.is_null()) return "(none)";
  if (const auto* ref = value.as_ref())
    return "-> " + ref->address + (ref->attribute.empty() ? "" : "." + ref->attribute);
  if (const auto* boolean = value.as_boolean()) return *boolean ? "true" : "false";
  if (const auto* integer = value.as_integer()) return std::to_string(*integer);
  if (const auto* text = value.as_text()) return '"' + printable(*text) + '"';
  if (const auto* prefix = value.as_prefix()) return prefix->text();
  const bool list = value.as_list() != nullptr;
  std::string out = list ? "[" : "{";
  for (const auto& item : *value.items()) {
    if (out.size() > 1) out += ", ";
    out += to_display(item);
  }
  return out + (list ? "]" : "}");
}

}  // namespace cloison
