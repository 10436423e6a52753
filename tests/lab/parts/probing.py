"""Sends probes from namespaces and says what became of each: open, closed, filtered or no-route.

  open      the far end answered: a TCP connection, a UDP datagram back, an echo reply
  closed    it, or a router on the way, refused: a reset, an ICMP error
  filtered  nothing came back in time
  no-route  the near end knows no way there, so nothing was sent

A probe with a source address that is not the near end's own cannot see the answer, which goes to that address. It
names a witness: the namespace of the far end, where what arrives and what is answered is watched. A probe that is `raw` does
so under an address of its own too: its witness may stand half-way. The result says also
whether it `arrived`: that without an answer is a filter on the far end itself, or an address that it cannot reach.
"""
import asyncio
import errno
import ipaddress
import os
import random
import resource
import socket
import struct
import time

import packets
from namespaces import Failure, inside

ERROR_ORIGIN = {2: "icmp", 3: "icmpv6"}
IP_RECVERR, IPV6_RECVERR = 11, 25
ETH_P_ALL = 3
ENDED = {errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EACCES, errno.EPERM, errno.ECONNREFUSED, errno.ECONNRESET,
         errno.EPROTO, errno.ENOPROTOOPT, errno.EHOSTDOWN, errno.EINVAL, errno.ETIMEDOUT}


class Answer(Exception):
    """Ends a probe with a verdict and its reason."""


def numbers(version):
    return ((socket.AF_INET, socket.IPPROTO_IP, IP_RECVERR) if version == 4
            else (socket.AF_INET6, socket.IPPROTO_IPV6, IPV6_RECVERR))


def reported(sock):
    """The ICMP error that a socket was told of, as 'icmp 3/13 from 192.0.2.1'; empty if there was none."""
    try:
        _, ancillary, _, _ = sock.recvmsg(512, 512, socket.MSG_ERRQUEUE)
    except OSError:
        return ""
    for _, _, data in ancillary:
        if len(data) < 16:
            continue
        _, origin, kind, code = struct.unpack("=IBBB", data[:7])
        if origin in ERROR_ORIGIN:
            offender = data[20:24] if origin == 2 else data[24:40]
            sender = str(ipaddress.ip_address(offender)) if len(offender) in (4, 16) else "somebody"
            own = sender == sock.getsockname()[0]  # the kernel's way to say that it found no neighbour
            return "" if own else f"{ERROR_ORIGIN[origin]} {kind}/{code} from {sender}"
    return ""


def judged(error, sock, sent):
    """The verdict that an error of a socket stands for."""
    if error.errno not in ENDED:
        raise error
    told = reported(sock)
    if told:
        return Answer("closed", told)
    if error.errno == errno.ECONNREFUSED:
        return Answer("closed", "reset")
    if error.errno in (errno.EPERM, errno.EACCES):
        return Answer("filtered", "its own firewall")
    if sent and error.errno in (errno.EHOSTUNREACH, errno.EHOSTDOWN):
        return Answer("filtered", "no neighbour answers")
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return Answer("no-route", os.strerror(error.errno))
    return Answer("closed", os.strerror(error.errno))


def connected(sock):
    try:
        sock.getpeername()
    except OSError:
        return False
    return True


def waiting(sock):
    """A datagram that has come and was not read yet."""
    try:
        return sock.recv(2048)
    except OSError:
        return b""


class Watch:
    """One socket of a namespace whose packets are told to the probes that wait for them."""

    def __init__(self, sock):
        self.sock, self.expected = sock, {}
        asyncio.get_running_loop().add_reader(sock, self.readable)

    def readable(self):
        for _ in range(64):
            try:
                packet, sender = self.sock.recvfrom(65536)
            except OSError:
                return
            if self.sock.family == socket.AF_INET6:  # raw IPv6 sockets leave the header out
                body = ipaddress.ip_address(sender[0].partition("%")[0]).packed
                packet = struct.pack("!IHBB", 6 << 28, len(packet), socket.IPPROTO_ICMPV6, 64) + body + bytes(16) + packet
            for key, event in packets.meaning(packet):
                told = self.expected.get(key)
                if told:
                    told(event, packet)


