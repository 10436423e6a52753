"""Gives the lab's workloads their addresses, and lists the places from which and to which probes go."""
import dataclasses
import ipaddress
import json
import os
import time

import cloud
import reference  # also finds the lab's own modules
import devices
import report
import topology
from lab import Lab
from namespaces import batch, run

VENDOR = "198.51.100.20"  # an address of the external site `vendor`, which is no part of `internet`


@dataclasses.dataclass(frozen=True)
class Target:
    name: str  # what the oracle calls it
    asked: str
    inner: str  # behind a floating address
    kind: str  # inner, real, floating, outer
    space: str
    segment: str = ""
    wire: str = ""  # what its machine calls `inner`, where a node translates that

    @property
    def own(self):
        return self.wire or self.inner


@dataclasses.dataclass(frozen=True)
class Source:
    name: str
    space: str
    address: str  # bound to; of this family are the targets
    seen: str  # what the topology calls it, or as whom the far end sees it behind a carrier's NAT
    outside: bool  # no part of the topology
    node: bool = False
    segment: str = ""
    cloud: bool = False


def plain(address):
    return address.partition("/")[0]


def net_of(segment, address):
    return next(net for net in segment.nets if ipaddress.ip_address(address) in net)


def global_addresses(space, interface):
    """What an interface has now, link-local addresses apart."""
    said = json.loads(run("ip", "-n", space, "-j", "address", "show", "dev", interface, "scope", "global"))
    return [entry["local"] for link in said for entry in link.get("addr_info", []) if "local" in entry]


def give_addresses(ref, topo):
    """Workloads that the topology names get their address of the lock file; those on a DHCP segment have asked already."""
    lab = Lab.current(ref.lab)
    machines = {machine.path: machine for machine in topo.machines}
    with lab.layout.lock("cables"):
        for load in lab.network.workloads.values():
            found = next((machines[path] for path in load.called if path in machines), None)
            if found:
                nets = [(address, net_of(found.segment, address)) for address in found.addresses]
                wanted = (False, [f"{found.segment.on_wire(address)}/{net.prefixlen}" for address, net in nets],
                          [found.segment.on_wire(net[1]) for _, net in nets])
                if lab.workloads.wanted(load) != wanted:
                    lab.workloads.order(load, *wanted)
    report.hand_over(lab)


def wait_for_leases(ref, seconds=30):
    """Clients ask again every few seconds, and their servers are new."""
    until = time.monotonic() + seconds
    while any(load["dhcp"] and not os.path.exists(load["lease"]) for load in ref.inventory()["workloads"]):
        if time.monotonic() > until:
            return  # the matrix says who has none
        time.sleep(0.2)


def open_ways_in(ref, topo):
    """Routes that an attacker at the provider would have: without them, nothing from outside would even get to a node."""
    inventory = ref.inventory()
    nodes = {host["name"]: host for host in inventory["hosts"]}
    lines = [f"route replace {net} via {reference.outer(nodes[node.name], version=net.version)}" for node in topo.nodes
             for segment in node.segments for net in (*segment.nets, *segment.real)]
    batch(lines, ref.space("fibre"))
    exchange = {ipaddress.ip_address(plain(text)).version: plain(text) for text in inventory["providers"]["fibre"]["exchange"]}
    pools = [ipaddress.ip_network(text) for pool in topo.raw["address_pools"].values() for text in topology.as_list(pool["cidr"])]
    for space in ("internet", "ctl"):
        batch([f"route replace {pool} via {exchange[pool.version]}" for pool in pools], ref.space(space))
    batch([f"addr replace {VENDOR}/32 dev exchange"], ref.space("internet"))


