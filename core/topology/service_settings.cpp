#include "core/topology/service_settings.h"

#include <charconv>

#include "core/topology/units.h"

namespace cloison::topology {

namespace {

std::optional<int64_t> whole_number(std::string_view text) {
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end == text.data() + text.size() ? std::optional(number) : std::nullopt;
}

/// "block." of a key, or nothing.
std::optional<std::string_view> inside(std::string_view key, std::string_view block) {
  if (!key.starts_with(block) || key.size() <= block.size() || key[block.size()] != '.') return std::nullopt;
  return key.substr(block.size() + 1);
}

}  // namespace

std::string ServiceSettings::text(const std::string& key) const {
  const auto found = service_->settings.find(key);
  return found == service_->settings.end() ? std::string() : found->second.value;
}

std::string ServiceSettings::text_or_reference(const std::string& key) const {
  const auto found = service_->secrets.find(key);
  return found == service_->secrets.end() ? text(key) : found->second.written();
}

std::optional<std::chrono::seconds> ServiceSettings::duration(const std::string& key) const {
  return parse_duration(text(key));
}

std::optional<int64_t> ServiceSettings::number(const std::string& key) const {
  return whole_number(text(key));
}

std::vector<std::string> ServiceSettings::words(const std::string& key) const {
  if (has(key)) return {text_or_reference(key)};
  std::map<int64_t, std::string> in_order;
  const auto add = [&](const std::string& of, std::string word) {
    if (const auto item = inside(of, key))
      if (const auto number = whole_number(*item)) in_order.emplace(*number, std::move(word));
  };
  for (const auto& [of, value] : service_->settings) add(of, value.value);
  for (const auto& [of, value] : service_->secrets) add(of, value.written());
  std::vector<std::string> all;
  for (auto& [number, word] : in_order) all.push_back(std::move(word));
  return all;
}

std::map<std::string, std::string> ServiceSettings::texts_of(std::string_view block) const {
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : service_->settings)
    if (const auto name = inside(key, block)) all.emplace(*name, value.value);
  return all;
}

std::map<std::string, std::string> ServiceSettings::references_of(std::string_view block) const {
  std::map<std::string, std::string> all;
  for (const auto& [key, value] : service_->secrets)
    if (const auto name = inside(key, block)) all.emplace(*name, value.written());
  return all;
}

}  // namespace cloison::topology
