#pragma once
// Break and drift by hand: what somebody else, or a fault of the platform, would do behind our back. For `cloison
// sandbox` and tests.

#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/model/provider.h"

namespace cloison::sandbox {

class Simulator;

struct Listed {
  std::string kind{}, id{};
  std::string address{};                                          // from the marker, or ""
  std::string project{};                                          // "" = ours
  std::vector<std::pair<std::string, std::string>> attributes{};  // for people; only those that are set
};

class Tampering {
 public:
  /// `provider`: the real one or its sandbox, for its kinds and name. The database must exist. Errors: CL5520 to
  /// CL5523, CL5531.
  [[nodiscard]] static Result<Tampering> open(std::shared_ptr<const Provider> provider,
                                              const std::filesystem::path& database);
  ~Tampering();
  Tampering(const Tampering&) = delete;
  Tampering& operator=(const Tampering&) = delete;
  Tampering(Tampering&&) noexcept;
  Tampering& operator=(Tampering&&) noexcept;

  /// All objects of that kind ("" = every kind), those of foreign project `project` instead of ours when it is named.
  [[nodiscard]] Result<std::vector<Listed>> list(const std::string& kind = {}, const std::string& project = {});

  /// Objects are named by id, by a beginning of it that is unique, or by the address in their marker. Error: CL5531.
  /// `force` asks no rule: what refers to the object is left behind.
  [[nodiscard]] Result<Listed> remove(const std::string& object, bool force = false);
  /// `text` as YAML-like words: "true", "7", "10.0.0.0/8", "[a, b]", "" for nothing. No rule is asked. Error: CL5532.
  [[nodiscard]] Result<Listed> set(const std::string& object, const std::string& attribute, const std::string& text);
  /// An object without our marker. It obeys the rules, as any other client's call; `project`: somebody else's.
  /// References by id or address.
  [[nodiscard]] Result<Listed> add(const std::string& kind,
                                   const std::vector<std::pair<std::string, std::string>>& attributes,
                                   const std::string& project = {});
  [[nodiscard]] Result<std::vector<Quota>> quotas();
  /// Negative: unlimited. Error: CL5531 for a quota that the provider does not count.
  [[nodiscard]] Result<void> set_quota(const std::string& name, int64_t allowed);

 private:
  explicit Tampering(std::unique_ptr<Simulator> simulator);
  std::unique_ptr<Simulator> simulator_;
};

}  // namespace cloison::sandbox
