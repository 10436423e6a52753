"""Failures of the reference network: how each is caused in the lab, mended, and when the network is as before."""
import dataclasses
import typing

import cloud
import hosts
import reference
import standing
from layout import Layout
from namespaces import batch, firewall, names

GATEWAYS = ("hub-1", "hub-2")
FIRST_SERVES_AFTER, TRIED_FOR = 60, 12  # seconds at most
TABLE = "table inet failure"


@dataclasses.dataclass
class Cause:
    """`down`: what simulate calls it; `scenario`: of which, or "" of a single failure.

    `either`: both of a pair are struck alike, so chance says who serves then. `does`: whether it is caused so that this packet
    of a pair meets it."""
    down: tuple
    begin: typing.Callable
    end: typing.Callable
    wait: typing.Callable
    scenario: str = ""
    either: bool = False
    does: typing.Callable = lambda pair, question: True

    def said(self):
        what = ", ".join(self.down[:2]) + (f" and {len(self.down) - 2} more" if len(self.down) > 2 else "")
        return f"{self.scenario} ({what})" if self.scenario else what


def mates(topo):
    """Machines that stand in for another one, and for whom."""
    central = [node.name for node in topo.nodes if node.own]
    return {name: group[0] for group in (central, GATEWAYS) for name in group[1:]}


def first_ones_serve(ref, topo, there, in_failure=False):
    """Who has taken over stays; so the others of each pair let go for a moment, and all settles on the first. In a failure only
    where it is there and can."""
    central = [node for node in topo.nodes if node.own]
    shared = [str(net[1]) for segment in central[0].segments for net in segment.nets]
    for pair, addresses in (([node.name for node in central], shared), (list(GATEWAYS), topo.lock[("address", "cloud.gateways.hub.virtual")])):
        if standing.holders(ref, pair, addresses) == pair[:1] or in_failure and ref.space(pair[0]) not in names():
            continue
        for name in pair[1:]:
            there.shell(name, "systemctl stop keepalived")
        try:
            hosts.until(f"{pair[0]} serves", lambda pair=pair, addresses=addresses: standing.holders(ref, pair, addresses) == pair[:1],
                        TRIED_FOR if in_failure else FIRST_SERVES_AFTER)
        except reference.Failed:
            if not in_failure:
                raise
        finally:
            for name in pair[1:]:
                there.shell(name, "systemctl start keepalived")


class Causes:
    def __init__(self, ref, topo, there):
        self.ref, self.topo, self.hosts = ref, topo, there
        self.laboratories = [node for node in topo.nodes if node.key]
        self.central = [node for node in topo.nodes if node.own]
        self.inventory = {host["name"]: host for host in ref.inventory()["hosts"]}

    def cut(self, down, underlay, machines, scenario=""):
        return Cause(down, lambda: self.ref.lab_command("cut", underlay, *machines), lambda: self.ref.lab_command("heal", underlay, *machines),
                     self.hosts.wait_for_tunnels, scenario)

    def power(self, down, name, scenario=""):
        """A machine at a port of the node's goes with it; the topology does not say which ones these are."""
        plugged = {load["namespace"] for load in self.ref.inventory()["workloads"] if load["plug"].partition("/")[0] == name}

        def does(_, question):
            return not plugged & {question.source.space, question.target.space}
        return Cause(down, lambda: self.hosts.kill(name), lambda: self.hosts.start(name), self.hosts.wait_for_tunnels, scenario, does=does)

    # --- links ------------------------------------------------------------------------------------------------------
    # Providers lose what two ends of a link send each other, so nobody loses his cable.
    def outer(self, machines):
        return "{ " + ", ".join(reference.outer(self.inventory[name], underlay) for name in machines
                                for underlay in self.inventory[name]["underlays"]) + " }"

    def losing(self, rules, spaces):
        def begin():
            for space in spaces:
                firewall(self.ref.space(space), f"{TABLE}\ndelete {TABLE}\n{TABLE} {{\n  chain forward {{\n    type filter hook forward priority -10\n    "
                         + "\n    ".join(rules) + "\n  }\n}\n")

        def end():
            for space in spaces:
                firewall(self.ref.space(space), f"{TABLE}\ndelete {TABLE}\n")
        return begin, end

    def rules_of(self, link):
        vendor = reference.outer(self.inventory[reference.VENDOR])
        if link == "wan":
            hubs = self.outer(GATEWAYS)
            return [f"meta l4proto udp ip {end} {hubs} drop" for end in ("saddr", "daddr")]
        nodes = self.outer([node.name for node in self.central])
        equal = "!=" if link == "backup" else "=="
        return [f"ip {one} {nodes} ip {other} {equal} {vendor} {what} drop" for one, other in (("saddr", "daddr"), ("daddr", "saddr"))
                for what in ("udp dport { 500, 4500 }", "udp sport { 500, 4500 }", "meta l4proto esp")]

    def link(self, links, scenario=""):
        begin, end = self.losing([rule for link in links for rule in self.rules_of(link)], ("fibre", "mobile"))
        return Cause(links, begin, end, self.hosts.wait_for_tunnels, scenario, "wan" in links)

    def internet(self, name):
        spaces = [space for space in Layout(self.ref.lab).read(cloud.RECORD)["spaces"] if space.startswith("router-")]
        begin, end = self.losing(['iifname "ext" drop', 'oifname "ext" drop'], spaces)
        return Cause((name,), begin, end, lambda: None)

    # --- sites ------------------------------------------------------------------------------------------------------
    def cloud(self, scenario=""):
        """Its gateways cannot be reached, nor anything in it."""
        bridges = [f"n{number}" for number in range(1, 100)]

        def switched(state):
            space = self.ref.space(cloud.SWITCHES)
            batch([f"link set {name} {state}" for name in bridges], space, force=True)

        def begin():
            self.ref.lab_command("cut", "fibre", *GATEWAYS)
            switched("down")

        def end():
            switched("up")
            self.ref.lab_command("heal", "fibre", *GATEWAYS)
        return Cause(("cloud",), begin, end, self.hosts.wait_for_tunnels, scenario)

    def all(self):
        first, second, third, *_ = self.laboratories
        fibres = tuple(sorted(f"{node.network}.underlays.fibre" for node in self.laboratories))
        central = [node.name for node in self.central]
        return [self.cut((f"{first.network}.underlays.fibre",), "fibre", [first.name], "fibre-lost"),
                self.cut((f"{second.network}.underlays.mobile",), "mobile", [second.name]),
                self.cut(fibres, "fibre", [node.name for node in self.laboratories], "all-fibre-lost"),
                self.cut(("central.underlays.fibre",), "fibre", central),
                self.power((f"central.nodes.{central[0]}",), central[0]),
                self.power((f"{third.network}.nodes.{third.name}",), third.name),
                self.power(("cloud.gateways.hub-1",), GATEWAYS[0]),
                self.cloud("cloud-lost"),
                self.link(("backup",)), self.link(("vendor-vpn",)), self.link(("wan",)), self.internet("web"),
                self.link(("wan", "backup"), "isolated-lab")]
