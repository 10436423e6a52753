// Port names that every topology knows. Our own table (never /etc/services, which differs between machines); registered
// with IANA except where a product's usual port is better known.

#include <array>

#include "core/topology/load.h"

namespace cloison::topology {

namespace {

struct Known {
  std::string_view name;
  std::array<std::string_view, 2> matches;
};

constexpr std::array k_known{
    Known{"amqp", {"tcp/5672"}},
    Known{"amqps", {"tcp/5671"}},
    Known{"bfd", {"udp/3784"}},
    Known{"bgp", {"tcp/179"}},
    Known{"cassandra", {"tcp/9042"}},
    Known{"clickhouse", {"tcp/9000"}},
    Known{"dhcp", {"udp/67-68"}},
    Known{"dhcpv6", {"udp/546-547"}},
    Known{"dicom", {"tcp/104"}},
    Known{"dicom-tls", {"tcp/2762"}},
    Known{"dns", {"udp/53", "tcp/53"}},
    Known{"dns-tls", {"tcp/853"}},
    Known{"docker-registry", {"tcp/5000"}},
    Known{"elasticsearch", {"tcp/9200"}},
    Known{"esp", {"esp"}},
    Known{"etcd", {"tcp/2379-2380"}},
    Known{"ftp", {"tcp/21"}},
    Known{"ftps", {"tcp/990"}},
    Known{"git", {"tcp/9418"}},
    Known{"grafana", {"tcp/3000"}},
    Known{"gre", {"gre"}},
    Known{"http", {"tcp/80"}},
    Known{"http-alt", {"tcp/8080"}},
    Known{"https", {"tcp/443"}},
    Known{"https-alt", {"tcp/8443"}},
    Known{"imap", {"tcp/143"}},
    Known{"imaps", {"tcp/993"}},
    Known{"ike", {"udp/500", "udp/4500"}},
    Known{"ipp", {"tcp/631"}},
    Known{"jetdirect", {"tcp/9100"}},
    Known{"kafka", {"tcp/9092"}},
    Known{"kerberos", {"udp/88", "tcp/88"}},
    Known{"kubernetes-api", {"tcp/6443"}},
    Known{"ldap", {"tcp/389"}},
    Known{"ldaps", {"tcp/636"}},
    Known{"loki", {"tcp/3100"}},
    Known{"memcached", {"tcp/11211"}},
    Known{"mllp", {"tcp/2575"}},
    Known{"mongodb", {"tcp/27017"}},
    Known{"mqtt", {"tcp/1883"}},
    Known{"mqtts", {"tcp/8883"}},
    Known{"mssql", {"tcp/1433"}},
    Known{"mysql", {"tcp/3306"}},
    Known{"nfs", {"tcp/2049"}},
    Known{"node-exporter", {"tcp/9100"}},
    Known{"ntp", {"udp/123"}},
    Known{"openvpn", {"udp/1194"}},
    Known{"oracle", {"tcp/1521"}},
    Known{"ping", {"icmp/echo-request"}},
    Known{"pop3s", {"tcp/995"}},
    Known{"postgresql", {"tcp/5432"}},
    Known{"prometheus", {"tcp/9090"}},
    Known{"quic", {"udp/443"}},
    Known{"radius", {"udp/1812-1813"}},
    Known{"rdp", {"tcp/3389", "udp/3389"}},
    Known{"redis", {"tcp/6379"}},
    Known{"rsync", {"tcp/873"}},
    Known{"rtsp", {"tcp/554"}},
    Known{"sip", {"udp/5060", "tcp/5060"}},
    Known{"sips", {"tcp/5061"}},
    Known{"smb", {"tcp/445"}},
    Known{"smtp", {"tcp/25"}},
    Known{"smtps", {"tcp/465"}},
    Known{"snmp", {"udp/161"}},
    Known{"snmp-trap", {"udp/162"}},
    Known{"ssh", {"tcp/22"}},
    Known{"submission", {"tcp/587"}},
    Known{"syslog", {"udp/514"}},
    Known{"syslog-tls", {"tcp/6514"}},
    Known{"tftp", {"udp/69"}},
    Known{"vnc", {"tcp/5900"}},
    Known{"winrm", {"tcp/5986"}},
    Known{"wireguard", {"udp/51820"}},
    Known{"zabbix-agent", {"tcp/10050"}},
};

}  // namespace

const std::map<std::string, std::vector<TransportMatch>, std::less<>>& known_ports() {
  static const auto table = [] {
    std::map<std::string, std::vector<TransportMatch>, std::less<>> result;
    for (const Known& known : k_known) {
      std::vector<TransportMatch> matches;
      for (const std::string_view text : known.matches) {
        if (const auto match = text.empty() ? std::nullopt : TransportMatch::parse(text)) {
          matches.push_back(*match);
        }
      }
      result.emplace(known.name, std::move(matches));
    }
    return result;
  }();
  return table;
}

std::vector<TransportMatch> port_matches(const Topology& topology, const std::string& word) {
  if (const auto match = TransportMatch::parse(word)) return {*match};
  for (const auto& port : topology.ports)
    if (port.name == word) return port.matches;
  const auto known = known_ports().find(word);
  return known == known_ports().end() ? std::vector<TransportMatch>{} : known->second;
}

}  // namespace cloison::topology
