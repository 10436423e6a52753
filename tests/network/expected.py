"""The oracle: what may be opened, by docs/language.md alone, as a list of openings, and the question whether a packet that
somebody sends from a place is one of them.

It reads the topology and the addresses of the lock file, and nothing that the program says about its rules.
"""
import dataclasses
import datetime
import ipaddress
import itertools
import zoneinfo

from topology import Unknown, as_list, without_vpc

# The table of names in docs/language-reference.md, as far as the reference networks use it.
PORTS = {"https": ["tcp/443"], "http": ["tcp/80"], "ssh": ["tcp/22"], "postgresql": ["tcp/5432"], "dns": ["udp/53", "tcp/53"],
         "ntp": ["udp/123"], "ping": ["icmp/echo-request"], "mllp": ["tcp/2575"], "node-exporter": ["tcp/9100"],
         "syslog-tls": ["tcp/6514"], "redis": ["tcp/6379"]}
DEFAULTS = {"dns": ["dns"], "ntp": ["ntp"], "packages": ["https"], "logs": [], "monitoring": []}
WIREGUARD = ["udp/51820"]  # where a gateway of a cloud waits for tunnels
PRIVATE = [ipaddress.ip_network(text) for text in ("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
                                                   "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3")]
GLOBAL6 = ipaddress.ip_network("2000::/3")


@dataclasses.dataclass(frozen=True)
class End:
    """A host, a segment as a whole, a node, a group of addresses, or the internet."""
    kind: str
    name: str
    environment: str | None
    network: str  # empty: outside
    instance: tuple  # site and key of its for_each; ("", "") without
    nets: tuple

    def holds(self, address):
        return any(address.version == net.version and address in net for net in self.nets)


@dataclasses.dataclass(frozen=True)
class Opening:
    id: str
    source: End
    target: End
    ports: tuple  # (protocol, first, last); icmp: echo-request alone


