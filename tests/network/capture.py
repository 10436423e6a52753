"""Reads every frame that passes in a namespace, with the VLAN tag that it had on the wire."""
import ipaddress
import select
import socket
import struct

from background import Background
from namespaces import inside

EVERYTHING = 3
SOL_PACKET, PACKET_AUXDATA, TAGGED = 263, 8, 0x10
AUXILIARY = struct.Struct("=IIIHHHH")
SO_RCVBUFFORCE = 33
IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806


class Frame:
    def __init__(self, interface, vlan, kind, payload):
        self.interface, self.vlan, self.kind, self.payload = interface, vlan, kind, payload

    def ends(self):
        """Source and target: of an IP packet its addresses, of ARP who asks and whom."""
        at = {IPV4: (12, 16, 4), IPV6: (8, 24, 16), ARP: (14, 24, 4)}.get(self.kind)
        if not at:
            return ()
        return tuple(ipaddress.ip_address(self.payload[begin:begin + at[2]]) for begin in at[:2])

    def udp(self):
        """Both ports, or nothing where it is something else."""
        begin = (self.payload[0] & 15) * 4 if self.kind == IPV4 else 40
        protocol = self.payload[9] if self.kind == IPV4 else self.payload[6] if self.kind == IPV6 else 0
        return struct.unpack_from("!HH", self.payload, begin) if protocol == socket.IPPROTO_UDP else None

    def icmpv6(self):
        return self.payload[40] if self.kind == IPV6 and self.payload[6] == socket.IPPROTO_ICMPV6 else None

    def said(self):
        return (f"{self.interface} {f'VLAN {self.vlan} ' if self.vlan else ''}type {self.kind:#06x} "
                + " -> ".join(map(str, self.ends())) + f" {self.payload[:40].hex()}")


class Capture(Background):
    """On one interface, or on all of the namespace."""
    def __init__(self, space, interface=None):
        super().__init__()
        with inside(space):
            self.socket = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(EVERYTHING))
        self.socket.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20)
        self.socket.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        if interface:
            self.socket.bind((interface, EVERYTHING))
        self.frames = []

    def __exit__(self, *_):
        super().__exit__()
        self.socket.close()

    def run(self):
        """Until it is told to end, and then what has come already: there is always more on its way."""
        while True:
            running = self.running
            ready = select.select([self.socket], [], [], 0.1 if running else 0)[0]
            if not ready and not running:
                return
            if ready:
                data, ancillary, _, address = self.socket.recvmsg(1 << 17, 256)
                self.frames.append(frame_of(data, ancillary, address[0]))


def frame_of(data, ancillary, interface):
    """The kernel takes the outer tag out of a frame and tells it beside; one inside another stays where it was."""
    kind, vlan, begin = int.from_bytes(data[12:14], "big"), None, 14
    for level, number, told in ancillary:
        if (level, number) == (SOL_PACKET, PACKET_AUXDATA):
            status, *_, tag, _ = AUXILIARY.unpack(told[:AUXILIARY.size])
            vlan = tag & 0xFFF if status & TAGGED else None
    if kind == 0x8100:
        vlan, kind, begin = int.from_bytes(data[14:16], "big") & 0xFFF, int.from_bytes(data[16:18], "big"), 18
    return Frame(interface, vlan, kind, data[begin:])
