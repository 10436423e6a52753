"""Which probes there are, and what the oracle says of each: every pair of places, the ports that are declared for the target,
their neighbours and some others, and the same under a source address that is somebody else's."""
import dataclasses
import ipaddress
import random

import expected

COMMON = [("tcp", 22), ("tcp", 443), ("udp", 53), ("icmp", 0)]
INTERNET_PORTS = [("tcp", 80), ("tcp", 443), ("udp", 53), ("udp", 123), ("icmp", 0)]  # what the lab's Internet answers on
# DHCP, which has a check of its own, and tunnels, which answer nobody that they do not know.
SPOKEN = {67, 68, 546, 547}
TUNNELS = {500, 4500, *range(51819, 51840)}


@dataclasses.dataclass
class Question:
    source: object
    target: object
    protocol: str
    port: int
    permitted: list  # ids of openings; ["intra"] inside a segment that says so
    borrowed: object = None  # the Source whose address is used
    end: str = ""  # "ingress" or "egress": only one of the two filters is on the way
    witness: str = ""

    def order(self, number, timeout):
        found = {"n": number, "from": self.source.space, "to": self.target.asked, "timeout": timeout, "wait": 0.3 if self.target.kind == "outside" else 0,
                 "proto": "icmp" if self.protocol == "icmp" else f"{self.protocol}/{self.port}"}
        found["source"] = self.claimed()
        if self.borrowed or self.witness:
            found.update({"witness": self.witness or self.target.space, "raw": True})
        return found

    def claimed(self):
        """A machine of another place is known by the address that the topology gives it."""
        if not self.borrowed:
            return self.source.address
        elsewhere = self.source.outside or self.source.segment.partition(".")[0] != self.borrowed.segment.partition(".")[0]
        return self.borrowed.seen if elsewhere and not self.borrowed.outside else self.borrowed.address

    def said(self):
        port = "icmp" if self.protocol == "icmp" else f"{self.protocol}/{self.port}"
        as_whom = f" as {self.borrowed.name} ({self.claimed()})" if self.borrowed else f" ({self.source.address})"
        return f"{self.source.name}{as_whom} -> {self.target.name} ({self.target.asked}) {port}" + (self.end and f", {self.end} alone")


