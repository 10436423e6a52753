#pragma once
// The seam to the simulator's objects for `cloison sandbox …`: what happens to a platform behind cloison's back. Joined
// to providers/sandbox in cli/main.cpp.

#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include "core/base/result.h"
#include "core/model/provider.h"
#include "core/model/resource.h"

namespace cloison::cli {

using NamedTexts = std::vector<std::pair<std::string, std::string>>;

struct SimulatedObject {
  std::string kind{}, id{};
  std::string address{};  // from our marker, "" for a foreign object
  NamedTexts attributes{};
};

/// Objects are named by id, by a unique beginning of it, or by the address in their marker.
class Tampering {
 public:
  /// The simulator of one provider entry.
  struct Where {
    StoredProvider provider{};
    std::filesystem::path database{};
  };
  virtual ~Tampering() = default;
  [[nodiscard]] virtual Result<std::vector<SimulatedObject>> list(const Where& where,
                                                                  const std::string& kind) const = 0;
  [[nodiscard]] virtual Result<SimulatedObject> remove(const Where& where, const std::string& object,
                                                       bool force) const = 0;
  [[nodiscard]] virtual Result<SimulatedObject> set(const Where& where, const std::string& object,
                                                    const std::string& attribute, const std::string& text) const = 0;
  [[nodiscard]] virtual Result<SimulatedObject> add(const Where& where, const std::string& kind,
                                                    const NamedTexts& attributes) const = 0;
  [[nodiscard]] virtual Result<std::vector<Quota>> quotas(const Where& where) const = 0;
  /// Negative: unlimited.
  [[nodiscard]] virtual Result<void> set_quota(const Where& where, const std::string& name, int64_t allowed) const = 0;

 protected:
  Tampering() = default;
  Tampering(const Tampering&) = default;
  Tampering& operator=(const Tampering&) = default;
};

}  // namespace cloison::cli
