"""Security groups and their rules."""
from .network_cases import MARKER
from .world import why

RULES = "/v2.0/security-group-rules"


def rule(group, **more):
    return {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4", **more}


@why("create, read, change and delete a group; a new one lets everything out")
def security_group(world):
    made = world.me.post("network", "/v2.0/security-groups", {"security_group": {
        "name": "web", "description": MARKER}})
    path = f"/v2.0/security-groups/{made.id()}"
    world.me.get("network", path)
    world.me.put("network", path, {"security_group": {"name": "www"}})
    for born in sorted(made.body["security_group"]["security_group_rules"],
                       key=lambda item: item["ethertype"]):
        world.me.delete("network", f"{RULES}/{born['id']}")
    world.me.get("network", path)
    world.me.delete("network", path)
    world.me.get("network", path)


@why("two groups of one name; the project's default group")
def group_names(world):
    world.group("same")
    world.group("same")
    world.me.post("network", "/v2.0/security-groups", {"security_group": {"name": "default"}})
    found = world.me.get("network", "/v2.0/security-groups?name=default").body
    default = found["security_groups"][0]["id"]
    world.me.delete("network", f"/v2.0/security-groups/{default}")
    world.me.put("network", f"/v2.0/security-groups/{default}", {
        "security_group": {"name": "other"}})


@why("rules of every shape, as they come back")
def security_group_rule(world):
    group, remote = world.group(), world.group("remote")
    for shape in ({"protocol": "tcp", "port_range_min": 443, "port_range_max": 443,
                   "remote_ip_prefix": "10.0.0.0/8", "description": MARKER},
                  {"protocol": "udp", "port_range_min": 1000, "port_range_max": 2000,
                   "remote_group_id": remote},
                  {"protocol": "icmp", "port_range_min": 8, "port_range_max": 0},
                  {"protocol": "icmp", "port_range_min": 8},
                  {"ethertype": "IPv6", "protocol": "icmpv6", "port_range_min": 128},
                  {"ethertype": "IPv6", "protocol": "ipv6-icmp", "port_range_min": 129},
                  {"ethertype": "IPv6", "remote_ip_prefix": "2001:db8::/32"},
                  {"protocol": "50"}, {"protocol": 112}, {"protocol": "vrrp",
                                                          "direction": "egress"},
                  {"protocol": "TCP", "port_range_min": 22, "port_range_max": 22},
                  {"protocol": "any", "remote_ip_prefix": "0.0.0.0/0"},
                  {"protocol": "6", "port_range_min": 23, "port_range_max": 23},
                  {"protocol": "sctp", "port_range_min": 9, "port_range_max": 9},
                  {"direction": "egress", "protocol": "tcp", "port_range_min": 1,
                   "port_range_max": 65535}):
        world.me.post("network", RULES, {"security_group_rule": rule(group, **shape)})
    world.me.get("network", f"{RULES}?security_group_id={group}&direction=egress")


@why("a rule cannot be changed")
def rule_update(world):
    made = world.me.post("network", RULES, {"security_group_rule": rule(world.group())}).id()
    world.me.put("network", f"{RULES}/{made}", {"security_group_rule": {"description": "x"}})
    world.me.get("network", f"{RULES}/{made}")
    world.me.delete("network", f"{RULES}/{made}")
    world.me.delete("network", f"{RULES}/{made}")


@why("the same rule twice, also with another description or spelling")
def duplicate_rule(world):
    group = world.group()
    base = rule(group, protocol="tcp", port_range_min=22, port_range_max=22,
                remote_ip_prefix="10.0.0.0/8")
    for change in ({}, {}, {"description": "other"}, {"protocol": "6"},
                   {"remote_ip_prefix": "10.1.2.3/8"}):
        world.me.post("network", RULES, {"security_group_rule": {**base, **change}})
    for change in ({}, {"remote_ip_prefix": "0.0.0.0/0"}):
        world.me.post("network", RULES, {"security_group_rule": rule(group, **change)})


@why("a duplicate inside one bulk, and one of an existing rule: none of the bulk is made")
def duplicate_rule_bulk(world):
    group = world.group()

    def of(port):
        return rule(group, protocol="tcp", port_range_min=port, port_range_max=port)
    world.me.post("network", RULES, {"security_group_rules": [of(1), of(2), of(1)]})
    world.me.post("network", RULES, {"security_group_rule": of(3)})
    world.me.post("network", RULES, {"security_group_rules": [of(4), of(3)]})
    world.me.get("network", f"{RULES}?security_group_id={group}&direction=ingress")


@why("host bits in a rule's prefix: kept, with the network beside it")
def host_bits_rule(world):
    group = world.group()
    for prefix, family in (("10.1.2.3/8", "IPv4"), ("10.1.2.3", "IPv4"),
                           ("2001:DB8::5/32", "IPv6")):
        world.me.post("network", RULES, {"security_group_rule": rule(
            group, ethertype=family, remote_ip_prefix=prefix)})


@why("port ranges, protocols, families and remotes that do not fit")
def bad_range(world):
    group = world.group()
    tcp = {"protocol": "tcp"}
    for shape in ({**tcp, "port_range_min": 20, "port_range_max": 10},
                  {**tcp, "port_range_min": 20},
                  {**tcp, "port_range_min": 0, "port_range_max": 70000},
                  {**tcp, "port_range_min": "x", "port_range_max": "x"},
                  {**tcp, "port_range_min": 0, "port_range_max": 0},
                  {"port_range_min": 20, "port_range_max": 20},
                  {"protocol": "icmp", "port_range_min": 300},
                  {"protocol": "icmp", "port_range_max": 0},
                  {"protocol": "50", "port_range_min": 1, "port_range_max": 2},
                  {"protocol": "colour"}, {"protocol": "256"}, {"protocol": "icmpv6"},
                  {"remote_ip_prefix": "10.0.0.0/33"}, {"remote_ip_prefix": "2001:db8::/32"},
                  {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": group},
                  {"direction": "sideways"}, {"ethertype": "IPv5"}):
        world.me.post("network", RULES, {"security_group_rule": rule(group, **shape)})


@why("deleting a group that a port uses")
def in_use_group(world):
    group = world.group()
    network = world.network()
    world.subnet(network)
    world.port(network, security_groups=[group], fixed_ips=[{"ip_address": "10.9.0.9"}])
    world.me.delete("network", f"/v2.0/security-groups/{group}")


@why("deleting a group silently deletes other groups' rules that name it as remote")
def group_cascade(world):
    remote, group = world.group("remote"), world.group("g")
    made = world.me.post("network", RULES, {"security_group_rule": rule(
        group, protocol="tcp", remote_group_id=remote)}).id()
    world.me.delete("network", f"/v2.0/security-groups/{remote}")
    world.me.get("network", f"{RULES}/{made}")
    world.me.get("network", f"/v2.0/security-groups/{group}")
