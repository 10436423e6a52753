"""A steady stream of numbered datagrams to an echo, one each 20 ms or so, and what became of each; beside it one TCP connection.

Sending and receiving are threads of this process with sockets in the sender's namespace. The sender notes how late it was
itself, so that a pause of this machine is not taken for one of the network.
"""
import dataclasses
import socket
import struct
import threading
import time

from namespaces import inside

EVERY = 0.02
HEAD = struct.Struct("!8sQ")
MARK = b"cloison\x01"


@dataclasses.dataclass
class Counted:
    """What happened between two moments."""
    sent: int
    lost: int
    gap: float  # the longest time between two answers, in seconds
    late: float  # the longest time by which a datagram left too late

    def said(self):
        return f"gap {self.gap * 1000:.0f} ms, {self.lost} of {self.sent} lost (sender late by at most {self.late * 1000:.0f} ms)"


class Stream:
    def __init__(self, space, target, port, every=EVERY):
        self.every = every
        self.sent, self.answered, self.late = [], {}, []
        self.running = True
        with inside(space):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.connect((target, port))
        self.socket.settimeout(0.2)
        self.threads = [threading.Thread(target=self.send, daemon=True), threading.Thread(target=self.receive, daemon=True)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.running = False
        for thread in self.threads:
            thread.join()
        self.socket.close()

    def send(self):
        due = time.monotonic()
        while self.running:
            now = time.monotonic()
            self.late.append(now - due)
            self.sent.append(now)
            try:
                self.socket.send(HEAD.pack(MARK, len(self.sent) - 1))
            except OSError:
                pass  # refused on the way: no answer will come, which is what counts
            due = max(due + self.every, now)  # no burst after a pause of this machine
            time.sleep(max(0, due - time.monotonic()))

    def receive(self):
        while self.running:
            try:
                data = self.socket.recv(2048)
            except OSError:
                continue
            at = data.find(MARK)  # behind the words of the lab's responder
            if at >= 0:
                self.answered.setdefault(HEAD.unpack_from(data, at)[1], time.monotonic())

    def counted(self, start, end):
        """Of what was sent from `start` to `end`; the answers to the last ones must have had their time."""
        concerned = [number for number, when in enumerate(self.sent) if start <= when < end]
        answers = sorted(self.answered[number] for number in concerned if number in self.answered)
        edges = [start, *answers, max(end, answers[-1] if answers else end)]
        return Counted(len(concerned), len(concerned) - len(answers), max(after - before for before, after in zip(edges, edges[1:])),
                       max((self.late[number] for number in concerned), default=0))


class Connection:
    """A TCP connection that is used from time to time: whether it still is the same one, and gives back what it was given."""
    def __init__(self, space, target, port):
        with inside(space):
            self.socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self.socket.settimeout(10)
        self.socket.connect((target, port))
        self.said, self.number = b"", 0
        self.line()  # the responder's greeting

    def line(self):
        while b"\n" not in self.said:
            more = self.socket.recv(4096)
            if not more:
                raise OSError("the connection was closed")
            self.said += more
        found, _, self.said = self.said.partition(b"\n")
        return found

    def works(self):
        """Also the first time after packets were lost: TCP asks again within the ten seconds."""
        self.number += 1
        words = b"still here %d" % self.number
        try:
            self.socket.send(words + b"\n")
            return self.line() == words
        except OSError:
            return False

    def close(self):
        self.socket.close()