class Questions:
    def __init__(self, places, oracle, seed):
        self.places, self.oracle, self.random = places, oracle, random.Random(seed)
        self.segments = {segment.path: segment for segment in places.topo.segments}
        self.partners = {segment.path for segment in places.topo.segments if segment.external}
        self.node_addresses = {node.name: set(node.outer.values()) for node in places.topo.nodes}
        self.held = {(source.space, source.address) for source in places.sources}
        self.unseen = 0  # pairs that no node sees today
        self.network_of_node = {node.name: node.network for node in places.topo.nodes}
        self.telling = {}  # ports of each target that mean something, rather than being beside one that does
        self.behind = {}  # machines that are reached by somebody else's address
        for target in places.targets:
            if target.kind == "floating":
                self.behind.setdefault(target.asked, []).append(target)
        self.ports = {target: self.ports_of(target) for target in places.targets}

    def ports_of(self, target):
        if target.name == "internet":
            self.telling[target] = set(INTERNET_PORTS)
            return INTERNET_PORTS
        opened = [said for number in self.oracle.near(target.name, ipaddress.ip_address(target.inner))[1]
                  for said in self.oracle.openings[number].ports]
        self.telling[target] = {*COMMON, *((protocol, port) for protocol, low, high in opened for port in (low, high))}
        found = {*self.telling[target], *((protocol, port) for protocol, low, high in opened if protocol != "icmp"
                                          for port in (low - 1, high + 1))}
        found |= {("tcp", self.random.randrange(1024, 32768)) for _ in range(2)} | {("udp", self.random.randrange(1024, 32768))}
        silent = SPOKEN | (TUNNELS if target.kind == "outer" or target.name in self.oracle.outer_gateways else set())
        return sorted(pair for pair in found if pair[1] not in silent)

    def pairs(self):
        for source in self.places.sources:
            for target in self.places.targets:
                if source.space == target.space or (source.outside and (target.kind == "outside" or target.segment in self.partners)):
                    continue  # neither end, nor anything between them, is ours
                if (source.space, target.asked) in self.held:
                    continue  # its own, also where another one of the site holds the same address
                if ipaddress.ip_address(source.address).version != ipaddress.ip_address(target.asked).version:
                    continue
                if self.translated_apart(source, target):
                    continue
                if self.unprovable(source, target):
                    self.unseen += 1
                    continue
                yield source, target

    def translated_apart(self, source, target):
        """A real address means something else at another site that has the same. A node speaks to a segment that it
        translates from its real address there, to all others from the declared one."""
        if target.kind == "real" and target.segment.partition(".")[0] != source.segment.partition(".")[0]:
            asked = ipaddress.ip_address(target.asked)
            return any(asked in net for segment in self.segments.values() for net in segment.real
                       if segment.network == self.network(source))
        segment = self.segments.get(source.segment)
        if source.node and segment and segment.real:
            return (source.address != source.seen) != (source.segment == target.segment)
        return False

    def unprovable(self, source, target):
        """Virtual machines of one segment on premises, unless both are at ports of its nodes: the others stand on a switch of
        the lab here, which keeps nobody apart."""
        segment = self.segments.get(source.segment)
        return (segment is not None and not {source.space, target.space} <= self.places.at_ports and source.segment == target.segment and not source.cloud and not segment.intra
                and not segment.devices and not source.node and target.name not in self.oracle.node_names)

    def permitted(self, source, target, protocol, port):
        segment = self.segments.get(source.segment)
        host = target.name not in self.oracle.node_names
        if target.kind == "real" and not source.outside and self.network(source) != self.network(target):
            return []  # known at its own site only
        if target.kind == "inner" and target.wire not in ("", target.inner) and source.segment == target.segment and host and not source.node:
            return []  # inside their segment machines speak under their real addresses
        if (segment and segment.intra and source.segment == target.segment and not source.node
                and target.name not in self.oracle.node_names):
            return ["intra"]
        if target.kind == "outer" and any(self.permitted(source, other, protocol, port) != [] for other in self.behind.get(target.asked, ())):
            return None  # by the node's address a machine behind it is reached
        public = target.kind == "floating"
        seen, inner = ipaddress.ip_address(source.seen), ipaddress.ip_address(target.inner)
        if source.outside and target.kind in ("inner", "real"):
            # Who sends to the inner address straight away gets no further than by the public one; whether that far is not
            # said, but for IPv6, where a global one is the public one.
            found = self.oracle.permits(source.name, seen, target.name, inner, protocol, port, True)
            return found if not found or (inner in expected.GLOBAL6 if inner.version == 6 else False) else None
        if public and not source.outside and self.oracle.permits(
                source.name, seen, "", ipaddress.ip_address(target.asked), protocol, port, False):
            return None  # out to the internet by one flow, and in from it by another
        if public and port == 22 and not source.cloud and any(target.asked in own for own in self.node_addresses.values()):
            return None  # the node's own sshd
        return self.oracle.permits(source.name, seen, target.name, inner, protocol, port, public)

    def of_pair(self, source, target):
        for protocol, port in self.ports[target]:
            permitted = self.permitted(source, target, protocol, port)
            if permitted is not None:
                yield Question(source, target, protocol, port, permitted)

    def all(self):
        for source, target in self.pairs():
            yield from self.of_pair(source, target)

    def sampled(self):
        """All that is open. Of what is closed, every telling port of pairs that are near each other, one of the others; for the
        rest, between which there is no way in any case, one port."""
        for source, target in self.pairs():
            asked = list(self.of_pair(source, target))
            closed = [question for question in asked if question.permitted in ([], ["intra"])]
            yield from (question for question in asked if question not in closed)
            telling = [question for question in closed if (question.protocol, question.port) in self.telling[target]]
            if self.near(source, target):
                yield from telling
                closed = [question for question in closed if question not in telling]
            if closed:
                yield self.random.choice(closed)

    def near(self, source, target):
        if source.outside:
            return target.kind != "inner" or not target.segment.startswith("cloud.")
        return self.network(source) == (self.network(target) if target.segment else self.network_of_node.get(target.name))

    def one_ended(self, closed_each):
        """In the cloud both ends filter, and a hole in one hides behind the other. A router has none: from it, under the
        source's address, only the target's filter is on the way; as far as it, only the source's."""
        for source, target in self.pairs():
            router = self.places.routers.get(self.network(source)) if source.cloud and target.kind == "inner" else None
            if not router or self.network(target) != router.name or source.segment == target.segment:
                continue
            if {source.name, target.name} & self.oracle.gateways:  # whose ports carry what they pass on for others too
                continue
            asked = list(self.of_pair(source, target))
            closed = [question for question in asked if not question.permitted]
            for question in [question for question in asked if question.permitted] + self.random.sample(closed, min(closed_each, len(closed))):
                yield dataclasses.replace(question, end="egress", witness=router.space)
                yield dataclasses.replace(question, source=router, borrowed=source, end="ingress")

    def borrowed(self, opened, number):
        """What is open to one, asked by another under the first one's address: never open, wherever it can be told apart."""
        for _ in range(number if opened else 0):
            model = self.random.choice(opened)
            near = [source for source in self.places.sources if self.network(source) in (self.network(model.source), self.network(model.target))
                    or source.outside]
            thief = self.random.choice(near if self.random.random() < 0.7 else self.places.sources)
            if self.can_be_told(thief, model.source, model.target):
                yield Question(thief, model.target, model.protocol, model.port, [], borrowed=model.source)

    def network(self, place):
        return self.segments[place.segment].network if place.segment else place.name

    def can_be_told(self, thief, owner, target):
        if thief.space in (owner.space, target.space) or thief.node or thief.name in self.oracle.gateways:
            return False
        if ipaddress.ip_address(thief.address).version != ipaddress.ip_address(owner.address).version:
            return False
        if owner.outside and (thief.outside or thief.segment in self.partners):
            return False  # whose a public address is, nobody on the way can know
        return thief.segment not in (owner.segment, target.segment) or thief.cloud and thief.segment != ""
