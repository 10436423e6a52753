"""What others see of a laboratory: the provider sees tunnels and nothing inside them, a trunk sees each segment under its tag,
and a node's private key is seen by nobody.

While all of that is captured, a machine sends the portal words that are known and gets them back. The same search that must
find nothing at the provider must find them on the trunk, so that one which finds nothing anywhere is no proof.
"""
import ipaddress
import os
import socket
import time

import hosts
import places
import reference
from capture import Capture
from namespaces import inside
from secrets_kept import keys_kept
from stream import Connection

TUNNELS = {500, 4500, *range(51820, 51840)}
SPOKEN = 200  # lines of 512 bytes
DISCOVERY = range(130, 144)  # of ICMPv6: who listens, who routes, who is there


class Words:
    """Random ones, so that what is found is found for no other reason."""
    def __init__(self):
        self.block = os.urandom(16).hex().encode()
        self.line = self.block * 16

    def within(self, data):
        """Also where a packet begins or ends in the middle of a block."""
        twice = self.block * 2
        return any(twice[begin:begin + 16] in data for begin in range(len(self.block)))


def fetch(connection, words):
    """The responder gives back what it got, so the words pass in both directions."""
    for _ in range(SPOKEN):
        connection.socket.send(words.line + b"\n")
        if connection.line() != words.line:
            raise reference.Failed("the portal did not give back what it was sent")


def call_for_somebody(space, address):
    """Makes a machine ask its whole segment, so that a frame of it passes the trunk although all who answer are on its node."""
    with inside(space), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asker:
        try:
            asker.sendto(b"", (address, 9))
        except OSError:
            pass


def at_the_provider(frames, words, nets, pairs):
    """What should not be there, each with its frame."""
    for frame in frames:
        if words.within(frame.payload):
            yield "words of the connection", frame
        elif any(end in net for end in frame.ends() for net in nets if end.version == net.version):
            yield "an inner address", frame
        elif any(pair in frame.payload for pair in pairs):
            yield "inner addresses within a packet", frame
        elif frame.kind in (0x0800, 0x86DD) and frame.icmpv6() not in DISCOVERY and not set(frame.udp() or ()) & TUNNELS:
            yield "no packet of a tunnel", frame


def on_the_trunk(frames, tags):
    """Frames with an address of a segment under another tag than the segment's."""
    for frame in frames:
        for net, tag in tags.items():
            if any(end in net for end in frame.ends() if end.version == net.version and frame.kind != 0x86DD) and frame.vlan != tag:
                yield f"tag {frame.vlan} instead of {tag}", frame


def pairs_of(*addresses):
    """As they stand in the header of an inner packet, in both directions."""
    one, other = (ipaddress.ip_address(address).packed for address in addresses)
    return one + other, other + one


class Scene:
    def __init__(self, ref):
        self.ref, self.topo, self.hosts = ref, places.read(ref), hosts.Hosts(ref)
        self.node = next(node for node in self.topo.nodes if node.key)
        self.machines = {machine.path: machine for machine in self.topo.machines}
        loads = {path: load for load in ref.inventory()["workloads"] for path in load["called"]}
        self.analyser, self.database = (loads[f"{self.node.network}.{name}"]["namespace"] for name in ("lan", "local.db"))
        self.source = places.global_addresses(self.analyser, "eth0")[0]
        self.portal = self.machines["cloud.production.app.portal-1"].addresses[0]

    def tags(self):
        """The prefixes of the laboratory's segments on the trunk, and the tags of the inventory's own table."""
        row = next(row for row in self.topo.rows("labs.csv") if row["name"] == self.node.key)
        nets = {segment.path.rpartition(".")[2]: segment.nets for segment in self.node.segments}
        return {net: int(row[column]) for name, column in (("lan", "vlan"), ("local", "vlan_db")) for net in nets[name]}

    def underlay(self, host):
        """The provider's end of a host's fibre."""
        cable = next(cable for cable in self.hosts.lab.network.host(host).cables if cable.what == "fibre")
        return cable.far[1]


def connected(scene, patience=60):
    """A connection to the portal, once the laboratory's way there stands."""
    until = time.monotonic() + patience
    while True:
        try:
            return Connection(scene.analyser, scene.portal, 443)
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(1)


def looked_at(scene, words):
    """(frames at the provider, frames on the trunk) while the laboratory speaks."""
    ends = {scene.underlay(name) for name in (scene.node.name, "hub-1")}
    # A connection that is there already: its neighbours are known, and what is captured begins with words.
    connection = connected(scene)
    free = str(next(iter(scene.machines[f"{scene.node.network}.local.db"].segment.nets))[-2])
    with Capture(scene.ref.space("fibre")) as outside, Capture(scene.ref.space(scene.node.name), "lan0") as inside_it:
        call_for_somebody(scene.database, free)
        fetch(connection, words)
    connection.close()
    return [frame for frame in outside.frames if frame.interface in ends], inside_it.frames


def prove(ref, everything, say):
    scene, words = Scene(ref), Words()
    outside, trunk = looked_at(scene, words)
    nets = [ipaddress.ip_network(text) for block in (*scene.topo.raw["environments"].values(), *scene.topo.raw["address_pools"].values())
            for text in places.topology.as_list(block.get("address_space", block.get("cidr")))]
    tags, pairs = scene.tags(), pairs_of(scene.source, scene.portal)
    found = [*at_the_provider(outside, words, nets, pairs), *on_the_trunk(trunk, tags)]
    for what, frame in found[:10]:
        print(f"WIRE {what}: {frame.said()}")
    carried = sum(len(frame.payload) for frame in outside if frame.udp())
    seen = {net: sum(any(end in net for end in frame.ends() if end.version == net.version) for frame in trunk) for net in tags}
    spoken = sum(words.within(frame.payload) for frame in trunk)
    # What the database calls stays on its node: machines of its segment are kept apart.
    physical = {net for segment in scene.node.segments if segment.path.endswith(".lan") for net in segment.nets}
    if carried < 2 * SPOKEN * len(words.line) or not spoken or not all(seen[net] for net in physical):
        raise reference.Failed(f"too little was captured: {carried} bytes in tunnels, {spoken} frames with words, {seen}")
    say(f"{len(outside)} frames at the provider, {carried} bytes of them in tunnels; on the trunk {len(trunk)}, {spoken} with words; "
        + ", ".join(f"{number} of {net} under tag {tags[net]}" for net, number in seen.items()))
    kept, places_searched = keys_kept(ref, scene.hosts, everything)
    for text in kept:
        print(f"WIRE {text}")
    print(f"{len(outside) + len(trunk)} frames, {places_searched} places searched for private keys, {len(found) + len(kept)} wrong", flush=True)
    return not found and not kept
