"""Security groups, rules and ports as Neutron's API shows them, at random, and packets at the edges of what they say."""
import ipaddress
import uuid

from frames import ESP, ICMP, ICMPV6, SCTP, TCP, UDP, turned

NETWORK = "aaaaaaaa-0000-4000-8000-000000000001"
SUBNETS = {4: ("bbbbbbbb-0000-4000-8000-000000000004", "10.1.0.0/24"), 6: ("bbbbbbbb-0000-4000-8000-000000000006", "fd00:1::/64")}
MACHINES = [f"{number:08x}-0000-4000-8000-00000000000{number}" for number in range(1, 5)]  # ports' identifiers
UPLINK = "fa:16:3e:00:00:ff"
FAR = {4: "10.9.0.0/16", 6: "fd00:9::/32"}  # beyond the uplink
VRRP, GRE = 112, 47
DHCP = {4: (68, 67), 6: (546, 547)}
ALL_NODES, BROADCAST = "ff02::1", "255.255.255.255"


def card(port):
    return "fa:16:3e:00:00:0" + port[7]


def link_local(hardware):
    """As machines make it of their card's address (RFC 4291, appendix A)."""
    octets = [int(one, 16) for one in hardware.split(":")]
    octets[0] ^= 2
    return str(ipaddress.ip_address(b"\xfe\x80" + bytes(6) + bytes(octets[:3]) + b"\xff\xfe" + bytes(octets[3:])))


def identifier(dice):
    return str(uuid.UUID(int=dice.getrandbits(128), version=4))


