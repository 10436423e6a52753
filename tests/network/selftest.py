"""Checks the readers that this suite proves things with, on cases that the reference network has none of."""
import datetime
import os
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import filters  # noqa: E402  the folder is named above
from expected import Expected, moment  # noqa: E402
from openstack import Cloud, Object, Unreadable, value  # noqa: E402
from tablets import read_file  # noqa: E402
from topology import Topology, filled, merged  # noqa: E402

checks = 0


def same(seen, wanted):
    global checks
    checks += 1
    if seen != wanted:
        sys.exit(f"seen:   {seen}\nwanted: {wanted}")


def refused(what, *arguments):
    global checks
    checks += 1
    try:
        what(*arguments)
    except Unreadable:
        return
    sys.exit(f"{arguments} should have been refused")


def values():
    same(value("true"), True)
    same(value("443"), 443)
    same(value("10.0.0.0/8"), "10.0.0.0/8")
    same(value('"a, \\"b\\""'), 'a, "b"')
    same(value("[]"), [])
    same(value('[{"id", "10.0.0.1"}, {"x", "y"}]'), [("id", "10.0.0.1"), ("x", "y")])
    refused(value, "[a")
    refused(value, "a] b")


def cloud_of(rules, addresses=("10.0.0.5",), pairs=()):
    """One port in group g with these rules, and one of group `far` beside it."""
    found = Cloud([])
    found.objects["subnet"]["s"] = Object("subnet", "s", "s", {"network": "n", "cidr": "10.0.0.0/24"})
    found.objects["security_group"].update({name: Object("security_group", name, name, {}) for name in ("g", "far")})
    found.objects["address_group"]["a"] = Object("address_group", "a", "a", {"addresses": ["192.0.2.0/25", "192.0.2.128/25", "2001:db8::/32"]})
    for name, group, held in (("p", "g", addresses), ("q", "far", ("10.0.0.9",))):
        found.objects["port"][name] = Object("port", name, name, {
            "network": "n", "security_groups": [group], "fixed_ips": [("s", address) for address in held],
            "allowed_addresses": list(pairs)})
    for number, rule in enumerate(rules):
        found.objects["security_group_rule"][str(number)] = Object("security_group_rule", str(number), f"r{number}",
                                                                   {"group": "g", "family": "ipv4", "direction": "in", **rule})
    return found


def sentence(**rule):
    found = cloud_of([rule])
    return filters.sentence(found, found.all("security_group_rule")[0])


def security_groups():
    same(sentence(), "meta nfproto ipv4 accept")
    same(sentence(protocol="tcp", port_min=443, port_max=443), "meta nfproto ipv4 tcp dport 443 accept")
    same(sentence(protocol="udp", port_min=500, port_max=510, remote_prefix="10.0.0.0/8"),
         "meta nfproto ipv4 ip saddr { 10.0.0.0/8 } udp dport 500-510 accept")
    same(sentence(direction="out", remote_group="far"), "meta nfproto ipv4 ip daddr { 10.0.0.9/32 } accept")
    same(sentence(remote_address_group="a"), "meta nfproto ipv4 ip saddr { 192.0.2.0/24 } accept")
    same(sentence(remote_address_group="a", family="ipv6"), "meta nfproto ipv6 ip6 saddr { 2001:db8::/32 } accept")
    same(sentence(remote_group="far", family="ipv6"), "")  # nobody there: nothing opens
    same(sentence(protocol="icmp"), "meta nfproto ipv4 meta l4proto icmp accept")
    same(sentence(protocol="icmp", icmp_type=8, icmp_code=0), "meta nfproto ipv4 icmp type 8 icmp code 0 accept")
    same(sentence(protocol="icmpv6", family="ipv6", icmp_type=128), "meta nfproto ipv6 icmpv6 type 128 accept")
    same(sentence(protocol="esp"), "meta nfproto ipv4 meta l4proto 50 accept")
    for broken in ({"protocol": "morse"}, {"remote_group": "far", "remote_prefix": "10.0.0.0/8"}, {"mood": "good"}):
        refused(lambda rule: sentence(**rule), broken)
    port = cloud_of([{"protocol": "icmp", "icmp_type": 8}], pairs=["10.16.0.0/12"])
    text = filters.chains(port, port.objects["port"]["p"])
    same("ip saddr != { 10.0.0.5/32, 10.16.0.0/12 } drop" in text and "meta nfproto ipv6 drop" in text, True)
    done = subprocess.run(["unshare", "--net", "nft", "--check", "--file", "-"], input=f"table inet port {{\n{text}}}\n", text=True, check=False,
                          capture_output=True)
    same(done.stderr, "")


