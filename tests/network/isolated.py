"""A laboratory whose node belongs to somebody hostile: nothing of it reaches another laboratory, nor more of the cloud than its
flows permit, and no gateway believes what it announces. Then a plan names what was done there, and an apply mends it.

Without its own filter and with everything allowed into its tunnels, what is left in the way are the far ends alone. The
same node asks under an address that it may have, and must be answered, else the silence would prove nothing.
"""
import dataclasses
import ipaddress
import json

import drifted
import expected
import hosts
import matrix
import places
import reference
from attack import Attack
from namespaces import run
from questions import Question, Questions

GATEWAYS = ("hub-1", "hub-2")
KEPT_PER_TARGET = 3  # borrowed addresses for each target, unless everything is asked


class Scene:
    def __init__(self, ref, seed):
        self.ref, self.topo, self.hosts = ref, places.read(ref), hosts.Hosts(ref)
        self.node = next(node for node in self.topo.nodes if node.key)
        self.there = places.Places(ref, self.topo)
        self.questions = Questions(self.there, expected.Expected(self.topo, ["sdwan", "vpn"], standing=True), seed)
        self.through_tunnels = Questions(self.there, expected.Expected(self.topo, ["sdwan"], standing=True), seed)
        self.foreign = [net for segment in self.topo.segments if segment.network != self.node.network and not segment.external
                        for net in segment.nets]
        self.lan = next(segment for segment in self.node.segments if segment.path.endswith(".lan"))
        self.own = str(self.lan.nets[0][60])  # one that no machine has
        self.attack = Attack(self.hosts, self.node.name, self.foreign)
        self.segments = {segment.path: segment for segment in self.topo.segments}

    def source(self, address, segment=""):
        """The node under some address, as the oracle knows it by that."""
        return places.Source(segment or self.node.name, self.ref.space(self.node.name), address, address, False, segment=segment)

    def targets(self):
        """What is others' and behind tunnels: machines in the cloud, and other laboratories with their nodes."""
        for target in self.there.targets:
            if target.kind == "inner" and any(ipaddress.ip_address(target.asked) in net for net in self.foreign):
                yield target

    def witness(self, target):
        """The last place before a target's own filter; nothing if there is none."""
        segment = self.segments.get(target.segment)
        found = self.there.routers.get(segment.network) if segment else None
        if found and target.segment.startswith("cloud."):
            return None if target.segment.endswith(".dmz") else found.space  # gateways stand in that segment themselves
        node = next((node for node in self.topo.nodes if segment and node.network == segment.network), None)
        return self.ref.space(node.name) if node else None

    def ask_openly(self):
        """Under its own address: what the flows of its laboratory permit is open, and all else is not."""
        for target in self.targets():
            for protocol, port in self.questions.ports[target]:
                permitted = self.questions.permitted(self.source(self.own, self.lan.path), target, protocol, port)
                # What goes by IPsec alone has no way while it sends everything into a tunnel of the SD-WAN.
                cut_off = permitted and not self.through_tunnels.permitted(self.source(self.own, self.lan.path), target, protocol, port)
                if permitted is not None and not cut_off:
                    yield Question(self.source(self.own), target, protocol, port, permitted)

    def control(self):
        """That the places which must see nothing would see it: the same kind of packet under an address that is permitted."""
        target = next(target for target in self.targets() if target.name == "cloud.production.app.portal-1")
        yield Question(self.source(self.own), target, "tcp", 443, ["control"], self.source(self.own), "egress", self.witness(target))

    def ask_as_others(self, everything):
        """Under addresses that its laboratory does not have: nothing passes the gateways, open to their owners or not."""
        owners = [source for source in self.there.sources if any(ipaddress.ip_address(source.address) in net for net in self.foreign
                                                                 if ":" not in source.address)]
        for target in self.targets():
            able = [owner for owner in owners if owner.space != target.space]
            for owner in able if everything else self.questions.random.sample(able, KEPT_PER_TARGET):
                for protocol, port in sorted(self.questions.telling[target]):
                    question = Question(self.source(owner.address), target, protocol, port, [], borrowed=owner)
                    witness = self.witness(target)
                    yield dataclasses.replace(question, end="egress", witness=witness) if witness else question


