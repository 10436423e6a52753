"""Makes the namespaces between the hosts (providers, the Internet, switches, ctl) and plugs machines into them.

A host gets a new namespace for each boot, and its cables with it: nothing that the last boot configured on a card
survives, as on a real machine. What stands at the far ends is made here each time from the description.
"""
import ipaddress
import socket

import namespaces
from description import EXCHANGE
from layout import CONTROL, INTERNET
from namespaces import batch, firewall, inside, settings

ROUTER = {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv6/conf/all/keep_addr_on_down": 1}
# A cable that is put back works at once in IPv6 too, without the second or two of asking who else has the address.
PROMPT = {f"ipv6/conf/default/{name}": 0 for name in ("accept_dad", "dad_transmits", "router_solicitation_delay")}

# While a subscriber's cable is out, its provider would tell who asks for it to ask the Internet, who believes that for minutes.
PROMPT.update({f"ipv4/conf/{which}/{what}_redirects": 0 for which in ("all", "default") for what in ("send", "accept")})

# What a carrier does: out under one address, nothing in, nothing from subscriber to subscriber.
CARRIER_NAT = """
table ip nat {
  chain leave {
    type nat hook postrouting priority srcnat
    oifname "exchange" masquerade
  }
}
table inet carrier {
  chain forward {
    type filter hook forward priority filter; policy drop
    ct state established,related accept
    oifname "exchange" accept
  }
}
"""


class Cables:
    def __init__(self, layout, network):
        self.layout, self.network = layout, network

    def space(self, machine):
        return self.layout.namespace(machine)

    def interfaces(self, machine):
        """The interfaces that a namespace has now; none if it is not there."""
        if self.space(machine) not in namespaces.names():
            return set()
        with inside(self.space(machine)):
            return {name for _, name in socket.if_nameindex()}

    def make_spaces(self, machines):
        """Namespaces for those that have none, with their loopback up. Returns the new ones."""
        there = namespaces.names()
        new = [machine for machine in machines if self.space(machine) not in there]
        batch(f"netns add {self.space(machine)}" for machine in new)
        for machine in new:
            batch(["link set lo up"], self.space(machine))
        return new

    # --- what is there before any host ------------------------------------------------------------------------------
    def make_infrastructure(self):
        network = self.network
        new = set(self.make_spaces(network.infrastructure()))
        for name in new:
            settings(self.space(name), PROMPT)
        if CONTROL in new:
            batch(["link add name mgmt type bridge", "addr add 10.255.0.1/16 dev mgmt", "link set mgmt up"],
                  self.space(CONTROL))
        if INTERNET in new:
            first = [f"{ipaddress.ip_network(net)[1]}/{ipaddress.ip_network(net).prefixlen}" for net in EXCHANGE]
            batch(["link add name exchange type bridge", "link set exchange up",
                   *(f"addr add {address} dev exchange nodad" for address in (*first, *network.outside_addresses))],
                  self.space(INTERNET))
        for cable in network.cables:
            if cable.kind == "wire" and cable.far[0] in new:
                # Stays when the host boots again, with all that somebody has put behind it; the cable comes back to it.
                batch(["link add name socket type bridge", "link set socket up"], self.space(cable.far[0]))
        for underlay in network.underlays.values():
            if underlay.name in new:
                settings(self.space(underlay.name), ROUTER)
                firewall(self.space(underlay.name), CARRIER_NAT if underlay.carrier_nat else "")
        self.plug([cable for cable in network.cables if cable.kind == "uplink"])

    def _routes(self, machine):
        """Across the exchange: what each provider's subscribers are reached by, and all else by the Internet."""
        lines = []
        for net in EXCHANGE:
            exchange = ipaddress.ip_network(net)
            for underlay in self.network.underlays.values():
                pool = underlay.ipv4 if exchange.version == 4 else underlay.ipv6
                if pool and underlay.name != machine and not (underlay.carrier_nat and exchange.version == 4):
                    lines.append(f"route replace {pool} via {exchange[10 + underlay.number]} dev exchange")
            if machine != INTERNET:
                lines.append(f"route replace default via {exchange[1]} dev exchange")
        return lines

    # --- plugging in ------------------------------------------------------------------------------------------------
    def plug(self, cables):
        """Makes those cables that are not there, with all that belongs to their far ends. Returns the new ones."""
        present = {machine: self.interfaces(machine) for cable in cables for machine in (cable.near[0], cable.far[0])}
        new = [cable for cable in cables if cable.near[1] not in present[cable.near[0]]
               or cable.far[1] not in present[cable.far[0]]]
        halves = {}
        for cable in new:
            for machine, interface in (cable.near, cable.far):
                if interface in present[machine]:
                    halves.setdefault(machine, []).append(f"link del {interface}")
        for machine, lines in halves.items():
            batch(lines, self.space(machine), force=True)
        lab = self.layout.name
        batch(f"link add name {cable.near[1]} address {cable.card(lab, cable.near)} netns {self.space(cable.near[0])} type veth "
              f"peer name {cable.far[1]} address {cable.card(lab, cable.far)} netns {self.space(cable.far[0])}" for cable in new)
        ends, orders = {}, {}
        for cable in new:
            for machine, interface in (cable.near, cable.far):
                ends.setdefault(machine, []).append(interface)
            for machine, lines in self._orders(cable):
                orders.setdefault(machine, []).extend(lines)
        for machine, interfaces in ends.items():
            namespaces.checksums_in_software(self.space(machine), interfaces)
        for machine, lines in orders.items():
            batch(lines, self.space(machine))
        return new

    def _orders(self, cable):
        """`ip` commands after the pair exists, by machine. A host's own end gets none: its system configures it."""
        machine, interface = cable.far
        lines = [f"link set {interface} alias \"{cable.key}\""]
        lines += [f"addr add {address} dev {interface} nodad" for address in cable.far_addresses]
        if cable.kind == "management":
            # Hosts reach ctl over the management network, and not each other.
            lines += [f"link set {interface} master mgmt", f"link set dev {interface} type bridge_slave isolated on"]
        elif cable.kind == "uplink":
            lines.append(f"link set {interface} master exchange")
        elif cable.kind == "wire":
            lines.append(f"link set {interface} master socket")
        if cable.kind not in ("none", "port"):
            lines.append(f"link set {interface} up")
        yield machine, lines
        if cable.kind == "uplink":
            machine, interface = cable.near
            yield machine, [*(f"addr add {address} dev {interface} nodad" for address in cable.near_addresses),
                            f"link set {interface} up", *self._routes(machine)]
            yield INTERNET, self._routes(INTERNET)

    def unplug(self, hosts):
        """Power off: the cables go at once, from the far ends, and then the hosts' namespaces."""
        gone, far = [], {}
        for host in hosts:
            gone.append(host.name)
            for cable in host.cables:
                far.setdefault(cable.far[0], []).append(cable.far[1])
        for machine, names in far.items():
            batch((f"link del {name}" for name in names), self.space(machine), force=True)
        batch((f"netns del {self.space(name)}" for name in gone), force=True)
