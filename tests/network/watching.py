"""Which interfaces of the lab's hosts packets and their answers pass, and by which outer ones tunnels leave.

On every host all interfaces are read at once. Inner packets are known by protocol, addresses and port; those of tunnels by the
port of theirs on the host."""
import collections
import ipaddress
import re
import selectors
import socket
import struct
import threading

from namespaces import Failure, inside, run

ETH_P_ALL, IPV4, IPV6 = 3, 0x0800, 0x86DD
HOST, OUTGOING = 0, 4  # to this host, from it; what a switch floods to others is no way
SO_RCVBUFFORCE = 33
PROTOCOLS = {1: "icmp", 58: "icmp", 6: "tcp", 17: "udp"}
ESP, ISAKMP, NAT = 50, 500, 4500
WIREGUARD_DATA = 4
OUTER = re.compile(r"^w(w)?an\d+$")
LEFT_OUT = re.compile(r"^(lo$|mgmt0$|lan0$|port[1-9]|ovs-|br-)")  # what carries the interfaces that a way names
IPSEC = "ipsec0"  # where the kernel has no ESP, strongSwan has one interface for all connections


def packet_of(payload):
    """(protocol, source, target, source port, target port or kind of message)."""
    version = payload[0] >> 4
    if version == 4:
        number, begin, ends = payload[9], (payload[0] & 15) * 4, (payload[12:16], payload[16:20])
    elif version == 6:
        number, begin, ends = payload[6], 40, (payload[8:24], payload[24:40])
    else:
        return None
    if number == ESP:
        return "esp", *map(ipaddress.ip_address, ends), 0, 0
    if number not in PROTOCOLS or len(payload) < begin + 8:
        return None
    ports = struct.unpack_from("!HH", payload, begin) if number in (6, 17) else (0, payload[begin])
    return PROTOCOLS[number], *map(ipaddress.ip_address, ends), *ports