class Draw:
    """One project. `objects` are lists by their names in the API; those of rules are what Neutron makes of `asked`."""

    def __init__(self, dice):
        self.dice = dice
        self.ports = [self.port(one) for one in sorted(dice.sample(MACHINES, dice.randint(2, 4)))]
        self.known = {version: sorted({str(ipaddress.ip_network(FAR[version])[dice.randrange(1, 1 << 14)]) for _ in range(4)}) for version in (4, 6)}
        self.groups = [{"id": identifier(dice), "name": f"group-{number}", "stateful": True} for number in range(dice.randint(1, 4))]
        for port in self.ports:
            if port["port_security_enabled"]:
                port["security_groups"] = [one["id"] for one in self.groups if dice.random() < 0.6]
        self.asked = [self.rule(group["id"]) for group in self.groups for _ in range(dice.randint(0, 5))]
        if dice.random() < 0.4:  # the default group's
            self.asked += [self.blank(self.groups[0]["id"], "egress", version) for version in (4, 6)]
            self.asked += [{**self.blank(self.groups[0]["id"], "ingress", version), "remote_group_id": self.groups[0]["id"]} for version in (4, 6)]

    def objects(self, rules):
        return {"networks": [{"id": NETWORK, "name": "net"}],
                "subnets": [{"id": found, "network_id": NETWORK, "ip_version": version, "cidr": cidr, "name": "", "gateway_ip": None, "enable_dhcp": True,
                             "allocation_pools": [], "dns_nameservers": []} for version, (found, cidr) in SUBNETS.items()],
                "security_groups": self.groups, "security_group_rules": rules, "address_groups": [], "ports": self.ports}

    # --- Ports ---
    def address(self, version, low=2, high=40):
        return str(ipaddress.ip_network(SUBNETS[version][1])[self.dice.randrange(low, high)])

    def port(self, found):
        kind = self.dice.random()
        versions = (4,) if kind < 0.3 else (4, 6) if kind < 0.8 else (6,) if kind < 0.93 else ()
        number = int(found[7])
        fixed = [{"subnet_id": SUBNETS[version][0], "ip_address": self.address(version, 10 * number, 10 * number + 8)} for version in versions]
        secure = self.dice.random() < 0.9
        pairs = {}
        while secure and self.dice.random() < 0.3:
            version = self.dice.choice((4, 4, 6))
            whom = self.address(version, 100, 120)
            if self.dice.random() < 0.4:
                whom = str(ipaddress.ip_network(f"{whom}/{self.dice.choice((28, 31) if version == 4 else (120, 127))}", strict=False))
            pairs[whom] = {"ip_address": whom, "mac_address": card(found)}
        return {"id": found, "name": "port-" + found[7], "network_id": NETWORK, "mac_address": card(found), "device_owner": "compute:nova", "fixed_ips": fixed,
                "allowed_address_pairs": list(pairs.values()), "port_security_enabled": secure, "security_groups": []}

    def own(self, port, version):
        """Addresses under which it may send."""
        return [one["ip_address"] for one in port["fixed_ips"] if ipaddress.ip_address(one["ip_address"]).version == version] + [
            str(self.dice.choice([net[0], net[-1]])) for net in (ipaddress.ip_network(one["ip_address"]) for one in port["allowed_address_pairs"])
            if net.version == version]

    # --- Rules ---
    def blank(self, group, direction, version):
        return {"id": identifier(self.dice), "security_group_id": group, "direction": direction, "ethertype": f"IPv{version}", "protocol": None,
                "port_range_min": None, "port_range_max": None, "remote_ip_prefix": None, "remote_group_id": None, "remote_address_group_id": None}

    def rule(self, group):
        dice = self.dice
        version = dice.choice((4, 4, 6))
        rule = self.blank(group, dice.choice(("ingress", "ingress", "egress")), version)
        kind = dice.randrange(12)
        if kind < 7:
            rule["protocol"] = dice.choice(("tcp", "tcp", "udp", "udp", "sctp", "6", "17", "132"))
            if dice.random() < 0.8:
                low = dice.choice((1, 22, 53, 67, 68, 80, 443, 5000, 65500))
                rule["port_range_min"], rule["port_range_max"] = low, low + dice.choice((0, 0, 1, 35))
        elif kind < 10:
            rule["protocol"] = dice.choice(("icmp", "1") if version == 4 else ("icmp", "icmpv6", "ipv6-icmp", "58", "1"))
            if dice.random() < 0.7:
                rule["port_range_min"] = dice.choice((0, 3, 8, 8, 255) if version == 4 else (1, 128, 128, 129, 134, 255))
                rule["port_range_max"] = dice.choice((None, None, 0, 1, 255))
        elif kind == 10:
            rule["protocol"] = dice.choice(("112", "50", "vrrp", "esp", "gre", "47", "0"))
        far = dice.randrange(4)
        if far == 0:
            rule["remote_group_id"] = dice.choice(self.groups)["id"]
        elif far < 3:
            length = dice.choice((0, 16, 24, 31, 32) if version == 4 else (0, 32, 64, 127, 128))
            whom = dice.choice(self.known[version] + [one for port in self.ports for one in self.own(port, version)])
            rule["remote_ip_prefix"] = str(ipaddress.ip_network(f"{whom}/{length}", strict=False))
        return rule

    # --- Packets ---
    def near_edge(self, rule, version):
        """An address that a rule's remote end holds, or just does not."""
        if rule["remote_ip_prefix"]:
            net = ipaddress.ip_network(rule["remote_ip_prefix"])
            found = [net[0], net[-1]] + ([net[0] - 1, net[-1] + 1] if net.prefixlen > 8 else [])
            usable = [one for one in found if not (one.is_unspecified or one.is_multicast or one.is_reserved and version == 4)]
            if usable:
                return str(self.dice.choice(usable))
        whom = [one for port in self.ports if not rule["remote_group_id"] or rule["remote_group_id"] in port["security_groups"] or self.dice.random() < 0.2
                for one in self.own(port, version)]
        return self.dice.choice(whom or self.known[version]) if rule["remote_group_id"] or self.dice.random() < 0.5 else self.dice.choice(self.known[version])

    def service(self, rule, version):
        """(protocol, source port, service) that the rule is about, or all but."""
        dice = self.dice
        named = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "icmp": ICMP, "icmpv6": ICMPV6, "ipv6-icmp": ICMPV6, "vrrp": VRRP, "esp": ESP, "gre": GRE}
        told = rule["protocol"] if rule else None
        protocol = named.get(told) or (int(told) if told and told.isdigit() and told != "0" else 0)
        if not protocol or dice.random() < 0.15:
            protocol = dice.choice((TCP, UDP, ICMP, SCTP, ESP, VRRP))
        if protocol in (ICMP, ICMPV6):
            protocol = ICMP if version == 4 else ICMPV6
            first, code = (rule["port_range_min"], rule["port_range_max"]) if rule and told in ("icmp", "icmpv6", "ipv6-icmp", "1", "58") else (None, None)
            first = dice.choice((0, 3, 8, 13, 255) if version == 4 else (1, 3, 128, 128, 129, 130, 131, 133, 134, 135, 136, 137, 143, 255)
                                ) if first is None or dice.random() < 0.3 else first
            return protocol, 0, first * 256 + (dice.choice((0, 0, 1)) if code is None or dice.random() < 0.3 else code)
        if protocol in (TCP, UDP, SCTP):
            edges = [22, 80, 5000]
            if rule and rule["port_range_min"] and rule["port_range_max"]:
                low, high = rule["port_range_min"], rule["port_range_max"]
                edges = [low, high, low, high, max(1, low - 1), min(65535, high + 1)]
            return protocol, dice.choice((40000, 40001, 67, 80)), dice.choice(edges)
        return protocol, 0, 0

    def special(self, port, version):
        """DHCP, discovery of neighbours and routers, whichever way round."""
        dice = self.dice
        out = dice.random() < 0.5
        mine = (self.own(port, version) or self.known[version])[0]
        local = link_local(port["mac_address"])
        if dice.random() < 0.5:
            client, server = DHCP[version]
            source, service = (client, server) if dice.random() < 0.5 else (server, client)
            far = dice.choice((self.known[version][0], BROADCAST if version == 4 else ALL_NODES))
            ends = (dice.choice((mine, "0.0.0.0" if version == 4 else local)), far) if out else (
                self.known[version][0], dice.choice((mine, mine, far, self.known[version][1])))
            return out, (*ends, UDP, source, service)
        if version == 4:
            return out, (*((mine, self.known[4][0]) if out else (self.known[4][0], mine)), ICMP, 0, dice.choice((8, 9, 10, 255)) << 8)
        kind = dice.choice((130, 131, 132, 133, 134, 134, 135, 136, 137, 143)) << 8
        ends = (dice.choice((mine, local, "::")), dice.choice((self.known[6][0], ALL_NODES))) if out else (
            dice.choice((self.known[6][0], "fe80::1")), dice.choice((mine, local, ALL_NODES)))
        return out, (*ends, ICMPV6, 0, kind)

    def packet(self, rules):
        """(sender or None, receiver or None, hardware address of the sender, packet): None is whoever is beyond the uplink."""
        dice = self.dice
        rule = dice.choice(rules) if rules and dice.random() < 0.8 else None
        version = int(rule["ethertype"][3]) if rule else dice.choice((4, 4, 6))
        holders = [one for one in self.ports if rule and rule["security_group_id"] in one["security_groups"]]
        port = dice.choice(holders if holders and dice.random() < 0.9 else self.ports)
        if dice.random() < 0.2:
            out, packet = self.special(port, version)
            return (port, None, port["mac_address"], packet) if out else (None, port, UPLINK, packet)
        out = rule["direction"] == "egress" if rule else dice.random() < 0.5
        near = dice.choice(self.own(port, version) or self.known[version])
        if dice.random() < 0.1:  # somebody else's
            near = dice.choice(self.known[version] + [one for other in self.ports for one in self.own(other, version)] + [self.address(version, 100, 120)])
        far = self.near_edge(rule, version) if rule and dice.random() < 0.9 else dice.choice(self.known[version])
        other = next((one for one in self.ports if one is not port and far in self.own(one, version)), None)
        sender, receiver = (port, other) if out else (other, port)
        hardware = sender["mac_address"] if sender else UPLINK
        if sender and dice.random() < 0.05:
            hardware = dice.choice([card(one) for one in MACHINES])
        return sender, receiver, hardware, (*((near, far) if out else (far, near)), *self.service(rule, version))

    def packets(self, rules, count):
        """By number. One of each connection: a second one would belong to it."""
        found, seen = {}, set()
        for number in range(count):
            one = self.packet(rules)
            if ipaddress.ip_address(one[3][0]).is_multicast or one[3][0] == one[3][1]:
                continue
            both = {flow(one[3]), flow(turned(one[3]))}
            if not both & seen:
                seen |= both
                found[number] = one
        return found


def flow(packet):
    """What a kernel tells connections apart by."""
    return packet if packet[2] in (TCP, UDP, SCTP) else packet[:3] + (packet[4:] if packet[2] in (ICMP, ICMPV6) else ())