class Expected:
    def __init__(self, topology, links=(), now=None, standing=False):
        """`links`: the kinds of links whose tunnels are up. `standing`: `when:` flows as their far ends permit them, always."""
        self.standing = standing
        self.topology, self.links = topology, links
        self.raw, self.public = topology.raw, [machine for machine in topology.machines if machine.public]
        self.now = now or datetime.datetime.now(zoneinfo.ZoneInfo(self.raw.get("timezone", "UTC"))).replace(tzinfo=None)
        self.ours = [net for value in topology.environments.values() for net in value["nets"]]
        self.partners = [net for segment in topology.segments if segment.external for net in segment.nets]
        self.node_names = {node.name for node in topology.nodes}
        self.outer_gateways = {machine.path for machine in topology.machines if machine.outer}
        self.bases = {machine.path: machine.base for machine in topology.machines}
        self.gateways = {machine.path for machine in topology.machines if machine.gateway}
        self.segment_of = {segment.path: segment for segment in topology.segments}
        self.segment_of.update({machine.path: machine.segment for machine in topology.machines})
        self.known = {}  # what `near` has worked out
        self.joined = self.joined_networks()
        self.internet = End("internet", "internet", None, "", ("", ""), ())
        self.openings = [opening for opening in itertools.chain(self.flows(), self.infrastructure(), self.management(),
                                                                self.services(), self.backups(), self.tunnels())]

    # --- ends -------------------------------------------------------------------------------------------------------
    @staticmethod
    def host(machine):
        segment = machine.segment
        return End("host", machine.path, segment.environment, segment.network, (segment.site, segment.key) if segment.key else ("", ""),
                   tuple(ipaddress.ip_network(address) for address in machine.addresses))

    def segment(self, segment):
        """Both ends are hosts; a segment in which other machines stand too is one end as a whole, so is an empty one."""
        if segment.machines and not segment.sockets:
            return [self.host(machine) for machine in segment.machines if not machine.gateway]  # gateways are named as such
        return [End("segment", segment.path, segment.environment, segment.network,
                    (segment.site, segment.key) if segment.key else ("", ""), tuple(segment.nets))]

    @staticmethod
    def node(node):
        return End("node", node.name, node.environment, node.network, (node.site, node.key) if node.key else ("", ""),
                   tuple(ipaddress.ip_network(address) for address in node.inner))

    def selected(self, selector, other=None):
        """The ends that a selector stands for; `other` is the far end, for `same-site`."""
        if isinstance(selector, list):
            return unique(end for item in selector for end in self.selected(item, other))
        if not isinstance(selector, str):
            raise Unknown(f"selector {selector}")
        if selector == "internet":
            return [self.internet]
        first, _, rest = selector.partition(".")
        if first == "same-site":
            return self.path(other.network.partition(".")[0], rest)
        if first in self.raw.get("groups", {}):
            return self.group(first)
        if first in self.raw.get("services", {}):
            return self.selected(self.raw["services"][first]["runs_on"], other)
        if first.partition("/")[0] not in self.raw["sites"]:
            raise Unknown(f"selector {selector}")
        return self.path(first, rest)

    def group(self, name):
        block = self.raw["groups"][name]
        if "hosts" in block:
            return self.selected(block["hosts"])
        if "cidrs" in block:
            return [End("cidr", name, None, "", ("", ""), tuple(ipaddress.ip_network(text) for text in as_list(block["cidrs"])))]
        raise Unknown(f"group {name}")

    def path(self, site, rest):
        """SITE[/KEY][.VPC][.SEGMENT][.HOST], SITE.nodes, SITE.gateways.NAME."""
        def here(path):
            return path == site or path.partition("/")[0] == site
        words = rest.split(".") if rest else []
        nodes = [self.node(node) for node in self.topology.nodes if here(node.network)]
        if words[:1] == ["nodes"]:
            return [end for end in nodes if len(words) == 1 or end.name == words[1]]
        if words[:1] == ["gateways"]:
            wanted = f"{site}.{rest}"
            return [self.host(machine) for machine in self.topology.machines
                    if machine.gateway and wanted in (machine.path, machine.base, f"{site}.gateways")]
        if words[:1] in (["underlays"], ["availability_zones"]):
            raise Unknown(f"selector {site}.{rest}")
        found = []
        for segment in self.topology.segments:
            inside = segment.path.split(".")
            if not here(inside[0]):
                continue
            vpc = inside[1] if len(inside) == 3 else None
            asked = words[1:] if vpc and words and words[0] == vpc else words
            if not asked:
                found += self.segment(segment)
            elif asked[0] == inside[-1]:
                found += self.segment(segment) if len(asked) == 1 else [
                    self.host(machine) for machine in segment.machines
                    if asked[1] in (machine.path.rpartition(".")[2], machine.base.rpartition(".")[2]) and not machine.gateway]
        return unique(found + ([] if words else nodes))

    # --- pairs ------------------------------------------------------------------------------------------------------
    def ports(self, written):
        found = []
        for item in as_list(written):
            if item in self.raw.get("ports", {}):
                found += self.ports(self.raw["ports"][item])
            elif item in PORTS:
                found += self.ports(PORTS[item])
            else:
                protocol, _, number = item.partition("/")
                if protocol == "icmp":
                    found.append(("icmp", 0, 0))
                elif protocol in ("tcp", "udp"):
                    low, _, high = number.partition("-")
                    found.append((protocol, int(low), int(high or low)))
                else:
                    raise Unknown(f"ports {item}")
        return tuple(found)

    def pairs(self, identity, sources, target_of, ports, across=False):
        """Of all pairs those in one environment, in one instance, and with a path; no server is its own client."""
        said = self.ports(ports)
        for source in sources:
            for target in target_of(source):
                if source == target and source.kind != "segment":
                    continue
                if identity.startswith("I-") and self.bases.get(source.name, source) == self.bases.get(target.name, target):
                    continue
                if source.environment and target.environment and source.environment != target.environment:
                    continue
                if source.instance[0] and source.instance[0] == target.instance[0] and source.instance != target.instance and not across:
                    continue
                if self.way(source, target):
                    yield Opening(identity, source, target, said)

    def way(self, source, target):
        if source.kind in ("internet", "cidr"):
            return target.kind == "host" and any(machine.path == target.name for machine in self.public)
        if target.kind in ("internet", "cidr"):
            return self.way_out(source)
        return source.network == target.network or frozenset((source.network, target.network)) in self.joined

    def way_out(self, source):
        """By the site's own way, or by that of the site to which its segment sends it first. IPv6 leaves as it is."""
        segment = self.segment_of.get(source.name)
        if segment is None or segment.egress == "local":
            return True
        return any(frozenset((source.network, other.network)) in self.joined for other in self.topology.segments
                   if segment.egress in (other.network, other.network.partition(".")[0]))

    def joined_networks(self):
        """Pairs of networks that a link joins; standby links join what has no other path."""
        found = set()
        for link in self.raw.get("links", {}).values():
            if link["kind"] not in self.links:
                continue
            if link["kind"] == "sdwan":
                ends = [(link["hub"], spoke) for spoke in as_list(link["spokes"])]
            elif link["kind"] in ("vpn", "peering"):
                ends = [tuple(link["between"])]
            else:
                raise Unknown(f"a link of kind {link['kind']} joins no networks")
            for one, other in ends:
                found |= {frozenset(pair) for pair in itertools.product(self.networks(one), self.networks(other))}
        return found

    def networks(self, end):
        """A cloud site's network is that VPC in which its gateways stand."""
        gateways = {machine.segment.network for machine in self.topology.machines if machine.gateway
                    and machine.path.partition(".")[0] == end}
        all_of = {segment.network for segment in self.topology.segments
                  if end in (segment.network, segment.network.partition("/")[0], segment.network.partition(".")[0])}
        return gateways or all_of

    # --- what opens -------------------------------------------------------------------------------------------------
    def in_force(self, flow):
        if flow.get("disabled") or "when" in flow and not self.standing:  # it waits for its scenario, and all is well here
            return False
        starts, expires = moment(flow.get("starts"), False), moment(flow.get("expires"), True)
        return (starts is None or starts <= self.now) and (expires is None or self.now < expires)

    def flows(self):
        for flow in self.raw["flows"]:
            if not self.in_force(flow):
                continue
            across = flow.get("across") == "sites"
            if str(flow["from"]).startswith("same-site"):
                raise Unknown(f"{flow['id']}: same-site at the beginning")
            for opening in self.pairs(flow["id"], self.selected(flow["from"]),
                                      lambda source, flow=flow: self.selected(flow["to"], source), flow["ports"], across):
                if within(flow.get("within"), opening.source.network, opening.target.network):
                    yield opening

    def machines(self):
        """Nodes, gateways and machines that cloison makes."""
        return [self.host(machine) for machine in self.topology.machines if machine.made] + [
            self.node(node) for node in self.topology.nodes]

    def infrastructure(self):
        for name, entry in self.raw.get("infrastructure", {}).items():
            clients = self.selected(entry["for"]) if "for" in entry else self.machines()
            ports = as_list(entry.get("ports")) or DEFAULTS[name]
            if name == "monitoring":
                yield from self.pairs("I-monitoring", self.selected(entry["from"]), lambda _, found=clients: found, ports)
            else:
                servers = self.selected(as_list(entry.get("servers", entry.get("to"))))
                yield from self.pairs(f"I-{name}", clients, lambda _, found=servers: found, ports)

    def management(self):
        block = self.raw.get("management")
        if not block:
            return
        members = self.selected(as_list(block["from"]))
        yield from self.pairs("I-management", members, lambda _: self.machines(), ["ssh"])
        if "direct" in as_list(block.get("reach")):
            for member in members:
                for end in self.outer_ends() if member.kind == "cidr" else ():  # from the public addresses of `from:`
                    yield Opening("I-management-direct", member, end, self.ports("ssh"))

    def outer_ends(self):
        """Nodes, and gateways that are hosts, at the addresses at which they are dialled."""
        found = [(self.node(node), node.outer.values()) for node in self.topology.nodes]
        found += [(self.host(machine), [machine.outer]) for machine in self.topology.machines if machine.outer]
        return [dataclasses.replace(end, kind="outer", nets=tuple(ipaddress.ip_network(address) for address in addresses))
                for end, addresses in found if addresses]

    def services(self):
        services = self.raw.get("services", {})
        for name, service in services.items():
            if "behind" in service:
                front = self.selected(services[service["behind"]]["runs_on"])
                yield from self.pairs(f"S-behind-{service['behind']}", front, lambda _, runs=service["runs_on"]: self.selected(runs),
                                      service["listen"])
            if service.get("kind") == "postgresql" and "replication" in service:
                hosts = self.selected(service["runs_on"])
                yield from self.pairs(f"S-replication-{name}", hosts, lambda _, found=hosts: found, ["postgresql"])

    def backups(self):
        for name, backup in self.raw.get("backups", {}).items():
            if backup["to"] != "provider":
                yield from self.pairs(f"I-backup-{name}", self.selected(backup["of"]),
                                      lambda _, to=backup["to"]: self.selected(to), ["ssh"])

    def tunnels(self):
        """Outer packets to a cloud's gateways, whose rules are made before any tunnel is."""
        for name, link in self.raw.get("links", {}).items():
            if link["kind"] == "sdwan" and link.get("transport") == "wireguard":
                for machine in self.topology.machines:
                    if machine.gateway and machine.path.partition(".")[0] == link["hub"]:
                        yield Opening(f"S-tunnel-{name}", self.internet, self.host(machine), self.ports(WIREGUARD))

    # --- the question -----------------------------------------------------------------------------------------------
    def is_internet(self, address):
        if any(address in net for net in (*self.ours, *self.partners) if net.version == address.version):
            return False
        return address in GLOBAL6 if address.version == 6 else not any(address in net for net in PRIVATE)

    def covers(self, end, name, address):
        """Whether a packet under this address, from or to the thing of this name, is one of the end's."""
        node = name in self.node_names or name in self.outer_gateways
        if end.kind == "internet":  # whoever has a public address; a node's own packets are closed at the node itself
            return self.is_internet(address) and not node
        if end.kind in ("node", "outer", "host"):
            return end.name == name and end.holds(address)
        return end.holds(address) and not node

    def permits(self, source, source_address, target, target_address, protocol, port, public):
        """The ids of the openings that allow it. `source` and `target` are names of machines, nodes or anything else; the
        target's address is the inner one. `public` says that it is asked for by its public address: that, and no other, is
        how the world outside reaches a machine, and nobody inside does."""
        found = self.near(source, source_address)[0] & self.near(target, target_address)[1]
        return sorted({opening.id for opening in map(self.openings.__getitem__, found)
                       if (opening.target.kind != "host" or public == (opening.source.kind in ("internet", "cidr")))
                       and any(kind == protocol and (kind == "icmp" or low <= port <= high) for kind, low, high in opening.ports)})

    def near(self, name, address):
        """The numbers of the openings that begin there, and of those that end there."""
        if (name, address) not in self.known:
            numbered = list(enumerate(self.openings))
            self.known[name, address] = ({number for number, opening in numbered if self.covers(opening.source, name, address)},
                                         {number for number, opening in numbered if self.covers(opening.target, name, address)})
        return self.known[name, address]


def within(what, one, other):
    """`within: vpc` and `within: site` narrow a flow; one network is a VPC, or a site without any."""
    if what == "site":
        return one.partition(".")[0] == other.partition(".")[0]
    return what is None or one == other


def unique(ends):
    return list(dict.fromkeys(ends))


def moment(written, end):
    """A day begins or ends with itself; a time is that of the topology's clock."""
    if written is None:
        return None
    if isinstance(written, datetime.datetime):
        return written
    if isinstance(written, datetime.date):
        day = datetime.datetime.combine(written, datetime.time())
        return day + datetime.timedelta(days=1) if end else day
    return datetime.datetime.fromisoformat(written)
