"""Security groups as Neutron's own iptables driver has a real kernel do them, against what the proof makes of the same groups.

One namespace is the compute node: a bridge with a tap for each machine and an uplink. Neutron's code runs in it
(neutron_driver.py) and loads its rules; packets then go from machines and to them, at the edges of random groups
(neutron_draw.py), and answers to those that came. All frames have one receiver, also those to a group of addresses: rules
look at hardware addresses of senders alone.
"""
import argparse
import contextlib
import ipaddress
import json
import os
import random
import select
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lab", "parts"))

import frames  # noqa: E402  its folder is found by the line above
from frames import ICMP, ICMPV6, UDP, turned  # noqa: E402
from namespaces import batch, inside, settings  # noqa: E402
from neutron_draw import MACHINES, NETWORK, UPLINK, Draw, card, link_local  # noqa: E402

HERE = os.path.dirname(os.path.abspath(__file__))
BRIDGE, OUT = "brq" + NETWORK[:11], "uplink"


def tap(port):
    return "tap" + port[:11]


class Wire:
    """The node's namespace and that of all ends of its cables, with the sockets there."""

    def __init__(self):
        number = os.getpid() % 100000
        self.node, self.ends = f"ngr{number}-n", f"ngr{number}-e"
        self.sockets = {}

    def __enter__(self):
        batch(f"netns add {space}" for space in (self.node, self.ends))
        settings(self.node, {"netfilter/nf_conntrack_checksum": 0, "bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1})
        settings(self.ends, {"ipv6/conf/default/disable_ipv6": 1})
        batch([f"link add {BRIDGE} type bridge mcast_snooping 0", f"link set {BRIDGE} addrgenmode none up"], self.node)
        for name, hardware in [*((tap(port), card(port)) for port in MACHINES), (OUT, UPLINK)]:
            batch([f"link add name {name} netns {self.node} type veth peer name {name} address {hardware} netns {self.ends}"])
            batch([f"link set {name} arp off up"], self.ends)
            batch([f"link set {name} addrgenmode none master {BRIDGE} up", f"link set {name} type bridge_slave learning off flood off mcast_flood off"], self.node)
            subprocess.run(["bridge", "-n", self.node, "fdb", "replace", hardware, "dev", name, "master", "static"], check=True)
            with inside(self.ends):
                self.sockets[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                self.sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                self.sockets[name].bind((name, 3))
        return self

    def __exit__(self, *_):
        for one in self.sockets.values():
            one.close()
        batch((f"netns del {space}" for space in (self.node, self.ends)), force=True)

    def inside(self, *words):
        return ["ip", "netns", "exec", self.node, *words]

    def forget(self):
        subprocess.run(self.inside("conntrack", "-F"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def rules(self):
        return [line for family in ("iptables-save", "ip6tables-save") for line in subprocess.run(
            self.inside(family, "-t", "filter"), capture_output=True, text=True, check=True).stdout.splitlines() if line.startswith("-A")]

    def send(self, sent, seconds):
        """`sent`: number -> (from, to, frame). Numbers of those that arrive where they should."""
        for number, (name, _, frame) in sent.items():
            self.sockets[name].send(frame + frames.mark(number))
        arrived, until = set(), time.monotonic() + seconds
        while time.monotonic() < until:
            ready, _, _ = select.select(list(self.sockets.values()), [], [], max(0.0, until - time.monotonic()))
            for one in ready:
                frame, about = one.recvfrom(2048)
                number = frames.marked(frame)
                if about[2] != socket.PACKET_OUTGOING and number in sent and about[0] == sent[number][1]:
                    arrived.add(number)
            if ready:
                until = max(until, time.monotonic() + 0.03)
        return arrived


class Asked:
    """A program that answers a line of JSON with a line of JSON."""

    def __init__(self, *command, **more):
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, **more)

    def __call__(self, question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.process.args[-2:]} ended with status {self.process.wait()}")
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def versions(port):
    """Families of which it has an address, or may use one."""
    return {ipaddress.ip_network(one["ip_address"]).version for one in (*port["fixed_ips"], *port["allowed_address_pairs"])}


def hops(sender, receiver, packet, state):
    """What the proof is asked: whether it leaves its sender, and comes to its receiver. It knows no link-local addresses: under
    that of its card a machine may send what it may send under one of its own."""
    source, *rest = packet
    asked = []
    if sender:
        own = [one["ip_address"].split("/")[0] for one in (*sender["fixed_ips"], *sender["allowed_address_pairs"]) if ":" in one["ip_address"]]
        asked.append([sender["id"], "out", own[0] if own and source == link_local(sender["mac_address"]) else source, *rest, state])
    if receiver:
        asked.append([receiver["id"], "in", *packet, state])
    return asked


def besides(sender, hardware, packet):
    """Whether it passes, of those packets that are none in the proof; None of all others."""
    if not sender or not sender["port_security_enabled"]:
        return None
    source, destination, protocol, source_port, service = packet
    looked_at = not sender["fixed_ips"] or ipaddress.ip_address(source).version in versions(sender)
    if ipaddress.ip_address(source).is_unspecified:
        # Machines that have no address yet, or ask whether somebody has theirs, under any hardware address.
        discovery = (source, destination, protocol, source_port, service) == ("0.0.0.0", "255.255.255.255", UDP, 68, 67)
        neighbours = protocol == ICMPV6 and destination.startswith("ff02:") and service >> 8 in (131, 135, 143)
        if discovery or neighbours:
            return True
        if looked_at and sender["fixed_ips"]:
            return False
    return False if looked_at and hardware != sender["mac_address"] else None


def foretold(oracle, objects, packets, state):
    """By number, (least, most): whether it passes every card on its way."""
    questions, places = [], {}
    for number, (sender, receiver, _, packet) in packets.items():
        asked = hops(sender, receiver, packet, state)
        places[number] = range(len(questions), len(questions) + len(asked))
        questions += asked
    said = oracle({**objects, "packets": questions})
    if said["unknown"]:
        raise SystemExit(f"not known: {said['unknown']}")
    return {number: tuple(all(said[bound][at] for at in where) for bound in ("will", "may")) for number, where in places.items()}


def compare(wire, oracle, objects, packets, state):
    """Returns those that arrived, what differs, and how many the proof leaves open."""
    answers = state == "established"
    sent = {number: (tap(sender["id"]) if sender else OUT, tap(receiver["id"]) if receiver else OUT,
                     frames.frame(receiver["mac_address"] if receiver else UPLINK, hardware, packet, answers))
            for number, (sender, receiver, hardware, packet) in packets.items()}
    expected = foretold(oracle, objects, packets, state)
    for number, (sender, receiver, hardware, packet) in packets.items():
        known = besides(sender, hardware, packet)
        if known is not None and (not known or receiver is None):
            expected[number] = (known, known)
    arrived = wire.send(sent, 0.06)
    late = {number: sent[number] for number in packets if expected[number][0] and number not in arrived}
    if late and not answers:  # a busy machine is no filter
        arrived |= wire.send(late, 0.5)
    wrong = [(packets[number], state, number in arrived, expected[number]) for number in packets
             if (number in arrived) not in expected[number]]
    return arrived, wrong, sum(least != most for least, most in expected.values())


def answers_to(packets, arrived):
    """Answers go from where a packet came to whence it was sent."""
    back = {}
    for number in arrived:
        sender, receiver, _, packet = packets[number]
        if packet[2] not in (ICMP, ICMPV6) or packet[4] >> 8 == (8 if packet[2] == ICMP else 128):
            back[number] = (receiver, sender, receiver["mac_address"] if receiver else UPLINK, turned(packet))
    return back


def told(packet):
    sender, receiver, hardware, fields = packet
    return f"{sender['name'] if sender else OUT} ({hardware}) -> {receiver['name'] if receiver else OUT}: {fields}"


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--oracle", required=True)
    options.add_argument("--sets", type=int, default=25)
    options.add_argument("--packets", type=int, default=100)
    options.add_argument("--planted", type=int, default=4, help="sets of which the proof is shown one rule too few, where that matters: it must show")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = options.parse_args()
    if not os.path.isdir("/proc/sys/net/bridge"):
        raise SystemExit("this kernel shows rules nothing of what a bridge forwards: modprobe br_netfilter")
    print(f"seed {given.seed}", flush=True)
    count, planted = Counter(), Counter()
    with contextlib.ExitStack() as stack:
        wire, locks = stack.enter_context(Wire()), stack.enter_context(tempfile.TemporaryDirectory())
        driver = stack.enter_context(contextlib.closing(Asked(*wire.inside("/usr/bin/python3", "-B", os.path.join(HERE, "neutron_driver.py"), locks))))
        oracle = stack.enter_context(contextlib.closing(Asked(given.oracle)))
        for number in range(given.planted + given.sets):
            drawn = Draw(random.Random(given.seed * 1000003 + number))
            if number < given.planted:
                one_set(wire, driver, oracle, drawn, given.packets, planted, planted=True)
            else:
                for line in one_set(wire, driver, oracle, drawn, given.packets, count):
                    print(line)
    print(f"{planted['differ']} of {planted['hidden']} planted mistakes show")
    print(f"{given.sets} sets of groups by Neutron's driver in a kernel, {count['rules']} rules, {count['asked']} packets asked, {count['passed']} passed, "
          f"{count['answered']} answers passed, {count['open']} left open, {count['differ']} sets differ")
    found = planted["differ"] == planted["hidden"] and (planted["hidden"] or not given.planted)
    return 0 if found and not count["differ"] and 0 < count["passed"] < count["asked"] else 1


def rule_that_matters(oracle, drawn, kept, size):
    """A rule without which the proof says something else of some packets, and these; (None, {}) where there is none."""
    for rule in kept:
        packets = drawn.packets([rule], size)
        whole = foretold(oracle, drawn.objects(kept), packets, "fresh")
        less = foretold(oracle, drawn.objects([one for one in kept if one is not rule]), packets, "fresh")
        if any(least and not less[number][1] for number, (least, _) in whole.items()):
            return rule, packets
    return None, {}


def one_set(wire, driver, oracle, drawn, size, count, planted=False):
    """Lines about what differs. `planted`: a rule that matters is hidden from the proof."""
    kept = [rule for rule in driver(drawn.objects(drawn.asked))["rules"] if rule]
    wire.forget()
    hidden, packets = rule_that_matters(oracle, drawn, kept, size) if planted else (None, drawn.packets(kept, size))
    objects = drawn.objects([rule for rule in kept if rule is not hidden])
    count["hidden"] += hidden is not None
    arrived, wrong, left = compare(wire, oracle, objects, packets, "fresh")
    back = answers_to(packets, arrived)
    came, wrong_back, left_back = compare(wire, oracle, objects, back, "established")
    wrong += wrong_back
    count.update(rules=len(kept), asked=len(packets) + len(back), passed=len(arrived), answered=len(came), open=left + left_back, differ=bool(wrong))
    if not wrong:
        return []
    said = [f"DIFFERS with {len(wrong)} packets:", *(f"  {json.dumps(one)}" for one in drawn.ports + kept), *(f"  {line}" for line in wire.rules())]
    return said + [f"  {state} {told(packet)}: passes the kernel {in_kernel}; at least {least}, at most {most}"
                   for packet, state, in_kernel, (least, most) in wrong[:8]]


if __name__ == "__main__":
    sys.exit(main())
