"""Packets as bytes: those that no socket would send (a borrowed source address), and reading those that pass by."""
import ipaddress
import socket
import struct

SYN, RST, ACK = 0x02, 0x04, 0x10


def checksum(data):
    if len(data) % 2:
        data += b"\0"
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def datagram(source, target, protocol, body, sum_at):
    """An IP packet of either version around the body, with the body's checksum put where it belongs."""
    source, target = ipaddress.ip_address(source), ipaddress.ip_address(target)
    pseudo = source.packed + target.packed + struct.pack("!IHBB", len(body), 0, 0, protocol)
    if protocol == socket.IPPROTO_ICMP:
        pseudo = b""
    body = body[:sum_at] + struct.pack("!H", checksum(pseudo + body)) + body[sum_at + 2:]
    if source.version == 6:
        return struct.pack("!IHBB", 6 << 28, len(body), protocol, 64) + source.packed + target.packed + body
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 0, 0, 64, protocol, 0) + source.packed + target.packed + body


def tcp_syn(source, target, ports, sequence):
    return datagram(source, target, socket.IPPROTO_TCP,
                    struct.pack("!HHIIBBHHH", *ports, sequence, 0, 5 << 4, SYN, 64240, 0, 0), 16)


def udp(source, target, ports, payload):
    return datagram(source, target, socket.IPPROTO_UDP,
                    struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload, 6)


def echo_request(version, identifier, sequence, payload=b"cloison-lab-echo"):
    """The message alone; its checksum is right for IPv4, and the kernel's business for IPv6."""
    kind = 8 if version == 4 else 128
    message = struct.pack("!BBHHH", kind, 0, 0, identifier, sequence) + payload
    return message[:2] + struct.pack("!H", checksum(message)) + message[4:] if version == 4 else message


def icmp_echo(source, target, identifier, sequence):
    version = ipaddress.ip_address(target).version
    message = echo_request(version, identifier, sequence)
    return datagram(source, target, socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6,
                    message[:2] + b"\0\0" + message[4:], 2)


def split(packet):
    """(protocol, source, target, body) of an IP packet, or None. IPv6 extension headers are not followed."""
    if len(packet) >= 20 and packet[0] >> 4 == 4:
        return (packet[9], str(ipaddress.ip_address(packet[12:16])), str(ipaddress.ip_address(packet[16:20])),
                packet[4 * (packet[0] & 15):])
    if len(packet) >= 40 and packet[0] >> 4 == 6:
        return packet[6], str(ipaddress.ip_address(packet[8:24])), str(ipaddress.ip_address(packet[24:40])), packet[40:]
    return None


def meaning(packet):
    """What a probe can recognise itself by: yields (key, event) with event 'arrived', 'open' or 'closed'.

    Keys: ("tcp", sequence), ("udp", nonce: the first 8 bytes of what was sent) or ("udp ports", source, target), and
    ("icmp", identifier, sequence).
    """
    parts = split(packet)
    if parts is None:
        return
    protocol, _, _, body = parts
    if protocol == socket.IPPROTO_TCP and len(body) >= 20:
        sequence, acknowledged = struct.unpack("!II", body[4:12])
        flags = body[13]
        if flags & (SYN | ACK | RST) == SYN:
            yield ("tcp", sequence), "arrived"
        elif flags & RST and flags & ACK:
            yield ("tcp", (acknowledged - 1) & 0xFFFFFFFF), "closed"
        elif flags & (SYN | ACK) == SYN | ACK:
            yield ("tcp", (acknowledged - 1) & 0xFFFFFFFF), "open"
    elif protocol == socket.IPPROTO_UDP and len(body) >= 16:
        source, target = struct.unpack("!HH", body[:4])
        yield ("udp", body[8:16]), "arrived"
        yield ("udp ports", target, source), "open"
        if len(body) > 16:
            yield ("udp", body[-8:]), "open"  # responders put what they were sent behind what they say
    elif protocol in (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6) and len(body) >= 8:
        kind = body[0]
        if kind in (8, 128):
            yield ("icmp", *struct.unpack("!HH", body[4:8])), "arrived"
        elif kind in (0, 129):
            yield ("icmp", *struct.unpack("!HH", body[4:8])), "open"
        elif kind == 3 or (protocol == socket.IPPROTO_ICMPV6 and kind == 1):
            yield from ((key, "closed") for key in quoted(body[8:]))


def quoted(packet):
    """The keys of the packet that an ICMP error carries."""
    parts = split(packet)
    if parts is None or len(parts[3]) < 8:
        return
    protocol, _, _, body = parts
    if protocol == socket.IPPROTO_TCP:
        yield "tcp", struct.unpack("!I", body[4:8])[0]
    elif protocol == socket.IPPROTO_UDP:
        yield "udp ports", *struct.unpack("!HH", body[:4])
    elif protocol in (socket.IPPROTO_ICMP, socket.IPPROTO_ICMPV6):
        yield "icmp", *struct.unpack("!HH", body[4:8])