class Prober:
    def __init__(self, parallel=400):
        self.gate = asyncio.Semaphore(parallel)
        self.watches, self.owned = {}, {}
        self.serial = random.randrange(1 << 16)
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 65536)), hard))

    async def probe(self, order):
        """order: from (a namespace), to, proto (tcp/443, udp/53, icmp), and perhaps source, witness, timeout, wait."""
        protocol, _, port = order["proto"].partition("/")
        if protocol not in ("tcp", "udp", "icmp") or (protocol != "icmp" and not port.isdigit()):
            raise Failure(f"'{order['proto']}' cannot be probed: tcp/PORT, udp/PORT or icmp")
        try:
            version = ipaddress.ip_address(order["to"]).version
        except ValueError:
            raise Failure(f"'{order['to']}' is no address") from None
        async with self.gate:
            begun = time.monotonic()
            try:
                way = {"tcp": self.tcp, "udp": self.udp, "icmp": self.icmp}[protocol]
                if order.get("raw") or order.get("source") and not self.owns(order["from"], version, order["source"]):
                    way = self.borrowed
                await way(order, version, int(port or 0))
                raise Answer("filtered", "nothing came back")
            except Answer as answer:
                told = answer.args
        result = {**order, "verdict": told[0], "why": told[1], "ms": round((time.monotonic() - begun) * 1000, 1)}
        if len(told) > 2 and told[2]:
            result["answer"] = told[2]
        return result

    def owns(self, namespace, version, address):
        """Whether the address is the namespace's own; asked once, as no batch lasts long."""
        if (namespace, address) not in self.owned:
            with inside(namespace):
                sock = socket.socket(numbers(version)[0], socket.SOCK_DGRAM)
            with sock:
                try:
                    sock.bind((address, 0))
                    self.owned[namespace, address] = True
                except OSError:
                    self.owned[namespace, address] = False
        return self.owned[namespace, address]

    @staticmethod
    def made(order, version, kind):
        family, level, option = numbers(version)
        with inside(order["from"]):
            sock = socket.socket(family, kind | socket.SOCK_NONBLOCK)
        sock.setsockopt(level, option, 1)
        if order.get("source"):
            sock.bind((order["source"], 0))
        return sock

    # --- with sockets of the kernel's own -----------------------------------------------------------------------------
    async def tcp(self, order, version, port):
        loop, begun = asyncio.get_running_loop(), time.monotonic()
        with self.made(order, version, socket.SOCK_STREAM) as sock:
            try:
                await asyncio.wait_for(loop.sock_connect(sock, (order["to"], port)), order.get("timeout", 2))
            except asyncio.TimeoutError:
                if not connected(sock):  # it may be, when so many are asked at once that this one's turn came late
                    return
            except OSError as error:
                raise judged(error, sock, time.monotonic() - begun > 0.2) from None
            said = ""
            try:  # our own responders speak first; others are not waited for long
                said = (await asyncio.wait_for(loop.sock_recv(sock, 200), order.get("wait", 0.3))).decode(errors="replace")
            except (OSError, asyncio.TimeoutError):
                pass
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no TIME-WAIT behind
            raise Answer("open", "connected", said.strip())

    async def udp(self, order, version, port):
        loop, begun = asyncio.get_running_loop(), time.monotonic()
        payload = bytes.fromhex(order["payload"]) if "payload" in order else random.randbytes(8)
        with self.made(order, version, socket.SOCK_DGRAM) as sock:
            for _ in range(2):
                try:
                    await loop.sock_connect(sock, (order["to"], port))
                    await loop.sock_sendall(sock, payload)
                    data = await asyncio.wait_for(loop.sock_recv(sock, 2048), order.get("timeout", 2) / 2)
                except OSError as error:
                    if not isinstance(error, asyncio.TimeoutError):
                        raise judged(error, sock, time.monotonic() - begun > 0.2) from None
                    data = waiting(sock)
                    if not data:
                        continue
                raise Answer("open", "answered", data.partition(b"\n")[0].decode(errors="replace") if payload in data else "")

    async def icmp(self, order, version, port):
        del port
        watch = self.watch(order["from"], f"icmp{version}", order.get("source", ""))
        self.serial += 1
        key = ("icmp", os.getpid() & 0xFFFF, self.serial & 0xFFFF)
        heard = asyncio.get_running_loop().create_future()

        def told(event, packet):
            if event in ("open", "closed") and not heard.done():
                sender = packets.split(packet)[1]
                if event == "open":
                    heard.set_result(("open", "echo reply"))
                elif self.owns(order["from"], version, sender):
                    heard.set_result(("filtered", "no neighbour answers"))
                else:
                    heard.set_result(("closed", f"refused by {sender}"))
        watch.expected[key] = told
        try:
            for _ in range(2):
                try:
                    watch.sock.sendto(packets.echo_request(version, *key[1:]), (order["to"], 0))
                except OSError as error:
                    raise judged(error, watch.sock, False) from None
                try:
                    raise Answer(*await asyncio.wait_for(asyncio.shield(heard), order.get("timeout", 2) / 2))
                except asyncio.TimeoutError:
                    watch.readable()
                    if heard.done():
                        raise Answer(*heard.result()) from None
        finally:
            del watch.expected[key]

    # --- with an address that is not one's own ------------------------------------------------------------------------
    async def borrowed(self, order, version, port):
        if not order.get("witness"):
            raise Failure(f"{order['from']} as {order.get('source')}: name a witness, since answers go elsewhere")
        watch = self.watch(order["witness"], "all", "")
        ports, nonce = (random.randrange(20000, 60000), port), random.randbytes(8)
        while ("udp ports", *ports) in watch.expected:  # another probe is waiting under this number
            ports = (random.randrange(20000, 60000), port)
        protocol = order["proto"].partition("/")[0]
        if protocol == "tcp":
            number = random.randrange(1, 1 << 32)
            keys, packet = [("tcp", number)], packets.tcp_syn(order["source"], order["to"], ports, number)
        elif protocol == "udp":
            keys, packet = [("udp", nonce), ("udp ports", *ports)], packets.udp(order["source"], order["to"], ports, nonce)
        else:
            self.serial += 1
            # An identifier of its own: with that of other probes it would pass as part of a conversation that is open.
            keys = [("icmp", random.randrange(1 << 16), self.serial & 0xFFFF)]
            packet = packets.icmp_echo(order["source"], order["to"], *keys[0][1:])
        heard = asyncio.get_running_loop().create_future()
        order["arrived"] = False

        def told(event, _):
            if event == "arrived":
                order["arrived"] = True
            elif not heard.done():
                heard.set_result(event)
        sender = self.raw(order["from"], version)
        with sender:
            for key in keys:
                watch.expected[key] = told
            try:
                for _ in range(2):
                    sender.sendto(packet, (order["to"], 0))
                    try:
                        raise Answer(await asyncio.wait_for(asyncio.shield(heard), order.get("timeout", 2) / 2), "seen by the witness")
                    except asyncio.TimeoutError:
                        watch.readable()
                        if heard.done():
                            raise Answer(heard.result(), "seen by the witness") from None
            except OSError as error:
                raise judged(error, sender, False) from None
            finally:
                for key in keys:
                    del watch.expected[key]
        raise Answer("filtered", "arrived, and was not answered" if order["arrived"] else "the witness saw nothing")

    @staticmethod
    def raw(namespace, version):
        with inside(namespace):
            sock = socket.socket(numbers(version)[0], socket.SOCK_RAW | socket.SOCK_NONBLOCK, socket.IPPROTO_RAW)
        if version == 4:
            sock.setsockopt(socket.IPPROTO_IP, socket.IP_HDRINCL, 1)
        return sock

    def watch(self, namespace, what, source):
        found = self.watches.get((namespace, what, source))
        if found:
            return found
        with inside(namespace):
            if what == "all":
                sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
            elif what == "icmp4":
                sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_ICMP)
            else:
                sock = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        if source:
            sock.bind((source, 0))
        self.watches[(namespace, what, source)] = Watch(sock)
        return self.watches[(namespace, what, source)]
