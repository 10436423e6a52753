"""Frames with a number at their end, for packets that a proof is asked about: (source, destination, protocol, source port, service).

As in core/model/packet.h, the service is the destination port, or type * 256 + code of ICMP.
"""
import ipaddress
import struct

TCP, UDP, ICMP, ICMPV6, ESP, SCTP = 6, 17, 1, 58, 50, 132
MARK = b"prf:"
MARK_LENGTH = len(MARK) + 4


def mark(number):
    return MARK + struct.pack("!I", number)


def marked(frame):
    """The number of a frame that came, or None."""
    at = frame.rfind(MARK)
    return struct.unpack("!I", frame[at + 4:at + 8])[0] if at >= 0 and len(frame) >= at + MARK_LENGTH else None


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def payload(protocol, source_port, service, answers):
    if protocol == TCP:
        return struct.pack("!HHIIBBHHH", source_port, service, 1, 2 if answers else 0, 5 << 4, 0x12 if answers else 0x02, 1024, 0, 0)
    if protocol == UDP:
        return struct.pack("!HHHH", source_port, service, 8 + MARK_LENGTH, 0)
    if protocol in (ICMP, ICMPV6):
        return struct.pack("!BBHHH", service >> 8, service & 255, 0, 77, 1)
    if protocol == SCTP:  # INIT, or INIT ACK under its tag; the mark is in the chunk
        return struct.pack("!HHIIBBHIIHHI", source_port, service, 9 if answers else 0, 0, 2 if answers else 1, 0, 20 + MARK_LENGTH, 9, 1024, 1, 1, 1)
    return struct.pack("!II", 1, 1)


def frame(to, sender, packet, answers=False):
    """All but the mark. `to`, `sender`: hardware addresses."""
    source, destination, protocol, source_port, service = packet
    body = payload(protocol, source_port, service, answers)
    length = len(body) + MARK_LENGTH
    ends = ipaddress.ip_address(source).packed, ipaddress.ip_address(destination).packed
    hardware = bytes.fromhex((to + sender).replace(":", ""))
    if ":" in source:
        return hardware + b"\x86\xdd" + struct.pack("!IHBB", 6 << 28, length, protocol, 60) + ends[0] + ends[1] + body
    header = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 7, 0x4000, 60, protocol, 0) + ends[0] + ends[1]
    return hardware + b"\x08\x00" + header[:10] + struct.pack("!H", checksum(header)) + header[12:] + body


def turned(packet):
    """The answer to it; of ICMP, that to an echo request."""
    source, destination, protocol, source_port, service = packet
    if protocol in (ICMP, ICMPV6):
        return destination, source, protocol, 0, (0 if protocol == ICMP else 129 << 8) + (service & 255)
    return destination, source, protocol, service, source_port