def merging():
    same(merged({"a": {"b": 1, "c": 2}, "d": [1]}, {"a": {"b": None, "e": 3}, "d": [2]}), {"a": {"c": 2, "e": 3}, "d": [2]})
    same(merged([{"id": 1, "x": 1}, {"id": 2}], [{"id": 1, "y": 2}]), [{"id": 1, "x": 1, "y": 2}, {"id": 2}])
    same(filled({"a": "{{n}}", "b": "{{none}}", "c": ["{{none}}", "x{{n}}"]}, {"n": "20", "none": ""}), {"a": 20, "c": ["x20"]})
    same(moment(datetime.date(2026, 12, 3), True), datetime.datetime(2026, 12, 4))
    same(moment("2026-12-03T18:00", True), datetime.datetime(2026, 12, 3, 18))


SMALL = """
environments: {one: {address_space: 10.0.0.0/12}, two: {address_space: 10.16.0.0/12}}
groups: {support: {cidrs: 203.0.113.0/28}}
sites:
  cloud:
    provider: ovh
    vpcs:
      for_each: environments
      cidr: auto/16
      segments:
        web: {cidr: auto/24, hosts: {edge: {vm: {}, public: true}}}
        app: {cidr: auto/24, hosts: {portal: {vm: {}, replicas: 2}}}
  lab:
    for_each: [a, b]
    provider: nodes
    environment: one
    nodes: {name: "{{key}}-1"}
    segments:
      lan: {vlan: 1, cidr: auto/24, dhcp: {range: [50, 99]}, intra: allow, real: 192.168.1.0/24, egress: cloud}
      box: {vlan: 2, cidr: auto/28, hosts: {db: {vm: {}}}}
links: {wan: {kind: sdwan, hub: cloud, spokes: [lab]}}
flows:
  - {id: F-1, from: internet, to: cloud.web.edge, ports: https}
  - {id: F-2, from: support, to: cloud.one.web.edge, ports: ssh, expires: 2026-12-03}
  - {id: F-3, from: cloud.app, to: cloud.app, ports: [tcp/10-12, ping]}
  - {id: F-4, from: lab.lan, to: lab.box.db, ports: postgresql}
  - {id: F-5, from: lab.lan, to: cloud.app.portal, ports: https}
  - {id: F-6, from: lab.lan, to: same-site.box, ports: ssh, disabled: true}
  - {id: F-7, from: lab.lan, to: internet, ports: http}
"""
ADDRESSES = {"cloud.one.web": "10.0.0.0/24", "cloud.one.app": "10.0.1.0/24", "cloud.two.web": "10.16.0.0/24", "cloud.two.app": "10.16.1.0/24",
             "lab/a.lan": "10.8.0.0/24", "lab/a.box": "10.8.1.0/28", "lab/b.lan": "10.8.2.0/24", "lab/b.box": "10.8.1.16/28"}


