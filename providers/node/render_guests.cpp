#include "providers/node/render_guests.h"

#include <fmt/format.h>

#include "core/base/digest.h"
#include "core/base/ip.h"
#include "core/base/strings.h"
#include "providers/node/lower_guests.h"

namespace cloison::node {

namespace {

/// Nothing that XML, YAML or a line of words could take for something else.
std::string only_word(std::string_view text) {
  std::string found;
  for (const char c : text)
    if (is_letter_or_digit(c) || c == '.' || c == '-' || c == '_' || c == ':' || c == '/') found += c;
  return found;
}

std::string word(const Settings& settings, std::string_view name) {
  return only_word(settings.text(name));
}

std::string disk(std::string_view type, std::string_view file, std::string_view device, std::string_view more) {
  return fmt::format(
      "    <disk type='file' device='disk'>\n      <driver name='qemu' type='{}'{}/>\n"
      "      <source file='{}/cloison-{}'/>\n      <target dev='{}' bus='virtio'/>\n{}    </disk>\n",
      type, type == "raw" ? "" : " discard='unmap'", k_images_folder, file, device, more);
}

/// A switch without the kernel's help computes no checksums for its machines, and drops what lacks them.
std::string interface(const Settings& settings) {
  const auto tag = settings.number("tag");
  constexpr std::string_view k_own_checksums =
      "      <driver>\n        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off' mrg_rxbuf='off'/>\n"
      "        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>\n      </driver>\n";
  return fmt::format(
      "    <interface type='bridge'>\n      <mac address='{}'/>\n      <source bridge='{}'/>\n"
      "      <virtualport type='openvswitch'/>\n{}      <model type='virtio'/>\n{}    </interface>\n",
      word(settings, "hardware_address"), word(settings, "bridge"),
      tag ? fmt::format("      <vlan>\n        <tag id='{}'/>\n      </vlan>\n", *tag) : "",
      settings.is_set("checksums") ? std::string_view() : k_own_checksums);
}

/// The same each time: libvirt takes a domain of another UUID for another one (RFC 9562, version 8).
std::string uuid(const Settings& settings) {
  auto digest = sha256_hex("machine at " + settings.text("hardware_address"));
  digest[12] = '8', digest[16] = 'a';
  return fmt::format("{}-{}-{}-{}-{}", digest.substr(0, 8), digest.substr(8, 4), digest.substr(12, 4),
                     digest.substr(16, 4), digest.substr(20, 12));
}

std::string domain(const Settings& settings) {
  const auto name = word(settings, "name");
  const bool kvm = settings.text("runs_by") == "kvm";
  std::string disks = disk("qcow2", fmt::format("{}.{}.qcow2", name, word(settings, "image")), "vda", "");
  if (settings.is_set("second_disk")) disks += disk("qcow2", name + ".data.qcow2", "vdb", "");
  disks += disk("raw", name + ".seed.iso", "vdz", "      <readonly/>\n");
  return fmt::format(
             "<domain type='{}'>\n  <name>{}</name>\n  <uuid>{}</uuid>\n  <memory unit='MiB'>{}</memory>\n  "
             "<vcpu>{}</vcpu>\n"
             "  <os>\n    <type>hvm</type>\n    <boot dev='hd'/>\n  </os>\n"
             "  <features>\n    <acpi/>\n    <apic/>\n  </features>\n  <cpu mode='{}'/>\n"
             "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n  <on_crash>restart</on_crash>\n"
             "  <devices>\n",
             kvm ? "kvm" : "qemu", name, uuid(settings), settings.number("memory").value_or(1024),
             settings.number("cpu").value_or(1), kvm ? "host-passthrough" : "maximum") +
         disks + interface(settings) +
         "    <serial type='pty'/>\n    <channel type='unix'>\n"
         "      <target type='virtio' name='org.qemu.guest_agent.0'/>\n    </channel>\n"
         "    <rng model='virtio'>\n      <backend model='random'>/dev/urandom</backend>\n    </rng>\n"
         "  </devices>\n</domain>\n";
}

std::string network(const Settings& settings) {
  std::string text = fmt::format(
      "version: 2\nethernets:\n  primary:\n    match: {{macaddress: \"{}\"}}\n    dhcp4: false\n    dhcp6: false\n"
      "    accept-ra: false\n",
      word(settings, "hardware_address"));
  const auto list = [&](std::string_view name) {
    std::string items;
    for (const auto& one : settings.texts(name))
      items += fmt::format("{}\"{}\"", items.empty() ? "" : ", ", only_word(one));
    return items;
  };
  if (const auto addresses = list("addresses"); !addresses.empty()) text += "    addresses: [" + addresses + "]\n";
  std::string routes;
  for (const auto& router : settings.texts("routers"))
    if (const auto via = IpAddress::parse(router))
      routes += fmt::format("      - {{to: \"{}\", via: \"{}\"}}\n", IpPrefix::any(via->family).text(), via->text());
  if (!routes.empty()) text += "    routes:\n" + routes;
  if (const auto servers = list("dns"); !servers.empty()) text += "    nameservers: {addresses: [" + servers + "]}\n";
  return text;
}

}  // namespace

std::vector<NodeFile> disk_files(const Settings& settings) {
  const auto name = word(settings, "name");
  return {{.path = fmt::format("/etc/cloison/guests.d/{}.disk", name),
           .body = fmt::format("disk {} {}\n", name, settings.number("size").value_or(0))}};
}

std::vector<NodeFile> guest_files(const Settings& settings) {
  const auto name = word(settings, "name");
  const auto path = [&](std::string_view suffix) { return fmt::format("/etc/cloison/guests.d/{}{}", name, suffix); };
  const auto network_text = network(settings);
  // cloud-init takes a machine with another number for a new one, and gives it its network again.
  const auto instance = sha256_hex(settings.text("hostname") + '\n' + network_text).substr(0, 16);
  return {
      {.path = path(".conf"),
       .body = fmt::format("guest {} {} {} {}\n", name, word(settings, "hostname"), instance, word(settings, "image"))},
      {.path = path(".xml"), .body = domain(settings)},
      {.path = path(".network-config"), .body = network_text},
      {.path = path(k_first_boot_suffix), .mode = "600", .body = "#cloud-config\n"}};
}

}  // namespace cloison::node
