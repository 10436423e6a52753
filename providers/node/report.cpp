#include "providers/node/report.h"

#include <set>

#include <fmt/format.h>

#include "core/base/ip.h"
#include "core/base/strings.h"

namespace cloison::node {

namespace {

Diagnostic no_report(std::string why) {
  return {.kind = ErrorKind::internal,
          .code = "CL5410",
          .summary = "what the node tells of itself is not understood",
          .detail = std::move(why),
          .hint = "is it a Debian with its own programs? Run `sh -c true` and `ip address` there by hand"};
}

}  // namespace

Result<Report> parse_report(std::string_view text) {
  Report report;
  while (true) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || !text.starts_with('@'))
      return fail(no_report(fmt::format("Expected the head of a section, and found '{}'.",
                                        printable(text.substr(0, std::min<std::size_t>({end, text.size(), 60}))))));
    const auto words = split(text.substr(1, end - 1), ' ');
    text.remove_prefix(end + 1);
    const auto status = words.size() == 3 ? number_in<int>(words[1]) : std::nullopt;
    const auto size = words.size() == 3 ? number_in<std::size_t>(words[2]) : std::nullopt;
    if (!status || !size) return fail(no_report("The head of a section is broken."));
    if (words[0] == "end") return report;
    if (text.size() <= *size || text[*size] != '\n')
      return fail(no_report(fmt::format("Section '{}' ends too early.", printable(words[0]))));
    report.insert_or_assign(std::string(words[0]), Section{*status, std::string(text.substr(0, *size))});
    text.remove_prefix(*size + 1);
  }
}

Facts facts_of(const Report& report, std::optional<int64_t> now) {
  Facts facts;
  const auto lines = [&](std::string_view name) {
    const auto section = report.find(name);
    return section == report.end() ? std::vector<std::string_view>{} : split(section->second.text, '\n');
  };
  for (const auto line : lines("system"))
    if (line.starts_with("ID=") || line.starts_with("VERSION_ID="))
      facts.emplace(line.starts_with("ID=") ? "os" : "os_version", line.substr(line.find('=') + 1));
  const auto kernel = lines("kernel");
  if (!kernel.empty()) facts.emplace("kernel", kernel.front());
  for (std::size_t i = 1; i < kernel.size(); ++i)
    if (!kernel[i].empty()) facts.emplace("kernel/" + std::string(kernel[i]), "yes");
  for (const auto line : lines("packages"))
    if (const auto words = split(line, ' '); words.size() == 3 && words[1] == "installed")
      facts.emplace("package/" + std::string(words[0]), words[2]);
  if (const auto back = restored(report); !back.empty()) facts.emplace("restored", back);
  constexpr int64_t k_slack = 30;
  if (const auto said = lines("clock"); now && !said.empty())
    if (const auto clock = number_in<int64_t>(said.front());
        clock && *clock >= 0 && (*clock > *now ? *clock - *now : *now - *clock) > k_slack)
      facts.emplace("clock_off", std::to_string(*clock - *now));
  // "FROM TO PORT", as sshd says it (environment, ssh(1)); then the interface by which the answers leave.
  for (const auto line : lines("session"))
    if (const auto words = split(line, ' '); words.size() == 4 && IpAddress::parse(words[0]))
      facts.emplace("session", printable(line));
  // Its own; those that it shares with others come and go.
  std::set<std::string> shared;
  for (const auto line : lines("file/etc/cloison/redundancy.conf"))
    if (line.starts_with("shared ")) shared.emplace(line.substr(7));
  for (const auto& [interface, addresses] : addresses_of(report))
    for (const auto& address : addresses)
      if (!shared.contains(fmt::format("{} {}", address, interface)))
        facts.emplace("address/" + address.substr(0, address.find('/')), printable(interface));
  // Images that machines may begin as, and the machines that are there already.
  if (report.contains("images")) facts.emplace("images", "listed");
  for (const auto line : lines("images"))
    if (!line.empty()) facts.emplace("image/" + printable(line), "yes");
  constexpr std::string_view k_guest_file = "file/etc/cloison/guests.d/", k_ending = ".conf";
  for (auto one = report.lower_bound(k_guest_file); one != report.end() && one->first.starts_with(k_guest_file); ++one)
    if (one->first.ends_with(k_ending))
      for (const auto line : split(one->second.text, '\n'))
        if (const auto words = split(line, ' '); words.size() == 5 && words[0] == "guest")
          facts.emplace("guest/" + printable(words[1]), printable(words[4]));
  facts.emplace("datapath", facts.contains("kernel/openvswitch") ? "system" : "netdev");
  return facts;
}

Facts specimen() {
  Facts facts{{"os", "debian"}, {"os_version", "\"12\""}, {"kernel", "6.1.0"}, {"datapath", "system"}};
  for (const auto* const module :
       {"openvswitch", "wireguard", "esp4", "xfrm_interface", "bridge", "8021q", "nf_tables", "kvm"})
    facts.emplace(std::string("kernel/").append(module), "yes");
  for (const auto* const package :
       {"openvswitch-switch", "nftables", "wireguard-tools", "wireguard-go", "frr", "frr-pythontools",
        "strongswan-swanctl", "charon-systemd", "libstrongswan-standard-plugins", "libcharon-extra-plugins", "openssl",
        "keepalived", "haproxy", "conntrack", "libvirt-daemon-system", "qemu-system-x86", "qemu-utils", "genisoimage",
        "iproute2"})
    facts.emplace(std::string("package/").append(package), "1");
  return facts;
}

std::vector<RunningService> running_services(const Report& report) {
  std::map<std::string, RunningService, std::less<>> services;
  const auto section = report.find("running");
  if (section == report.end()) return {};
  for (const auto line : split(section->second.text, '\n')) {
    const auto words = split(line, ' ');
    if (words.size() < 3) continue;
    auto& service = services[std::string(words[1])];
    if (words[0] == "ill") {
      service.ails = printable(line.substr(words[0].size() + words[1].size() + 2));
    } else if (words[0] == "service" && words.size() == 6) {
      service.release = words[2] == "-" ? std::string() : printable(words[2]);
      service.state = printable(words[3]);
      if (const auto since = number_in<int64_t>(words[4]); since && *since > 0)
        service.since = std::chrono::sys_seconds(std::chrono::seconds(*since));
      service.restarts = number_in<uint64_t>(words[5]).value_or(0);
    }
  }
  std::vector<RunningService> all;
  for (auto& [name, service] : services) {
    service.name = printable(name);
    all.push_back(std::move(service));
  }
  return all;
}

std::vector<RawAnswer> raw_answers(const Report& report) {
  const std::set<std::string_view> never{"clock", "session", "services/secrets", "vpn/secrets"};
  std::vector<RawAnswer> answers;
  for (const auto& [name, section] : report)
    if (!never.contains(name)) answers.push_back({name + ".txt", section.text + '\n'});
  return answers;
}

std::string restored(const Report& report) {
  const auto told = report.find("told");
  if (told == report.end()) return {};
  for (const auto line : split(told->second.text, '\n'))
    if (line.starts_with("restored ")) return printable(line.substr(9));
  return {};
}

}  // namespace cloison::node
