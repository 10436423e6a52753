#pragma once
// Reading one service's flat settings, as its block wrote them.

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/topology/topology.h"

namespace cloison::topology {

/// "health.http", "update.max_surge": the keys of nested blocks, joined with dots.
class ServiceSettings {
 public:
  explicit ServiceSettings(const Service& service) : service_(&service) {}

  [[nodiscard]] bool has(const std::string& key) const {
    return service_->settings.contains(key) || service_->secrets.contains(key);
  }
  [[nodiscard]] std::string text(const std::string& key) const;
  /// A text, or the reference that stands for it.
  [[nodiscard]] std::string text_or_reference(const std::string& key) const;
  [[nodiscard]] std::optional<std::chrono::seconds> duration(const std::string& key) const;
  [[nodiscard]] std::optional<int64_t> number(const std::string& key) const;
  /// One item, or a list of them, in order; one that looks like a reference is a word all the same.
  [[nodiscard]] std::vector<std::string> words(const std::string& key) const;
  /// What a block of names holds: texts, and references.
  [[nodiscard]] std::map<std::string, std::string> texts_of(std::string_view block) const;
  [[nodiscard]] std::map<std::string, std::string> references_of(std::string_view block) const;

 private:
  const Service* service_;
};

}  // namespace cloison::topology
