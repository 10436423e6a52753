#pragma once
// Reads the members of one JSON object; the first that is missing or of another type is remembered as the cause.

#include <optional>
#include <string>
#include <string_view>

#include "core/base/ip.h"
#include "core/base/result.h"
#include "core/model/value.h"
#include "core/net/json.h"

namespace cloison::openstack {

class Fields {
 public:
  /// `what`: "a network of Neutron"; `object` outlives this.
  Fields(std::string what, const net::Json& object) : what_(std::move(what)), object_(object) {}

  /// Must be a text that is not empty and, as an identifier, of harmless characters and length.
  std::string id(std::string_view name);
  /// As `id`, or null when absent or null.
  Value optional_id(std::string_view name);
  /// "" when absent or null.
  std::string text(std::string_view name);
  Value optional_text(std::string_view name);
  std::optional<int64_t> integer(std::string_view name);
  Value optional_integer(std::string_view name);
  std::optional<bool> boolean(std::string_view name);
  /// A prefix, host bits cleared; nullopt when absent or null.
  std::optional<IpPrefix> prefix(std::string_view name);
  /// An address in canonical text; null when absent or null.
  Value address(std::string_view name);
  /// An empty list when absent or null.
  const net::Json::Array& list(std::string_view name);

  /// The first complaint, if any. More may be added by the caller.
  void complain(std::string why);
  [[nodiscard]] const std::optional<Diagnostic>& error() const { return error_; }

 private:
  const net::Json* member(std::string_view name) const;
  std::string what_;
  const net::Json& object_;
  std::optional<Diagnostic> error_{};
};

}  // namespace cloison::openstack