def oracle():
    import ipaddress  # the only part that needs it
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "topology.yaml"), "w", encoding="utf-8") as out:
            out.write(SMALL)
        lines = [f"cidr ipv4 {path}: {net}" for path, net in ADDRESSES.items()]
        for path, net in ADDRESSES.items():
            for number, host in enumerate({"web": ["edge"], "app": ["portal-1", "portal-2"], "box": ["db"]}.get(path.rpartition(".")[2], [])):
                lines.append(f"address ipv4 {path}.{host}: {ipaddress.ip_network(net)[10 + number]}")
        with open(os.path.join(folder, "cloison.lock"), "w", encoding="utf-8") as out:
            out.write("\n".join(lines) + "\n")
        topo = Topology(folder)
    asked = {links: Expected(topo, links, datetime.datetime(2026, 12, 3, 23)) for links in ((), ("sdwan",))}
    addresses = {machine.path: machine.addresses[0] for machine in topo.machines}

    def permits(source, target, protocol, port, links=(), public=False, now=asked):
        found = [ipaddress.ip_address(addresses.get(end, end)) for end in (source, target)]
        return now[links].permits(source, found[0], target, found[1], protocol, port, public)
    edge, one, two = "cloud.one.web.edge", "cloud.one.app.portal-1", "cloud.one.app.portal-2"
    same(permits("198.51.100.1", edge, "tcp", 443, public=True), ["F-1"])
    same(permits("198.51.100.1", edge, "tcp", 443), [])  # not by its inner address
    same(permits("10.8.0.60", edge, "tcp", 443, public=True), [])  # not the internet
    same(permits("203.0.113.1", edge, "tcp", 22, public=True), ["F-2"])
    same(permits("203.0.113.1", "cloud.two.web.edge", "tcp", 22, public=True), [])
    late = {(): Expected(topo, now=datetime.datetime(2026, 12, 4))}
    same(permits("203.0.113.1", edge, "tcp", 22, public=True, now=late), [])
    same([permits(one, two, "tcp", port) for port in (9, 10, 12, 13)], [[], ["F-3"], ["F-3"], []])
    same(permits(one, two, "icmp", 0), ["F-3"])
    same(permits(one, "cloud.two.app.portal-1", "tcp", 10), [])  # another environment
    same(permits("10.8.0.60", "lab/a.box.db", "tcp", 5432), ["F-4"])
    same(permits("10.8.0.60", "lab/b.box.db", "tcp", 5432, links=("sdwan",)), [])  # another instance
    same(permits("10.8.0.60", "lab/a.box.db", "tcp", 22), [])  # disabled
    same([permits("10.8.0.60", one, "tcp", 443, links=links) for links in ((), ("sdwan",))], [[], ["F-5"]])
    same(permits("10.8.0.60", "cloud.two.app.portal-1", "tcp", 443, links=("sdwan",)), [])
    same([permits("10.8.0.60", "198.51.100.1", "tcp", 80, links=links) for links in ((), ("sdwan",))], [[], ["F-7"]])  # by way of the cloud
    same(permits("192.168.1.60", one, "tcp", 443, links=("sdwan",)), [])  # nobody is called so
    lan, box = (next(segment for segment in topo.segments if segment.path == f"lab/b.{name}") for name in ("lan", "box"))
    same([lan.on_wire("10.8.2.60"), lan.declared("192.168.1.60"), lan.on_wire("10.8.3.60")], ["192.168.1.60", "10.8.2.60", "10.8.3.60"])
    same(box.on_wire("10.8.1.20"), "10.8.1.20")


def device_files():
    quick, plain = read_file("# of a device\n[Interface]\nPrivateKey = a=\nAddress = 10.0.0.9/32\nDNS = 10.0.0.1\nMTU = 1400\n\n"
                             "[Peer]\nPublicKey = b=\nEndpoint = 192.0.2.1:51824\nAllowedIPs = 0.0.0.0/0, ::/0\n")
    same((quick["Address"], quick["MTU"], quick["AllowedIPs"]), ("10.0.0.9/32", "1400", "0.0.0.0/0, ::/0"))
    same(plain, "[Interface]\nPrivateKey = a=\n[Peer]\nPublicKey = b=\nEndpoint = 192.0.2.1:51824\nAllowedIPs = 0.0.0.0/0, ::/0\n")


for part in (values, security_groups, merging, oracle, device_files):
    part()
print(f"{checks} checks of the readers")
