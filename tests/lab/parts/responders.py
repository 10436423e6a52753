"""What answers probes: TCP and UDP ports in any number of namespaces, served by one thread.

A TCP connection is greeted with who answers, on which port, and as whom it sees the caller; what is sent is sent back.
A UDP datagram comes back behind the same words. So a probe learns who answered, and an address translation shows.
"""
import selectors
import socket
import struct
import sys

from namespaces import Failure, inside

SO_ORIGINAL_DST = 80
IP_PKTINFO, IPV6_RECVPKTINFO, IPV6_PKTINFO = 8, 49, 50


def listener(family, kind, port):
    made = socket.socket(family, kind | socket.SOCK_NONBLOCK)
    made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    if kind == socket.SOCK_DGRAM:  # the answer must leave from the address that was asked
        if family == socket.AF_INET:
            made.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        else:
            made.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
    made.bind(("" if family == socket.AF_INET else "::", port))
    if kind == socket.SOCK_STREAM:
        made.listen(256)
    return made


def asked_port(connection, family):
    """The port that the caller meant, also behind a redirection."""
    try:
        level = socket.IPPROTO_IP if family == socket.AF_INET else socket.IPPROTO_IPV6
        answer = connection.getsockopt(level, SO_ORIGINAL_DST, 28)
        return struct.unpack("!H", answer[2:4])[0]
    except OSError:
        return connection.getsockname()[1]


class Responders:
    def __init__(self):
        self.waiting = selectors.DefaultSelector()

    def listen(self, namespace, ports):
        """ports: as ["tcp/443", "udp/53"]."""
        name = namespace.partition("-")[2] or namespace
        for port in ports:
            protocol, _, number = port.partition("/")
            if protocol not in ("tcp", "udp") or not number.isdigit():
                raise Failure(f"'{port}' is no port to listen on: tcp/NUMBER or udp/NUMBER")
            kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
            for family in (socket.AF_INET, socket.AF_INET6):
                with inside(namespace):
                    made = listener(family, kind, int(number))
                self.waiting.register(made, selectors.EVENT_READ,
                                      (self.greet if protocol == "tcp" else self.answer, name, family))

    def serve(self):
        while True:
            for key, _ in self.waiting.select():
                action, name, family = key.data
                try:
                    action(key.fileobj, name, family)
                except OSError as error:
                    print(f"{name}: {error}", file=sys.stderr, flush=True)

    def greet(self, listening, name, family):
        connection, caller = listening.accept()
        connection.setblocking(False)
        try:
            connection.send(f"{name} tcp/{asked_port(connection, family)} sees {caller[0]}\n".encode())
        except OSError:
            connection.close()
            return
        self.waiting.register(connection, selectors.EVENT_READ, (self.echo, name, family))

    def echo(self, connection, name, family):
        del name, family
        try:
            data = connection.recv(65536)
            if data:
                connection.send(data)
                return
        except OSError:
            pass
        self.waiting.unregister(connection)
        connection.close()

    def answer(self, listening, name, family):
        data, ancillary, _, caller = listening.recvmsg(65536, 256)
        level, kind = ((socket.IPPROTO_IP, IP_PKTINFO) if family == socket.AF_INET
                       else (socket.IPPROTO_IPV6, IPV6_PKTINFO))
        back = [(level, kind, bytes(info)) for at, of, info in ancillary if (at, of) == (level, kind)]
        if family == socket.AF_INET:  # interface left to routing, source = the address that was asked
            back = [(at, of, struct.pack("I", 0) + info[4:8] + bytes(4)) for at, of, info in back]
        listening.sendmsg([f"{name} udp/{listening.getsockname()[1]} sees {caller[0]}\n".encode() + data], back, 0, caller)
