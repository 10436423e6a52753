"""Reads a topology by the rules of docs/language.md: files of a folder, overlays, `for_each`, CSV files, the lock file.

A reader of its own, for the oracle in expected.py; it takes what the reference networks use and refuses the rest. What it
gives are segments, machines and nodes with their addresses.
"""
import csv
import dataclasses
import ipaddress
import os
import re

import yaml

VARIABLE = re.compile(r"\{\{\s*([a-z0-9_.-]+)\s*\}\}")


class Unknown(Exception):
    """Something that this reader has no rule for."""


@dataclasses.dataclass
class Segment:
    path: str  # lab/lyon-01.lan, cloud.production.app
    site: str
    key: str  # of the site's for_each
    network: str  # lab/lyon-01, cloud.production: what needs no link inside
    environment: str | None
    nets: list
    sockets: bool  # other machines may be plugged in
    intra: bool
    dhcp: tuple | None
    machines: list = dataclasses.field(default_factory=list)
    external: bool = False
    devices: bool = False  # inside tunnels, where their node sees all of it
    real: list = dataclasses.field(default_factory=list)  # what it is on the wire, if its node translates it
    egress: str = "local"  # or the site by which it leaves for the outside

    def on_wire(self, address):
        """A declared address as the segment's machines know it: at the same offset."""
        return self.moved(address, self.nets, self.real)

    def declared(self, address):
        return self.moved(address, self.real, self.nets)

    @staticmethod
    def moved(address, origin, target):
        found = ipaddress.ip_address(address)
        for one, other in ((one, other) for one in origin for other in target if one.version == other.version == found.version):
            if found in one:
                return str(other[int(found) - int(one[0])])
        return str(address)


@dataclasses.dataclass
class Machine:
    path: str  # with its replica: cloud.production.app.portal-1
    base: str  # cloud.production.app.portal
    segment: Segment
    addresses: list
    made: bool
    gateway: bool = False
    public: bool = False
    outer: str = ""  # a gateway that is a host of ours has an address of its own outside


@dataclasses.dataclass
class Node:
    name: str
    site: str
    key: str
    network: str
    environment: str | None
    segments: list
    outer: dict  # underlay -> address at which it is dialled
    own: list = dataclasses.field(default_factory=list)  # of one that shares its gateway addresses with another
    standing: Segment | None = None  # where its own addresses are

    @property
    def inner(self):
        """Its own addresses; else the gateway's of its segments."""
        return self.own or [str(net[1]) for segment in self.segments for net in segment.nets]


def merged(under, over):
    """`-f`: blocks merge, lists whose entries all have an id merge by id, the rest replaces, null removes."""
    if isinstance(under, dict) and isinstance(over, dict):
        found = dict(under)
        for key, new in over.items():
            if new is None:
                found.pop(key, None)
            else:
                found[key] = merged(found[key], new) if key in found else new
        return found
    if all(isinstance(part, list) and part and all(isinstance(item, dict) and "id" in item for item in part) for part in (under, over)):
        found = {item["id"]: item for item in under}
        for item in over:
            found[item["id"]] = merged(found.get(item["id"], {}), item)
        return list(found.values())
    return over


def joined(one, other):
    """Files of a folder: blocks key by key, lists end to end."""
    for key, new in other.items():
        if key not in one:
            one[key] = new
        elif isinstance(new, dict) and isinstance(one[key], dict):
            joined(one[key], new)
        elif isinstance(new, list) and isinstance(one[key], list):
            one[key] += new
        else:
            raise Unknown(f"'{key}' stands in two files")
    return one


def as_list(found):
    return found if isinstance(found, list) else [] if found is None else [found]


def filled(found, variables):
    """Variables put in; an empty one leaves out its key, or its item in a list."""
    if isinstance(found, dict):
        pairs = {key: filled(part, variables) for key, part in found.items()}
        return {key: part for key, part in pairs.items() if part != "" or found[key] == ""}
    if isinstance(found, list):
        return [part for part in (filled(part, variables) for part in found) if part != ""]
    if isinstance(found, str) and "{{" in found:
        text = VARIABLE.sub(lambda match: str(variables[match.group(1)]) if match.group(1) in variables else match.group(0), found)
        return int(text) if text.isdigit() else text
    return found


