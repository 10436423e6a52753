#include "providers/openstack/fields.h"

#include <algorithm>

#include <fmt/format.h>

#include "providers/openstack/refusal.h"

namespace cloison::openstack {

namespace {

/// Identifiers become parts of paths: a slash or a question mark would ask for something else.
bool is_identifier(std::string_view text) {
  constexpr std::size_t k_longest = 255;
  const auto fits = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_' || c == '.'; };
  return !text.empty() && text.size() <= k_longest && std::all_of(text.begin(), text.end(), fits) && text != "." &&
         text != "..";
}

}  // namespace

void Fields::complain(std::string why) {
  if (!error_) error_ = not_understood(what_, std::move(why));
}

const net::Json* Fields::member(std::string_view name) const {
  const net::Json* found = object_.find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

std::string Fields::id(std::string_view name) {
  const net::Json* found = member(name);
  const std::string* text = found == nullptr ? nullptr : found->as_text();
  if (text != nullptr && is_identifier(*text)) return *text;
  complain(fmt::format("'{}' is {}", name, found == nullptr ? "missing" : "no identifier"));
  return {};
}

Value Fields::optional_id(std::string_view name) {
  const net::Json* found = member(name);
  if (found == nullptr || (found->as_text() != nullptr && found->as_text()->empty())) return {};
  return Value::text(id(name));
}

std::string Fields::text(std::string_view name) {
  const net::Json* found = member(name);
  if (found == nullptr) return {};
  if (const auto* text = found->as_text()) return *text;
  complain(fmt::format("'{}' is no text", name));
  return {};
}

Value Fields::optional_text(std::string_view name) {
  std::string found = text(name);
  return found.empty() ? Value() : Value::text(std::move(found));
}

std::optional<int64_t> Fields::integer(std::string_view name) {
  const net::Json* found = member(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->as_integer()) return *value;
  complain(fmt::format("'{}' is no integer", name));
  return std::nullopt;
}

Value Fields::optional_integer(std::string_view name) {
  const auto value = integer(name);
  return value ? Value::integer(*value) : Value();
}

std::optional<bool> Fields::boolean(std::string_view name) {
  const net::Json* found = member(name);
  if (found == nullptr) return std::nullopt;
  if (const auto* value = found->as_boolean()) return *value;
  complain(fmt::format("'{}' is neither true nor false", name));
  return std::nullopt;
}

std::optional<IpPrefix> Fields::prefix(std::string_view name) {
  const std::string written = text(name);
  if (written.empty()) return std::nullopt;
  auto value = IpPrefix::parse_loose(written);
  if (!value) complain(fmt::format("'{}' is no prefix", name));
  return value;
}

Value Fields::address(std::string_view name) {
  const std::string written = text(name);
  if (written.empty()) return {};
  const auto value = IpAddress::parse(written);
  if (value) return Value::text(value->text());
  complain(fmt::format("'{}' is no address", name));
  return {};
}

const net::Json::Array& Fields::list(std::string_view name) {
  static const net::Json::Array k_none;
  const net::Json* found = member(name);
  if (found == nullptr) return k_none;
  if (const auto* items = found->as_array()) return *items;
  complain(fmt::format("'{}' is no list", name));
  return k_none;
}

}  // namespace cloison::openstack
