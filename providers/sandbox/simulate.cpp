#include "providers/sandbox/simulate.h"

#include <algorithm>
#include <charconv>

#include "core/base/digest.h"

namespace cloison::sandbox {

namespace {

Value constant(Type type, const std::string& text) {
  if (type == Type::boolean) return Value::boolean(text == "true");
  if (type == Type::integer) {
    int64_t number = 0;
    std::from_chars(text.data(), text.data() + text.size(), number);
    return Value::integer(number);
  }
  if (type == Type::prefix) {
    const auto prefix = IpPrefix::parse(text);
    return prefix ? Value::prefix(*prefix) : Value::null();
  }
  return Value::text(text);
}

}  // namespace

std::string simulated_id(uint64_t seed, std::string_view account, std::string_view kind, std::string_view key,
                         uint64_t nth) {
  std::string words = std::to_string(seed);
  for (const auto word : {account, kind, key}) words.append(1, '\0').append(word);
  auto digest = sha256(words.append(1, '\0').append(std::to_string(nth)));
  digest[6] = static_cast<uint8_t>((digest[6] & 0x0fU) | 0x40U);
  digest[8] = static_cast<uint8_t>((digest[8] & 0x3fU) | 0x80U);
  auto text = hex(digest).substr(0, 32);
  for (const std::size_t at : {20U, 16U, 12U, 8U}) text.insert(at, 1, '-');
  return text;
}

Value Simulation::completed(const World& world, const Object& object) {
  const auto* slots = object.attributes.as_slots();
  if (!slots) return object.attributes;
  std::vector<Value> items = *slots;
  bool changed = false;
  for (std::size_t i = 0; i < items.size() && i < object.schema->attributes.size(); ++i) {
    const auto& about = object.schema->attributes[i];
    if (!about.computed || !items[i].is_null()) continue;
    items[i] = about.name == object.schema->revision ? Value::integer(1) : chosen(world, object, i);
    changed = true;
  }
  return changed ? Value::slots(std::move(items)) : object.attributes;
}

Value Simulation::chosen(const World& world, const Object& object, std::size_t slot) {
  constexpr std::string_view k_address = "address ";
  const auto& about = object.schema->attributes[slot];
  const std::string_view how = about.simulated;
  if (how.empty()) return Value::null();
  if (how == "mac") {
    const auto digest = hex(sha256(object.id));
    return Value::text("fa:16:3e:" + digest.substr(0, 2) + ":" + digest.substr(2, 2) + ":" + digest.substr(4, 2));
  }
  if (how.starts_with(k_address)) return next_address(world, object, slot, how.substr(k_address.size()));
  return constant(about.type, about.simulated);
}

Value Simulation::next_address(const World& world, const Object& object, std::size_t slot, std::string_view from) {
  auto prefix = IpPrefix::parse(from);
  if (!prefix)
    world.at_path(*object.schema, object.attributes, from, [&](const Value& value) {
      if (!prefix && value.as_prefix()) prefix = *value.as_prefix();
    });
  if (!prefix) return Value::null();
  const auto key = object.schema->kind + ' ' + std::to_string(slot) + ' ' + prefix->text();
  const auto [found, fresh] = pools_.try_emplace(key);
  auto& pool = found->second;
  if (fresh) {
    // Continue behind the highest one in use; gaps are found when the end is reached.
    for (const auto* other : world.all()) {
      const auto* text =
          other->schema == object.schema
              ? attribute(*other->schema, other->attributes, object.schema->attributes[slot].name).as_text()
              : nullptr;
      const auto used = text ? IpAddress::parse(*text) : std::nullopt;
      if (used && prefix->contains(*used)) pool.next = std::max(pool.next, used->bits - prefix->address.bits + 1);
    }
  }
  if (const auto address = prefix->nth(pool.next); address && *address != prefix->last()) {
    ++pool.next;
    return Value::text(address->text());
  }
  std::set<IpAddress> used;
  for (const auto* other : world.all())
    if (other->schema == object.schema)
      if (const auto* text =
              attribute(*other->schema, other->attributes, object.schema->attributes[slot].name).as_text())
        if (const auto address = IpAddress::parse(*text)) used.insert(*address);
  for (uint128 n = 2; n < pool.next; ++n)
    if (const auto address = prefix->nth(n); address && *address != prefix->last() && !used.contains(*address))
      return Value::text(address->text());
  return Value::null();
}

}  // namespace cloison::sandbox