def tables(scene, name):
    """What a host believes: the ways of its kernel, and the prefixes of its sessions with whom they came from."""
    ways = json.loads(run("ip", "-n", scene.ref.space(name), "-j", "route"))
    said = json.loads(scene.hosts.on(name, "vtysh", "-c", "show bgp ipv4 unicast json"))
    return {(way["dst"], way.get("dev"), json.dumps(way.get("via", way.get("gateway")))) for way in ways}, \
        {(prefix, path.get("peerId")) for prefix, paths in said["routes"].items() for path in paths}


def believers(scene):
    return [*GATEWAYS, *(node.name for node in scene.topo.nodes if node.name != scene.node.name)]


def prove(ref, everything, seed, say):
    scene = Scene(ref, seed)
    scene.hosts.wait_for_tunnels()
    before = {name: tables(scene, name) for name in believers(scene)}
    openly, hidden = list(scene.ask_openly()), list(scene.ask_as_others(everything))
    matrix.listen_on_hosts(ref, openly)
    portal = next(target.asked for target in scene.targets() if target.name == "cloud.production.app.portal-1")
    scene.attack.begin([scene.own], portal)
    try:
        announced = hosts.until("its neighbours are told of others' prefixes", lambda: has_told(scene), 20)
        say(f"{scene.node.name} is hostile, and has told so after {announced:.1f} s")
        asking = matrix.Matrix(ref, scene.there, scene.questions)
        # By the gateway by which the cloud answers; borrowed addresses want no answer, so they go by every tunnel.
        passed = compare(asking, openly, asking.ask_again(openly, matrix.ask(openly, 1.2)))
        compare(asking, list(scene.control()), matrix.ask(list(scene.control()), 2))
        for tunnel in scene.attack.tunnels:
            scene.attack.route(tunnel)
            compare(asking, hidden, matrix.ask(hidden, 1.2))
        after = {name: tables(scene, name) for name in believers(scene)}
    finally:
        scene.attack.leave([scene.own])
    believed = [f"{name}: {'kernel' if number == 0 else 'BGP'}: {entry}" for name in before for number in (0, 1)
                for entry in sorted(after[name][number] ^ before[name][number], key=str)]
    return judge(scene, asking, passed, believed, say)


def compare(asking, questions, answers):
    """How many were answered by right; what differs is kept by `asking`."""
    for question, answer in zip(questions, answers):
        asking.compare(question, answer)
    return sum(bool(question.permitted) and answer["verdict"] == "open" for question, answer in zip(questions, answers))


def has_told(scene):
    peers, _ = scene.attack.neighbours()
    return all({"0.0.0.0/0", *scene.attack.foreign} <= scene.attack.told(peer) for peer in peers)


def judge(scene, asking, passed, believed, say):
    if not passed:
        raise reference.Failed("the hostile node is not answered where its own flows permit it: the rest proves nothing")
    for _, question, answer, _ in asking.differences[:20]:
        print(f"ISOLATED {question.said()} permitted by {question.permitted}: {answer['verdict']}, {answer['why']}")
    for text in believed[:20]:
        print(f"ISOLATED a table has changed: {text}")
    say(f"{asking.checked} asked by the hostile node, {passed} of them answered by right; {len(believed)} entries of tables changed")
    node = f"{scene.node.network}.node/{scene.node.name}"
    wanted = {f"{node}.firewall", f"{node}.routing", *(f"{node}.peer/{tunnel}/" for tunnel in scene.attack.tunnels)}
    wrong = drifted.named(scene.ref, wanted, alone=node) + drifted.mended(scene.ref)
    scene.hosts.wait_for_tunnels()
    for text in wrong:
        print(f"ISOLATED {text}")
    say("what was done to the node is named by a plan and mended by an apply")
    number = len(asking.differences) + len(believed) + len(wrong)
    print(f"{asking.checked} asked by a hostile laboratory, {number} wrong", flush=True)
    return not number
