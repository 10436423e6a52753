"""What somebody who has a laboratory's node can do there: as root, with every tool of the node, and with its keys."""
import ipaddress
import json

LOCAL = "lo"


class Attack:
    """On one node, against prefixes that are others'. `begin` may be called again; `leave` takes away what is no concern of
    the program: what it finds and mends by itself stays as it is."""
    def __init__(self, hosts, name, foreign):
        self.hosts, self.name, self.foreign = hosts, name, [str(net) for net in foreign if net.version == 4]
        self.peers = {line.split("\t")[0]: line.split("\t")[1:] for line in hosts.on(name, "wg", "show", "all", "allowed-ips").splitlines()}
        # Those by which routes come: of the ways in for devices nobody is told any.
        self.tunnels = sorted(tunnel for tunnel, (_, nets) in self.peers.items() if ":" in nets)

    def begin(self, addresses, way):
        """Everything goes by one tunnel, the one by which `way` is reached: only the gateway that serves brings answers."""
        way = self.hosts.device(self.name, way)
        self.open_filter()
        self.widen_tunnels()
        self.announce()
        self.borrow(addresses)
        self.route(way if way in self.tunnels else self.tunnels[0])

    def open_filter(self):
        self.hosts.on(self.name, "nft", "delete", "table", "inet", "cloison")

    def widen_tunnels(self):
        """Everything may go into every tunnel: what comes out of it is the far end's business."""
        for tunnel, (key, _) in self.peers.items():
            self.hosts.on(self.name, "wg", "set", tunnel, "peer", key, "allowed-ips", "0.0.0.0/0,::/0")

    def neighbours(self):
        said = json.loads(self.hosts.on(self.name, "vtysh", "-c", "show bgp ipv4 unicast summary json"))
        return list(said["peers"]), said["as"]

    def announce(self):
        """Others' prefixes, more special ones within them, and the way to everywhere, to each neighbour without a filter."""
        peers, number = self.neighbours()
        words = ["configure terminal", f"router bgp {number}", "address-family ipv4 unicast"]
        words += [f"network {prefix}" for prefix in self.announced()]
        for peer in peers:
            policy = self.policy(peer)
            words += [f"no neighbor {peer} route-map {policy} out"] if policy else []
        words += ["exit-address-family", "no bgp ebgp-requires-policy"]
        self.hosts.on(self.name, "vtysh", *(part for word in words for part in ("-c", word)))

    def policy(self, peer):
        for line in self.hosts.on(self.name, "vtysh", "-c", "show running-config").splitlines():
            words = line.split()
            if words[:2] == ["neighbor", peer] and words[-1:] == ["out"] and "route-map" in words:
                return words[3]
        return None

    def announced(self):
        special = [str(next(ipaddress.ip_network(net).subnets(1))) for net in self.foreign]
        return [*self.foreign, *special, "0.0.0.0/0"]

    def told(self, peer):
        """The prefixes that it tells a neighbour now."""
        said = json.loads(self.hosts.on(self.name, "vtysh", "-c", f"show bgp ipv4 unicast neighbors {peer} advertised-routes json"))
        return set(said.get("advertisedRoutes", {}))

    def borrow(self, addresses):
        for address in addresses:
            self.hosts.on(self.name, "ip", "address", "replace", f"{address}/32", "dev", LOCAL)

    def route(self, tunnel):
        """The foreign prefixes through one tunnel, whatever its far end has said."""
        gateway = next(net for net in self.peers[tunnel][1].split() if ":" in net).partition("/")[0]
        for prefix in self.foreign:
            self.hosts.on(self.name, "ip", "route", "replace", prefix, "via", "inet6", gateway, "dev", tunnel, "metric", "1")

    def leave(self, addresses):
        for address in addresses:
            self.hosts.shell(self.name, f"ip address del {address}/32 dev {LOCAL} || true")
        for prefix in self.foreign:
            self.hosts.shell(self.name, f"ip route del {prefix} metric 1 || true")