class Topology:
    def __init__(self, folder, overlays=()):
        self.folder, raw = folder, {}
        for name in sorted(os.listdir(folder)):
            if name.endswith(".yaml") and not name.endswith(".override.yaml"):
                joined(raw, self.read(name))
        for name in overlays:
            raw = merged(raw, self.read(name))
        self.raw, self.segments, self.machines, self.nodes = raw, [], [], []
        self.environments = {key: {"nets": [ipaddress.ip_network(text) for text in as_list(value["address_space"])],
                                   "vars": value.get("vars", {})} for key, value in raw["environments"].items()}
        self.lock = self.read_lock()
        for name, site in raw["sites"].items():
            for key, row in self.instances(site):
                self.site(name, key, filled(site, row))
        self.make_public()

    # --- files ------------------------------------------------------------------------------------------------------
    def read(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8") as text:
            return yaml.safe_load(text)

    def rows(self, name):
        with open(os.path.join(self.folder, name), encoding="utf-8", newline="") as text:
            first = text.readline()
            text.seek(0)
            return list(csv.DictReader(text, delimiter=";" if ";" in first else ","))

    def read_lock(self):
        found = {}
        with open(os.path.join(self.folder, "cloison.lock"), encoding="utf-8") as text:
            for line in text:
                words = line.split()
                if len(words) == 4 and words[0] in ("address", "cidr"):
                    found.setdefault((words[0], words[2].removesuffix(":")), []).append(words[3])
        return found

    def instances(self, block):
        """(key, variables) of each entry that a site stands for."""
        each = block.get("for_each")
        if each is None:
            return [("", {})]
        if isinstance(each, dict):
            return [(row[each["key"]], {**row, "key": row[each["key"]]}) for row in self.rows(each["csv"])]
        return [(key, {"key": key, "name": key}) for key in each]

    def in_environment(self, block, environment):
        values = {f"env.{key}": value for key, value in self.environments[environment]["vars"].items()}
        return filled(block, {**values, "env.name": environment})

    # --- sites ------------------------------------------------------------------------------------------------------
    def site(self, name, key, site):
        full = f"{name}/{key}" if key else name
        external = site["provider"] == "external"
        if "vpcs" in site:
            for vpc, block in self.vpcs(site["vpcs"]):
                for segment, inner in block["segments"].items():
                    self.segment(f"{full}.{vpc}.{segment}", name, key, f"{full}.{vpc}", block["environment"], inner, False, False)
        else:
            environment = None if external else site.get("environment", next(iter(self.environments)))
            if environment:
                site = self.in_environment(site, environment)
            for segment, inner in site.get("segments", {}).items():
                self.segment(f"{full}.{segment}", name, key, full, environment, inner, not external, external)
            for node in as_list(site.get("nodes")):
                self.node(name, key, full, environment, site, node)
        for gateway, block in site.get("gateways", {}).items():
            self.gateway(full, gateway, block)

    def vpcs(self, block):
        if block.get("for_each") == "environments":
            entry = {key: value for key, value in block.items() if key != "for_each"}
            return [(name, self.in_environment({**entry, "environment": name}, name)) for name in self.environments]
        return [(name, self.in_environment(value, value["environment"])) for name, value in block.items()]

    def nets(self, path, block):
        written = [text for text in as_list(block["cidr"]) if not str(text).startswith("auto/") and text != "none"]
        return [ipaddress.ip_network(text) for text in (*written, *self.lock.get(("cidr", path), []))]

    def segment(self, path, site, key, network, environment, block, on_premises, external):
        hosts = block.get("hosts", {})
        apart = [host for host in hosts.values() if "vm" not in host]
        made = Segment(path, site, key, network, environment, self.nets(path, block),
                       on_premises and "vlan" in block and (bool(block.get("dhcp")) or bool(apart) or not hosts), block.get("intra") == "allow",
                       tuple(block["dhcp"]["range"]) if "dhcp" in block else None, external=external,
                       devices="peers" in block,
                       real=[ipaddress.ip_network(block["real"])] if "real" in block else [], egress=block.get("egress", "local"))
        self.segments.append(made)
        for name, host in hosts.items():
            replicas = host.get("replicas")
            for replica in ([f"{name}-{i}" for i in range(1, int(replicas) + 1)] if replicas is not None else [name]):
                self.machine(f"{path}.{replica}", f"{path}.{name}", made, host)

    def machine(self, path, base, segment, host, gateway=False):
        if "address" in host:
            addresses = ([str(net[host["address"]]) for net in segment.nets] if isinstance(host["address"], int)
                         else as_list(host["address"]))
        else:
            addresses = self.lock[("address", path)]
        made = Machine(path, base, segment, addresses, "vm" in host or gateway, gateway, bool(host.get("public")))
        segment.machines.append(made)
        self.machines.append(made)

    def gateway(self, site, name, block):
        path = ".".join(part for part in (site, block.get("vpc"), block.get("segment")) if part)
        segment = next(found for found in self.segments if found.path == path)
        replicas = int(block.get("replicas", 1))
        for number in range(1, replicas + 1):
            replica = f"{site}.gateways.{name}" + (f"-{number}" if "replicas" in block else "")
            self.machine(replica, f"{site}.gateways.{name}", segment, {}, gateway=True)
            hosts = as_list(block.get("nodes"))
            if len(hosts) >= number:
                self.machines[-1].outer = hosts[number - 1].get("public", "")

    def node(self, site, key, network, environment, block, node):
        underlays = block.get("underlays", {})
        own = node.get("public", {})
        outer = {name: own.get(name, underlay.get("public")) for name, underlay in underlays.items()}
        self.nodes.append(Node(node["name"], site, key, network, environment,
                               [found for found in self.segments if found.network == network],
                               {name: public for name, public in outer.items() if public not in (None, "none", "dynamic")}))
        if block.get("redundancy") == "vrrp" and len(as_list(block["nodes"])) > 1:
            for found in self.nodes[-1].segments:
                own = self.lock.get(("address", f"{found.path}.node/{node['name']}"))
                if own:
                    self.nodes[-1].own, self.nodes[-1].standing = own, found
            if not self.nodes[-1].own:
                raise Unknown(f"the lock file has no address of node {node['name']}")

    def make_public(self):
        """A service with `public: true` makes the hosts public on which it runs."""
        for service in self.raw.get("services", {}).values():
            if service.get("public"):
                for machine in self.machines:
                    if without_vpc(machine.base) in as_list(service["runs_on"]) or machine.base in as_list(service["runs_on"]):
                        machine.public = True


def without_vpc(path):
    parts = path.split(".")
    return ".".join((parts[0], *parts[2:])) if len(parts) == 4 else path
