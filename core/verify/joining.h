#pragma once
// The parts of several providers, joined to one network: what a world is made of before its routes are known.

#include <memory>
#include <vector>

#include "core/verify/world.h"

namespace cloison::verify {

struct Joined {
  std::vector<std::shared_ptr<World::Device>> devices{};
  std::vector<std::shared_ptr<World::Port>> ports{};
  std::vector<std::shared_ptr<World::Network>> networks{};
  std::vector<Unmodelled> unknown{};
  NetworkNames network_names{};
};

[[nodiscard]] Joined joined(std::vector<Forwarding> parts, FilterPool& pool);

/// Notes on a network which addresses its machines' ports have.
void find_addresses(World::Network& network, const std::vector<std::shared_ptr<const World::Port>>& ports);

}  // namespace cloison::verify
