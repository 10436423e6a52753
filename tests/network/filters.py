"""Security groups as nftables rules, in the way that OpenStack describes them: a port is closed in both directions, each
rule of each of its groups opens something for new connections, and what is open has its answers.

The rules stand in two chains, `from_guest` and `to_guest`; where a packet is sent into them is the caller's business.
Neighbour discovery, ARP and DHCP pass, as they do on the platform, and nothing leaves under an address that is neither
the port's own nor one of those that it may hold.
"""
import ipaddress

from openstack import Unreadable, own_pairs

ICMP = {"ipv4": "icmp", "ipv6": "icmpv6"}
FAMILY = {"ipv4": "ip", "ipv6": "ip6"}
PROTOCOL = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58, "ipv6-icmp": 58, "esp": 50, "ah": 51, "gre": 47, "sctp": 132, "vrrp": 112}
KNOWN = {"group", "direction", "family", "protocol", "port_min", "port_max", "icmp_type", "icmp_code", "remote_prefix", "remote_group",
         "remote_address_group", "description"}


def of_family(prefixes, family):
    """Those of one family, overlaps joined, which nftables would refuse in one set."""
    wanted = 4 if family == "ipv4" else 6
    nets = [net for net in (ipaddress.ip_network(text, strict=False) for text in prefixes) if net.version == wanted]
    return [str(net) for net in ipaddress.collapse_addresses(nets)]


def remote(cloud, rule):
    """The prefixes of the far end, or None for anybody."""
    given = [key for key in ("remote_prefix", "remote_group", "remote_address_group") if rule.get(key)]
    if len(given) > 1:
        raise Unreadable(f"{rule.address}: more than one far end")
    if not given:
        return None
    if given[0] == "remote_prefix":
        found = [rule["remote_prefix"]]
    elif given[0] == "remote_group":
        found = cloud.members(rule["remote_group"])
    else:
        found = cloud.objects["address_group"][rule["remote_address_group"]]["addresses"]
    return of_family(found, rule["family"])


def ports(rule):
    """The part of a rule about protocol and ports, or about type and code."""
    protocol, low, high = rule.get("protocol"), rule.get("port_min"), rule.get("port_max")
    if protocol in (None, "", "any"):
        return ""
    if protocol in ("icmp", "icmpv6", "ipv6-icmp"):
        word, kind, code = ICMP[rule["family"]], rule.get("icmp_type"), rule.get("icmp_code")
        text = f"meta l4proto {word}" if kind is None else f"{word} type {kind}"
        return text + ("" if code is None else f" {word} code {code}")
    if protocol in ("tcp", "udp", "sctp"):
        if low is None:
            return f"meta l4proto {protocol}"
        return f"{protocol} dport {low}" + (f"-{high}" if high not in (None, low) else "")
    if str(protocol).isdigit() or protocol in PROTOCOL:
        return f"meta l4proto {PROTOCOL.get(protocol, protocol)}"
    raise Unreadable(f"{rule.address}: protocol '{protocol}'")


def sentence(cloud, rule):
    """One rule as nftables writes it; empty if its far end has no member."""
    unknown = rule.attributes.keys() - KNOWN
    if unknown:
        raise Unreadable(f"{rule.address}: {', '.join(sorted(unknown))}")
    far, family = remote(cloud, rule), FAMILY[rule["family"]]
    if far is not None and not far:
        return ""
    parts = [f"meta nfproto {rule['family']}"]
    if far is not None:
        parts.append(f"{family} {'saddr' if rule['direction'] == 'in' else 'daddr'} {{ {', '.join(far)} }}")
    return " ".join(part for part in (*parts, ports(rule), "accept") if part)


def own_addresses(cloud, port, family):
    return of_family([address for _, address in cloud.fixed(port)] + own_pairs(port), family)


def chains(cloud, port):
    """The two chains of a port, for a table of family inet."""
    if not port.get("port_security", True):
        return "  chain from_guest {\n    accept\n  }\n  chain to_guest {\n    accept\n  }\n"
    rules = [rule for group in cloud.groups_of(port) for rule in cloud.rules_of(group)]
    said = {direction: [text for text in (sentence(cloud, rule) for rule in rules if rule["direction"] == direction) if text]
            for direction in ("in", "out")}
    leave = ["udp sport 68 udp dport 67 accept", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-solicit } accept"]
    for family, word in FAMILY.items():
        own = own_addresses(cloud, port, family)
        leave.append(f"meta nfproto {family} {word} saddr != {{ {', '.join(own)} }} drop" if own else f"meta nfproto {family} drop")
    arrive = ["udp sport 67 udp dport 68 accept",
              "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert } accept"]
    state = ["ct state established,related accept", "ct state invalid drop"]
    return chain("from_guest", leave + state + said["out"]) + chain("to_guest", arrive + state + said["in"])


def chain(name, lines):
    body = "".join(f"    {line}\n" for line in (*lines, "counter drop"))
    return f"  chain {name} {{\n{body}  }}\n"
