#pragma once
// A topology as the resources that it comes to, as they are to be and as they are read back, without any server.

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "core/ops/proving.h"

namespace cloison::test {

/// A resource with the provider that has it.
struct Owned {
  std::string provider{};
  PlacedResource resource{};
};

/// Which of a topology's resources: those that are to be, or those that were read from where they were applied.
enum class Form : uint8_t { compiled, live };

struct Network {
  std::vector<Owned> resources{};
  Providers providers{};
  ops::OuterAddresses outer{};
  verify::ProofInput input{};

  /// The kind's schema, by one of its resources.
  [[nodiscard]] const KindSchema& schema_of(const Owned& one) const;
  /// What some resources forward, all parts as one.
  [[nodiscard]] Forwarding forwarding(const std::vector<Owned>& some) const;
};

/// A file of a topology's folder: its name and its content, as written.
using Files = std::map<std::string, std::string>;

/// Files of a folder of the repository, "inventories/labanalyse".
[[nodiscard]] Files files_of(const std::filesystem::path& folder);

/// What the topology comes to. Read back: applied in the simulator, then observed as `verify --live` does, rules of
/// nftables as `nft -s -nn list` prints them. Throws what is wrong with it.
[[nodiscard]] Network network_of(const Files& files, Form form);

/// A rule as `nft -s -nn list` prints it: protocols, states and messages by their numbers.
[[nodiscard]] std::string as_listed(const std::string& rule);

}  // namespace cloison::test
