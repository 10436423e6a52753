"""Rules of nftables in a real kernel against what the proof makes of them: random rules, packets at their edges.

One namespace sends, one filters, one receives; what begins a connection and what answers it are asked both. The rules are
read in the words in which they were written and in those in which nft lists them, and both must say the same.
"""
import argparse
import ipaddress
import json
import os
import random
import select
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lab", "parts"))

import frames  # noqa: E402
from frames import ESP, ICMP, ICMPV6, TCP, UDP, turned  # noqa: E402
from namespaces import batch, inside, run, settings  # noqa: E402  its folder is found by the line above

NEAR, FAR = ("lan", "dmz"), ("wan", "far")  # interfaces of the filter, towards the sender and the receiver
NETS = {"lan": ("10.1.0.0/16", "fd00:1::/32"), "dmz": ("10.2.0.0/16", "fd00:2::/32"),
        "wan": ("10.100.0.0/16", "fd00:100::/32"), "far": ("10.200.0.0/16", "fd00:200::/32")}


def card(name, end):
    return f"02:00:00:00:0{(*NEAR, *FAR).index(name)}:0{end}"


class Wire:
    """Three namespaces and the sockets in them."""

    def __init__(self):
        number = os.getpid() % 100000
        self.sender, self.filter, self.receiver = (f"prf{number}-{which}" for which in "sfr")
        self.sockets = {}

    def __enter__(self):
        batch(f"netns add {space}" for space in (self.sender, self.filter, self.receiver))
        for name in (*NEAR, *FAR):
            other = self.sender if name in NEAR else self.receiver
            batch([f"link add name {name} address {card(name, 1)} netns {self.filter} type veth peer name {name} address {card(name, 2)} netns {other}"])
            batch([f"link set {name} arp off up"], other)
            batch([f"link set {name} up"], self.filter)
        settings(self.filter, {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/rp_filter": 0,
                               **{f"ipv4/conf/{name}/rp_filter": 0 for name in (*NEAR, *FAR)},
                               "netfilter/nf_conntrack_checksum": 0})
        for number, name in enumerate((*NEAR, *FAR), 1):
            batch([f"addr add 192.0.2.{4 * number + 1}/30 dev {name}",
                   f"neigh add 192.0.2.{4 * number + 2} lladdr {card(name, 2)} dev {name} nud permanent",
                   f"neigh add fe80::2 lladdr {card(name, 2)} dev {name} nud permanent",
                   f"route add {NETS[name][0]} via 192.0.2.{4 * number + 2} dev {name}",
                   f"route add {NETS[name][1]} via fe80::2 dev {name}"], self.filter)
            with inside(self.sender if name in NEAR else self.receiver):
                self.sockets[name] = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
                self.sockets[name].setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
                self.sockets[name].bind((name, 3))
        return self

    def __exit__(self, *_):
        for one in self.sockets.values():
            one.close()
        batch((f"netns del {space}" for space in (self.sender, self.filter, self.receiver)), force=True)

    def load(self, rules, sets):
        lines = ["flush ruleset", "table inet t {"]
        for line in sets:
            name, kind, *elements = line.split()
            lines.append(f"set {name} {{ type {kind}; flags interval; elements = {{ {', '.join(elements)} }} }}")
        lines += ["chain forward { type filter hook forward priority filter; policy drop;", *rules, "}", "}"]
        self.nft("-f", "-", text="\n".join(lines) + "\n")
        subprocess.run(["ip", "netns", "exec", self.filter, "conntrack", "-F"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    def nft(self, *words, text=None):
        return run("ip", "netns", "exec", self.filter, "nft", *words, text=text)

    def listed(self):
        said = self.nft("-s", "-nn", "list", "chain", "inet", "t", "forward").splitlines()
        return [line.strip() for line in said[2:] if line.strip() not in ("}", "") and not line.strip().startswith("type filter")]

    def send(self, packets, seconds):
        """Numbers of those that arrive on the other side."""
        for number, (name, _, frame) in packets.items():
            self.sockets[name].send(frame + frames.mark(number))
        arrived, until = set(), time.monotonic() + seconds
        ends = {self.sockets[name] for name in (*NEAR, *FAR)}
        while time.monotonic() < until:
            ready, _, _ = select.select(ends, [], [], max(0.0, until - time.monotonic()))
            for one in ready:
                frame, about = one.recvfrom(2048)
                number = frames.marked(frame)
                # An error about a packet holds a part of it, and comes back to where it was sent.
                if about[2] != socket.PACKET_OUTGOING and number in packets and about[0] == packets[number][1]:
                    arrived.add(number)
            if not ready:
                break
            until = max(until, time.monotonic() + 0.03)
        return arrived


def frame(name, packet, answers=False):
    return frames.frame(card(name, 1), card(name, 2), packet, answers)


# --- Rules and packets ----------------------------------------------------------------------------------------------
class Draw:
    """One filter, with packets at the edges of what its rules look at."""

    def __init__(self, dice):
        self.dice, self.edges, self.ports = dice, {4: set(), 6: set()}, {1, 80, 443, 65535}
        self.known, self.sets, self.samples, self.sample = {}, [], [], {}
        for version, kind in ((4, "ipv4_addr"), (6, "ipv6_addr")):
            # The elements of a set do not overlap.
            self.sets.append(f"set{version} {kind} " + " ".join(sorted({self.prefix(version, 0, 24 if version == 4 else 64), self.address(version, 1)})))
        self.rules = [self.rule() for _ in range(dice.randint(1, 12))]
        if dice.random() < 0.6:
            self.rules.insert(0, "ct state established,related accept")

    def net(self, version, which):
        name = self.dice.choice(NEAR if which == 0 else FAR)
        return ipaddress.ip_network(NETS[name][0 if version == 4 else 1])

    def address(self, version, which):
        known = self.known.setdefault((version, which), [])
        if len(known) > 3 and self.dice.random() < 0.8:  # few, so that packets meet rules
            self.sample[which] = self.dice.choice(known)
            return str(self.sample[which])
        found = self.sample[which] = self.net(version, which)[self.dice.randrange(1, 1 << 14)]
        known.append(found)
        self.edges[version] |= {found, found + 1, found - 1}
        return str(found)

    def prefix(self, version, which, length=0):
        length = length or self.dice.choice((16, 20, 24, 31) if version == 4 else (32, 64, 112, 127))
        net = ipaddress.ip_network(f"{self.address(version, which)}/{length}", strict=False)
        self.edges[version] |= {net[0], net[-1], net[0] - 1, net[-1] + 1}
        return str(net)

    def some(self, version, which):
        """Addresses, in one of the ways in which a rule can name them."""
        kind = self.dice.randrange(6)
        if kind == 0:
            return self.address(version, which)
        if kind == 1:
            low, high = sorted((ipaddress.ip_address(self.address(version, which)), ipaddress.ip_address(self.address(version, which))))
            return f"{low}-{high}" if low != high else str(low)
        if kind == 2:
            return "{ " + ", ".join(sorted({self.address(version, which) for _ in range(3)})) + " }"
        if kind == 3:
            return f"@set{version}"
        return ("!= " if self.dice.random() < 0.25 else "") + self.prefix(version, which)

    def port(self):
        low = self.dice.choice((22, 80, 443, 5000, 40000))
        high = low + self.dice.choice((0, 0, 1, 100))
        self.ports |= {low, high, low - 1, high + 1}
        self.sample["port"] = self.dice.choice((low, high))
        return str(low) if low == high else f"{low}-{high}"

    def transport(self, version):
        kind = self.dice.randrange(9)
        if kind < 3:
            return f"tcp dport {self.port()} "
        if kind == 3:
            return f"udp dport {{ {self.port()}, 7 }} "
        if kind == 4:
            return f"udp sport {self.port()} udp dport {self.port()} "
        if kind == 5:
            return "icmp type echo-request " if version == 4 else "icmpv6 type echo-request "
        if kind == 6:
            return self.dice.choice(("meta l4proto { tcp, udp } ", "meta l4proto 50 ", "meta l4proto != tcp "))
        return ""

    def interfaces(self, word, names):
        kind = self.dice.randrange(6)
        if kind < 2:
            return ""
        one = f'"{self.dice.choice(names)}"'
        return f"{word} " + {2: one, 3: f'{{ "{names[0]}", "{names[1]}" }}', 4: f"!= {one}", 5: one}[kind] + " "

    def rule(self):
        version = self.dice.choice((4, 4, 6))
        self.sample = {"version": version}
        word = "ip" if version == 4 else "ip6"
        text = self.interfaces("iifname", NEAR) + self.interfaces("oifname", FAR)
        if self.dice.random() < 0.7:
            text += f"{word} saddr {self.some(version, 0)} "
        if self.dice.random() < 0.7:
            text += f"{word} daddr {self.some(version, 1)} "
        if f"{word} " not in text and self.dice.random() < 0.5:
            text += f"meta nfproto ipv{version} "
        text += self.transport(version if f"{word} " in text or "nfproto" in text else 4)
        text += self.dice.choice(("ct state new ", "ct state new ", "", "ct state { new, established } ", "ct state established,related "))
        text += self.dice.choice(("accept", "accept", "accept", "drop", "reject", "counter accept"))
        self.sample["protocol"] = next((number for word, number in (("tcp dport", TCP), ("udp", UDP), ("icmp type", ICMP), ("icmpv6", ICMPV6), ("l4proto 50", ESP))
                                        if word in text), None)
        self.samples.append(self.sample)
        return text + (' comment "F-1"' if self.dice.random() < 0.3 else "")

    def packet(self):
        """Mostly one that some rule is about, in all its fields or in all but one or two."""
        about = self.dice.choice(self.samples) if self.dice.random() < 0.7 else {}
        version = about.get("version") or self.dice.choice((4, 4, 6))

        def end(names, which):
            nets = [ipaddress.ip_network(NETS[name][0 if version == 4 else 1]) for name in names]
            edges = [one for one in self.edges[version] if any(one in net for net in nets)]
            found = about.get(which) if self.dice.random() < 0.85 else None
            if found is None or not any(found in net for net in nets):
                found = self.dice.choice(sorted(edges)) if edges and self.dice.random() < 0.85 else self.dice.choice(nets)[self.dice.randrange(1, 1 << 15)]
            return str(found), next(name for name, net in zip(names, nets) if found in net)
        source, near = end(NEAR, 0)
        destination, far = end(FAR, 1)
        protocol = about.get("protocol") if self.dice.random() < 0.85 else None
        protocol = protocol or self.dice.choice((TCP, TCP, UDP, UDP, ICMP if version == 4 else ICMPV6, ESP))
        if (protocol, version) in ((ICMP, 6), (ICMPV6, 4)):
            protocol = TCP
        ports = [self.dice.choice(sorted(self.ports)) for _ in range(2)] if protocol in (TCP, UDP) else [0, 0]
        if protocol in (TCP, UDP) and "port" in about and self.dice.random() < 0.8:
            ports[1] = about["port"]
        if protocol in (ICMP, ICMPV6):
            ports[1] = (8 if version == 4 else 128) << 8
        # A sender need not be where its address is.
        return (self.dice.choice((near, near, *NEAR)), far, (source, destination, protocol, *ports))


class Oracle:
    def __init__(self, program):
        self.process = subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, rules, sets, near, far, packets, state):
        question = {"rules": rules, "sets": sets, "in": near, "out": far, "packets": [["", *packet, state] for packet in packets]}
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        said = json.loads(self.process.stdout.readline())
        if said["unknown"]:
            raise SystemExit(f"not known: {said['unknown']}\n" + "\n".join(rules))
        return said["passes"]


def predicted(oracle, rules, drawn, packets, state):
    """By number, whether it passes; `packets`: number -> (in, out, packet)."""
    found, ways = {}, {}
    for number, (near, far, packet) in packets.items():
        ways.setdefault((near, far), []).append((number, packet))
    for (near, far), some in ways.items():
        found.update(zip((number for number, _ in some), oracle.ask(rules, drawn.sets, near, far, [packet for _, packet in some], state)))
    return found


def compare(wire, oracle, drawn, packets, answers, state):
    """Packets sent and expected: `answers` for the way back. Returns those that arrived, and what differs."""
    frames = {number: (name, other, frame(name, packet, answers)) for number, (name, other, packet) in packets.items()}
    arrived = wire.send(frames, 0.1)
    written = predicted(oracle, drawn.rules[drawn.planted:], drawn, packets, state)
    listed = predicted(oracle, wire.listed(), drawn, packets, state)
    # A busy machine is no filter.
    late = {number: frames[number] for number in packets if written[number] and number not in arrived}
    if late and not answers:
        arrived |= wire.send(late, 0.5)
    wrong = [(packets[number], state, number in arrived, written[number], listed[number]) for number in packets
             if not (number in arrived) == written[number] == listed[number]]
    return arrived, wrong


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--oracle", required=True)
    options.add_argument("--filters", type=int, default=25)
    options.add_argument("--packets", type=int, default=80)
    options.add_argument("--planted", action="store_true", help="the proof is asked about filters without their first rule: that must show")
    options.add_argument("--seed", type=int, default=random.randrange(1 << 32))
    given = options.parse_args()
    print(f"seed {given.seed}")
    oracle, asked, passed, answered, failed = Oracle(given.oracle), 0, 0, 0, 0
    with Wire() as wire:
        for number in range(given.filters):
            drawn = Draw(random.Random(given.seed * 1000003 + number))
            drawn.planted = 1 if given.planted else 0
            wire.load(drawn.rules, drawn.sets)
            # One packet of each connection: a second one would belong to it.
            packets, seen = {}, set()
            for index in range(given.packets):
                one = drawn.packet()
                key = (one[2][:3] if one[2][2] not in (TCP, UDP) else one[2])
                if key not in seen and turned(one[2]) not in seen:
                    seen |= {key, turned(one[2])}
                    packets[index] = one
            arrived, wrong = compare(wire, oracle, drawn, packets, False, "fresh")
            back = {index: (packets[index][1], where(packets[index][2][0]), turned(packets[index][2])) for index in arrived if packets[index][2][2] != ESP}
            came, wrong_back = compare(wire, oracle, drawn, back, True, "established")
            asked, passed, answered = asked + len(packets) + len(back), passed + len(arrived), answered + len(came)
            if wrong or wrong_back:
                failed += 1
                if given.planted:
                    continue
                print(f"DIFFERS in filter {number}:", *wire.nft("list", "ruleset").splitlines(), sep="\n  ")
                for packet, state, in_kernel, written, listed in (wrong + wrong_back)[:5]:
                    print(f"  {state} {packet}: passes the kernel {in_kernel}; as written {written}, as listed {listed}")
    print(f"{given.filters} filters in a kernel, {asked} packets asked, {passed} passed, {answered} answers passed, {failed} filters differ")
    return 1 if bool(failed) != given.planted or not passed or passed == asked else 0


def where(address):
    """On whose side of the filter an address is."""
    return next(name for name, nets in NETS.items() for net in nets if ipaddress.ip_address(address) in ipaddress.ip_network(net))


if __name__ == "__main__":
    sys.exit(main())
