#pragma once
// Reading one service's flat settings, as its block wrote them. Part of core/compile only.

#include <charconv>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/topology/topology.h"
#include "core/topology/units.h"

namespace cloison::compile {

constexpr std::string_view k_balancer_kind = "haproxy";

/// The flat settings of one service, as its block wrote them.
class Written {
 public:
  explicit Written(const topology::Service& service) : service_(service) {}

  [[nodiscard]] std::string text(const std::string& key) const {
    const auto found = service_.settings.find(key);
    return found == service_.settings.end() ? std::string() : found->second.value;
  }
  /// A text, or the reference that stands for it.
  [[nodiscard]] std::string reference(const std::string& key) const {
    const auto found = service_.secrets.find(key);
    return found == service_.secrets.end() ? text(key) : Written::source_text(found->second);
  }
  [[nodiscard]] std::optional<std::chrono::seconds> duration(const std::string& key) const {
    return topology::parse_duration(text(key));
  }
  [[nodiscard]] std::optional<uint32_t> number(const std::string& key) const {
    const auto written = text(key);
    uint32_t number = 0;
    const auto [end, error] = std::from_chars(written.data(), written.data() + written.size(), number);
    return error == std::errc{} && end == written.data() + written.size() ? std::optional(number) : std::nullopt;
  }
  /// One item, or a list of them: "arguments", "arguments.0", "arguments.1".
  [[nodiscard]] std::vector<std::string> texts(const std::string& key) const {
    std::vector<std::string> all;
    if (const auto one = text(key); !one.empty()) all.push_back(one);
    for (std::size_t i = 0;; ++i) {
      const auto item = service_.settings.find(fmt::format("{}.{}", key, i));
      if (item == service_.settings.end()) return all;
      all.push_back(item->second.value);
    }
  }
  [[nodiscard]] std::map<std::string, std::string> plain(std::string_view block) const {
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : service_.settings)
      if (key.starts_with(block)) all.emplace(key.substr(block.size()), value.value);
    return all;
  }
  [[nodiscard]] std::map<std::string, std::string> references(std::string_view block) const {
    std::map<std::string, std::string> all;
    for (const auto& [key, value] : service_.secrets)
      if (key.starts_with(block)) all.emplace(key.substr(block.size()), Written::source_text(value));
    return all;
  }

 private:
  static std::string source_text(const topology::SecretReference& reference) {
    using Source = topology::SecretReference::Source;
    const auto* word = reference.source == Source::environment ? "env:"
                       : reference.source == Source::file      ? "file:"
                                                               : "command:";
    return word + reference.text;
  }

  const topology::Service& service_;
};

}  // namespace cloison::compile
