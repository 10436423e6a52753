#include "providers/node/lower_guests.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/strings.h"
#include "providers/node/schema.h"
#include "providers/node/translation.h"

namespace cloison::node {

namespace {

constexpr uint64_t k_mebibyte = uint64_t{1} << 20U;
constexpr uint64_t k_gibibyte = uint64_t{1} << 30U;
constexpr int64_t k_least_memory = 1024;  // MiB, where the topology says none

int64_t in_units(uint64_t bytes, uint64_t unit) {
  return static_cast<int64_t>(bytes / unit + (bytes % unit == 0 ? 0 : 1));
}

bool is_file_name(std::string_view image) {
  return !image.empty() && image.front() != '.' && image.front() != '-' &&
         std::all_of(image.begin(), image.end(),
                     [](char c) { return is_letter_or_digit(c) || c == '.' || c == '-' || c == '_'; });
}

/// Why it cannot be made here; "" where it can.
std::string not_made(const EndpointIntent& guest, const std::string& name, const Facts& facts) {
  const auto& image = guest.machine->image;
  if (!is_file_name(image))
    return fmt::format("'{}' cannot be the name of an image's file on a node", printable(image));
  const bool listed = facts.contains("images");
  if (!listed || facts.contains("image/" + image) || facts.contains("guest/" + name)) return {};
  return fmt::format("the node has no image {0}: put {0}.qcow2 into {1} there", image, k_images_folder);
}

void add_guest(const NodeSegmentIntent& segment, const EndpointIntent& guest, const Facts& facts,
               const AddResource& add) {
  const auto& machine = *guest.machine;
  const auto name = guest_name(segment.name, guest.name);
  std::vector<std::string> addresses, routers;
  for (const auto& address : guest.addresses)
    for (const auto& one : segment.prefixes) {
      if (one.prefix.family() != address.family) continue;
      addresses.push_back(fmt::format("{}/{}", on_wire(one, address).text(), one.prefix.length));
      routers.push_back(on_wire(one, one.gateway).text());
    }
  const auto memory = machine.memory == 0 ? k_least_memory : in_units(machine.memory, k_mebibyte);
  const auto datapath = facts.find("datapath");
  std::vector<std::string> after{"vlan/" + segment.name};
  if (machine.disk != 0) {
    add(k_disk, "disk/" + name,
        {{"name", Value::text(name)}, {"size", Value::integer(in_units(machine.disk, k_gibibyte))}}, guest.origins, {});
    after.push_back("disk/" + name);
  }
  add(k_guest, "guest/" + name,
      {{"name", Value::text(name)},
       {"hostname", Value::text(guest.name)},
       {"image", Value::text(machine.image)},
       {"cpu", Value::integer(machine.cpu == 0 ? 1 : int64_t{machine.cpu})},
       {"memory", Value::integer(memory)},
       {"second_disk", Value::boolean(machine.disk != 0)},
       {"runs_by", Value::text(facts.contains("kernel/kvm") ? "kvm" : "qemu")},
       {"bridge", Value::text(k_bridge)},
       {"tag", segment.vlan == 0 ? Value::null() : Value::integer(segment.vlan)},
       {"hardware_address", Value::text(hardware_address(guest.path))},
       {"checksums", Value::boolean(datapath == facts.end() || datapath->second == "system")},
       {"addresses", Value::texts(addresses)},
       {"routers", Value::texts(routers)},
       {"dns", Value::texts(resolvers_on_wire(segment))},
       {"account", machine.account.empty() ? Value::null() : Value::text(machine.account)},
       {"authorized_keys", Value::texts(machine.authorized_keys)}},
      guest.origins, std::move(after));
}

}  // namespace

std::string guest_name(const std::string& segment, const std::string& host) {
  return fmt::format("{}_{}", segment, host);
}

std::string hardware_address(const std::string& path) {
  const auto digest = sha256_hex("hardware address of " + path);
  std::string text = "02";
  for (std::size_t i = 0; i < 5; ++i) text += fmt::format(":{}", digest.substr(2 * i, 2));
  return text;
}

bool is_made(const NodeSegmentIntent& segment, const EndpointIntent& guest, const Facts& facts) {
  return not_made(guest, guest_name(segment.name, guest.name), facts).empty();
}

const NodeSegmentIntent* segment_of(const NodeIntent& node, const EndpointIntent& guest) {
  const auto found = std::find_if(node.segments.begin(), node.segments.end(),
                                  [&](const NodeSegmentIntent& one) { return one.path == guest.segment; });
  return found == node.segments.end() || !guest.machine ? nullptr : &*found;
}

void add_guests(const NodeIntent& node, const Facts& facts, const AddResource& add,
                std::vector<NotApplied>& not_applied) {
  for (const auto& guest : node.guests) {
    const auto* segment = segment_of(node, guest);
    if (segment == nullptr) continue;
    auto why = not_made(guest, guest_name(segment->name, guest.name), facts);
    if (why.empty())
      add_guest(*segment, guest, facts, add);
    else
      not_applied.push_back({"hosts", guest.path, NotApplied::Reason::unsupported,
                             fmt::format("{}: {}", node.name, why),
                             guest.origins.empty() ? 0 : guest.origins.front().span, "on nodes"});
  }
}

}  // namespace cloison::node
