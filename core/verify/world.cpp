#include "core/verify/world.h"

#include <algorithm>
#include <utility>

#include "core/verify/device_tables.h"
#include "core/verify/joining.h"
#include "core/verify/spreading.h"

namespace cloison::verify {

namespace {

FilterChain matches_of(const TranslationChain& translation) {
  FilterChain chain{.name = translation.name};
  for (const auto& rule : translation.rules) chain.rules.push_back({.match = rule.match});
  return chain;
}

}  // namespace

std::shared_ptr<const Filter> FilterPool::of(const SharedChain& chain) {
  if (!chain) return {};
  auto& ready = ready_[chain.get()];
  if (!ready) ready = std::make_shared<const Ready>(chain);
  return {ready, &ready->filter};
}

DeviceFilters::DeviceFilters(ForwardingDevice& device, FilterPool& pool)
    : input_rules(std::exchange(device.input, {})),
      forward_rules(std::exchange(device.forward, {})),
      output_rules(std::exchange(device.output, {})),
      arriving_changes(std::exchange(device.arriving, {})),
      sending_changes(std::exchange(device.sending, {})),
      leaving_changes(std::exchange(device.leaving, {})),
      arriving_rules(matches_of(arriving_changes)),
      sending_rules(matches_of(sending_changes)),
      leaving_rules(matches_of(leaving_changes)),
      input(pool.of(input_rules)),
      forward(pool.of(forward_rules)),
      output(pool.of(output_rules)),
      arriving(arriving_rules),
      sending(sending_rules),
      leaving(leaving_rules) {}

PortFilters::PortFilters(MachinePort& port, FilterPool& pool)
    : in_rules(std::exchange(port.in, {})),
      out_rules(std::exchange(port.out, {})),
      in(pool.of(in_rules)),
      out(pool.of(out_rules)) {}

World::World(std::vector<Forwarding> parts, FilterPool& pool) {
  make(std::move(parts), pool);
}

World::World(std::vector<Forwarding> parts) {
  FilterPool pool;
  make(std::move(parts), pool);
}

void World::make(std::vector<Forwarding> parts, FilterPool& pool) {
  auto all = joined(std::move(parts), pool);
  unknown_ = std::make_shared<const std::vector<Unmodelled>>(std::move(all.unknown));
  network_names_ = std::make_shared<const NetworkNames>(std::move(all.network_names));
  ports_.assign(all.ports.begin(), all.ports.end());
  for (auto& network : all.networks) find_addresses(*network, ports_);
  networks_.assign(all.networks.begin(), all.networks.end());
  std::vector<std::shared_ptr<const ForwardingDevice>> models;
  for (const auto& device : all.devices) models.emplace_back(device, &device->model);
  spread_ = std::make_shared<const Spread>(
      std::move(models), [&](std::size_t device, std::size_t tunnel) { return all.devices[device]->far_ends[tunnel]; });
  for (std::size_t i = 0; i < all.devices.size(); ++i)
    set_tables(*all.devices[i], spread_->learned(i),
               [this](const Device& device, const IpAddress& address) { return towards(device, address); });
  devices_.assign(all.devices.begin(), all.devices.end());
}

World::World(const World& whole, const OtherFilters& filters)
    : devices_(whole.devices_),
      ports_(whole.ports_),
      networks_(whole.networks_),
      unknown_(whole.unknown_),
      network_names_(whole.network_names_),
      spread_(whole.spread_) {
  for (const auto& [number, other] : filters.devices) {
    auto device = std::make_shared<Device>(*devices_[number]);
    device->filters = other;
    devices_[number] = std::move(device);
  }
  for (const auto& [number, other] : filters.ports) {
    auto port = std::make_shared<Port>(*ports_[number]);
    port->filters = other;
    ports_[number] = std::move(port);
  }
}

std::size_t World::Device::interface(std::string_view name) const {
  for (std::size_t i = 0; i < model.interfaces.size(); ++i)
    if (model.interfaces[i].name == name) return i;
  return k_nothing;
}

std::size_t World::network(std::string_view name) const {
  const auto found = network_names_->find(name);
  return found == network_names_->end() ? k_nothing : found->second;
}

std::vector<std::size_t> World::networks_of(const IpAddress& address) const {
  std::vector<std::size_t> all;
  for (std::size_t i = 0; i < networks_.size(); ++i) {
    const auto& prefixes = networks_[i]->model.prefixes;
    if (std::any_of(prefixes.begin(), prefixes.end(), [&](const IpPrefix& prefix) { return prefix.contains(address); }))
      all.push_back(i);
  }
  return all;
}

std::optional<FarEnd> World::far_end(std::size_t device, std::size_t tunnel) const {
  const auto& far = devices_[device]->far_ends[tunnel];
  return far.device == k_nothing ? std::nullopt : std::optional(far);
}

/// By which interface an address is reached: on a network of the device, or behind one of its tunnels.
std::size_t World::towards(const Device& device, const IpAddress& address) const {
  const auto holds = [&](const std::vector<IpPrefix>& prefixes) {
    return std::any_of(prefixes.begin(), prefixes.end(), [&](const IpPrefix& one) { return one.contains(address); });
  };
  for (std::size_t i = 0; i < device.model.interfaces.size(); ++i)
    if (const auto at = network(device.model.interfaces[i].network);
        at != k_nothing && holds(networks_[at]->model.prefixes))
      return i;
  for (const auto& end : device.model.tunnels)
    if (holds(end.behind)) return device.interface(end.interface);
  return k_nothing;
}

}  // namespace cloison::verify