class Watching:
    """`keys`: (protocol, source, target, port) of what is asked. `mates`: hosts of which it does not matter whether they or
    those in whose place they stand are passed."""
    def __init__(self, there, keys, mates):
        self.hosts, self.mates = there, mates
        self.keys = {(protocol, ipaddress.ip_address(source), ipaddress.ip_address(target), port): (protocol, source, target, port)
                     for protocol, source, target, port in keys}
        self.there, self.back = collections.defaultdict(set), collections.defaultdict(set)
        self.left = collections.defaultdict(set)  # (host, port) -> outer interfaces by which a tunnel's packets left
        self.listening, self.interfaces = {}, {}
        self.selector, self.running = selectors.DefaultSelector(), True

    def __enter__(self):
        for name in self.hosts.names:
            space = self.hosts.ref.space(name)
            try:
                links = run("ip", "-n", space, "-br", "link")
                with inside(space):
                    sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            except (Failure, OSError):
                continue  # without power
            self.interfaces[name] = {line.split()[0].partition("@")[0] for line in links.splitlines()}
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
            sock.setblocking(False)
            self.selector.register(sock, selectors.EVENT_READ, name)
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        for name in self.interfaces:
            for line in self.hosts.shell(name, "wg show all listen-port 2>/dev/null || :").splitlines():
                tunnel, port = line.split()
                self.listening[name, tunnel] = int(port)

    def read(self):
        while True:
            running = self.running
            ready = self.selector.select(0.1 if running else 0)
            if not ready and not running:
                return
            for key, _ in ready:
                for _ in range(200):
                    try:
                        data, address = key.fileobj.recvfrom(256)
                    except BlockingIOError:
                        break
                    self.take(key.data, address, data)

    def take(self, name, address, data):
        interface, _, direction, *_ = address
        if direction not in (HOST, OUTGOING) or address[1] not in (IPV4, IPV6) or len(data) < 28:
            return
        packet = packet_of(data)
        if not packet:
            return
        protocol, source, target, from_port, to_port = packet
        if protocol == "icmp":
            from_port = to_port = 0
        there, back = self.keys.get((protocol, source, target, to_port)), self.keys.get((protocol, target, source, from_port))
        if protocol == "icmp" and there and back is None and data[(data[0] & 15) * 4 if data[0] >> 4 == 4 else 40] not in (8, 128):
            there = None
        if there:
            self.there[there].add((name, interface))
        if back:
            self.back[back].add((name, interface))
        if direction == OUTGOING and OUTER.match(interface):
            self.outer(name, interface, protocol, from_port, data)

    def outer(self, name, interface, protocol, port, data):
        if protocol == "esp":
            self.left[name, NAT].add(interface)
        if protocol != "udp":
            return
        begin = ((data[0] & 15) * 4 if data[0] >> 4 == 4 else 40) + 8
        body = data[begin:begin + 4]
        if port == NAT and body != bytes(4) and len(data) > begin + 8 or body[:1] == bytes([WIREGUARD_DATA]) and port not in (NAT, ISAKMP):
            self.left[name, port].add(interface)

    # --- comparing --------------------------------------------------------------------------------------------------
    def host_of(self, where):
        name = where.partition("node/")[2] or where.removesuffix(".node").rpartition(".")[2]
        return name if name in self.hosts.names else None

    def named(self, name, interface):
        known = self.interfaces.get(name, ())
        return IPSEC if interface not in known and interface.startswith("vpn-") else interface

    def alike(self, name, interface):
        """Of hosts that stand in for each other, the first; of tunnels to them, what they have in common."""
        return (self.mates.get(name, name), re.sub(r"-\d+$", "", interface)) if self.mates else (name, interface)

    def expected(self, way):
        found = set()
        for step in way:
            name = self.host_of(step["where"])
            if name and step["what"] in ("forwarded", "leaves"):
                found |= {self.alike(name, self.named(name, interface)) for interface in (step["in"], step["out"]) if interface}
        return found

    def differs(self, key, there, back):
        """What is otherwise than foretold of a packet that was answered; "" if nothing is. `there`, `back`: ways of which it
        takes one."""
        for what, passed, ways in (("packets", self.there[key], there), ("answers", self.back[key], back)):
            seen = {self.alike(name, interface) for name, interface in passed if not LEFT_OUT.match(interface)}
            taken = next((way for way in ways if self.expected(way) == seen), None)
            if taken is None:
                return f"its {what} passed {said(seen)}, foretold {' or '.join(said(self.expected(way)) for way in ways) or 'no way'}"
            wrong = self.wrong_outer(taken)
            if wrong:
                return wrong
        return ""

    def wrong_outer(self, way):
        """Tunnels leave by the first of the outer interfaces that are foretold; connections of IPsec share their host's port, so
        there it is one of those that are used."""
        for step in way:
            name = self.host_of(step["where"])
            if step["what"] != "sent" or not step["by"] or name is None:
                continue
            ports = {place: port for place, port in self.listening.items() if self.alike(*place) == self.alike(name, step["out"])}
            left = set().union(*(self.left[host, port] for (host, _), port in ports.items())) if ports else \
                set().union(*(self.left[host, NAT] for host in self.interfaces if self.mates.get(host, host) == self.mates.get(name, name)))
            if step["by"][0] not in left or ports and left != {step["by"][0]}:
                return f"tunnel {step['out']} of {name} left by {sorted(left)}, foretold {step['by'][0]}"
        return ""

    def said(self):
        """The tunnels that were used, the most used first."""
        tunnels = collections.Counter(re.sub(r"-\d+$", "", interface) for seen in self.there.values() for _, interface in seen
                                      if interface.startswith(("wan-", "vpn-", IPSEC, "tablets")))
        return ", ".join(f"{name} ({number})" for name, number in tunnels.most_common()) or "no tunnel"


def said(seen):
    return " ".join(f"{name}:{interface}" for name, interface in sorted(seen)) or "no host"