class Places:
    def __init__(self, ref, topo):
        self.ref, self.topo, self.sources, self.targets = ref, topo, [], []
        self.inventory = ref.inventory()
        self.hosts = {host["name"]: host for host in self.inventory["hosts"]}
        self.segment_of = {machine.path: machine.segment.path for machine in topo.machines}
        self.at_ports = {load["namespace"] for load in self.inventory["workloads"] if "/" in load["plug"]}  # of nodes
        self.clients = self.leases()
        self.routers = {}  # by network
        self.workloads()
        self.cloud()
        self.nodes()
        self.tablets()
        self.outside()

    def leases(self):
        """What each DHCP client was given: name -> the offer."""
        found = {}
        for load in self.inventory["workloads"]:
            if load["dhcp"]:
                try:
                    with open(load["lease"], encoding="utf-8") as text:
                        found[load["name"]] = dict(line.strip().split("=", 1) for line in text)
                except FileNotFoundError:
                    found[load["name"]] = {}
        return found

    def workloads(self):
        for load in self.inventory["workloads"]:
            name = next((path for path in load["called"] if path in self.segment_of), load["name"])
            for address in global_addresses(load["namespace"], "eth0") if load["site"] != "roaming" else ():
                segment = self.segment_at([self.segment_of.get(name), *load["called"]], address)
                known = segment.declared(address)
                self.sources.append(Source(name, load["namespace"], address, known, False, segment=segment.path))
                self.add_target(name, known, load["namespace"], segment)

    def segment_at(self, called, address):
        """One of these names, or else the one whose address it is."""
        at = ipaddress.ip_address(address)
        return next(found for found in sorted(self.topo.segments, key=lambda one: one.path not in called)
                    if found.path in called or any(at in net for net in found.nets))

    def add_target(self, name, known, space, segment):
        """At its declared address, and at the real one where it has such a one."""
        wire = segment.on_wire(known)
        self.targets.append(Target(name, known, known, "inner", space, segment.path, wire))
        if wire != known:
            self.targets.append(Target(name, wire, known, "real", space, segment.path, wire))

    def ways_out(self, source):
        """As whom the Internet may see a source on premises: by addresses of its site, or of that through which its segment
        leaves; under IPv6 as itself. Nothing for what does not stand on premises."""
        segment = next((found for found in self.topo.segments if found.path == source.segment), None)
        if segment is None or source.node or segment.network not in {node.network for node in self.topo.nodes}:
            return None
        if ":" in source.address:
            return {source.address}
        leaves = segment.network if segment.egress == "local" else segment.egress
        carriers = self.inventory["providers"]
        return {plain(address) for node in self.topo.nodes if node.network == leaves
                for name, underlay in self.hosts[node.name]["underlays"].items()
                for address in (*underlay["addresses"], *(carriers[name]["exchange"] if carriers[name].get("carrier_nat") else ()))}

    def cloud(self):
        record = Lab.current(self.ref.lab).layout.read(cloud.RECORD, {"spaces": [], "points": []})
        for network in {segment.network for segment in self.topo.segments}:
            name = cloud.router_space(network)
            if name in record["spaces"]:
                self.routers[network] = Source(network, self.ref.space(name), "", "", True)
        for point in record["points"]:
            space, segment = self.ref.space(point["name"]), self.segment_of[point["path"]]
            for address in point["addresses"]:
                self.sources.append(Source(point["path"], space, address, address, False, segment=segment, cloud=True))
                self.targets.append(Target(point["path"], address, address, "inner", space, segment))
            outer = next(machine.outer for machine in self.topo.machines if machine.path == point["path"])
            if outer:
                self.sources.append(Source(point["path"], space, outer, outer, False, node=True))
                self.targets.append(Target(point["path"], outer, outer, "outer", space))
            if point["floating"] and not point["host"]:  # a gateway answers by its other card, see README.md
                self.targets.append(Target(point["path"], point["floating"], next(text for text in point["addresses"] if "." in text), "floating", space, segment))

    def nodes(self):
        for node in self.topo.nodes:
            host = self.hosts[node.name]
            if host["emulated"]:
                self.inward(node, lambda _: True)
                continue  # what has a kernel of its own cannot be asked from within
            there = run("ip", "-n", host["namespace"], "-br", "address")
            for segment in node.segments:
                for known in (str(net[1]) for net in segment.nets):
                    if f" {segment.on_wire(known)}/" in there:  # a segment of remote users has no card before there are tunnels
                        self.sources += [Source(node.name, host["namespace"], address, known, False, node=True, segment=segment.path)
                                         for address in {known, segment.on_wire(known)} if f" {address}/" in there]
                        self.add_target(node.name, known, host["namespace"], segment)
            for address in node.own:
                self.sources.append(Source(node.name, host["namespace"], address, address, False, node=True, segment=node.standing.path))
                self.add_target(node.name, address, host["namespace"], node.standing)
            self.inward(node, lambda segment, name=node.name, own=node.own: any(
                target.name == name and target.segment == segment and target.inner not in own for target in self.targets))
            for underlay in host["underlays"].values():
                for address in map(plain, underlay["addresses"]):
                    self.sources.append(Source(node.name, host["namespace"], address, address, False, node=True))
                    self.targets.append(Target(node.name, address, address, "outer", host["namespace"]))

    def inward(self, node, is_gateway_of):
        """Machines that are asked for at the address of the node that is the gateway of their segment now."""
        for machine in self.topo.machines:
            if machine.public and machine.segment.network == node.network and is_gateway_of(machine.segment.path):
                space = next(target.space for target in self.targets if target.name == machine.path)
                inner = next(address for address in machine.addresses if "." in address)
                self.targets += [Target(machine.path, asked, inner, "floating", space, machine.segment.path,
                                        machine.segment.on_wire(inner)) for asked in node.outer.values()]

    def tablets(self):
        for path, space, address, segment in devices.places_of(self.ref):
            self.sources.append(Source(path, space, address, address, False, segment=segment))
            self.targets.append(Target(path, address, address, "inner", space, segment))

    def outside(self):
        def add(name, space, address, seen=None):
            self.sources.append(Source(name, space, address, seen or address, True))
        carrier = plain(self.inventory["providers"].get("mobile", self.inventory["providers"]["fibre"])["exchange"][0])
        for load in self.inventory["workloads"]:
            if load["site"] == "roaming":
                for address in map(plain, load["addresses"]):
                    add(load["name"], load["namespace"], address, carrier if load["plug"] == "mobile" else address)
        # The Internet's services answer on few ports only, so what comes to them by those is what counts.
        internet = self.inventory["internet"]
        for address in (internet["addresses"][0], internet["addresses"][-1]):
            add("internet", internet["namespace"], address)
            self.targets.append(Target("internet", address, address, "outside", internet["namespace"]))
        add("vendor", internet["namespace"], VENDOR)
        add("operator", self.ref.space("ctl"), reference.OPERATOR)
        add("provider", self.ref.space("fibre"), plain(self.inventory["providers"]["fibre"]["exchange"][0]))
        for load in self.inventory["workloads"]:
            if load["name"] == "neighbour":
                self.targets += [Target("neighbour", plain(address), plain(address), "outside", load["namespace"])
                                 for address in load["addresses"]]


def read(ref):
    return topology.Topology(ref.topology, ref.overlays)
