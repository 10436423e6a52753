"""A change in the cloud that a careless order gets wrong: a rule goes, and another one that permits the same packets and more
comes. Who deletes first loses them in between; the plan's own order loses none.

The simulated platform is slow for it, and while the plan is applied the filters of both machines' ports follow its objects, as
a platform's would. Each datagram is a connection of its own, so that none passes by what a filter remembers.
"""
import contextlib
import os
import select
import socket
import time

import openstack
from background import Background
from cloud import CloudInLab, guest_filter, guest_name
from namespaces import firewall, inside

FLOW, PORT, BESIDE, NEVER = "F-90", 5499, 5490, 5511
BEFORE, AFTER = f"udp/{PORT}", f"udp/{BESIDE}-{PORT + 1}"
SLOW = "seed=7,latency=400ms"
EVERY, WAITS = 0.01, 1.0
FROM, TO = "dmz.edge", "app.portal"


def flow(name, ports):
    return f"  - {{id: {name}, from: cloud.{FROM}, to: cloud.{TO}, ports: [{ports}], application: Trial, purpose: Is replaced while packets pass}}\n"


class Asked(Background):
    """New connections all the time: each datagram from a port of its own. `answered`: of those that were sent from one moment
    to another."""
    def __init__(self, space, target, port):
        super().__init__()
        self.space, self.target, self.asked = space, (target, port), []

    def run(self):
        waiting, due = {}, time.monotonic()
        with inside(self.space):
            while self.running or waiting:
                now = time.monotonic()
                if self.running and now >= due:
                    due = now + EVERY
                    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                    one.setblocking(False)
                    self.asked.append([now, False])
                    waiting[one] = len(self.asked) - 1
                    with contextlib.suppress(OSError):
                        one.connect(self.target)
                        one.send(b"is it permitted")
                for one in select.select(list(waiting), [], [], max(0.0, min(due - time.monotonic(), EVERY)))[0]:
                    number = waiting.pop(one)
                    with contextlib.suppress(OSError):
                        self.asked[number][1] = bool(one.recv(2048))
                    one.close()
                for one, number in list(waiting.items()):
                    if now - self.asked[number][0] > WAITS:
                        del waiting[one]
                        one.close()

    def counted(self, begin, end):
        """Sent, and answered."""
        mine = [answered for when, answered in self.asked if begin <= when < end]
        return len(mine), sum(mine)


class Following(Background):
    """The filters of two ports follow the platform's objects."""
    def __init__(self, scene):
        super().__init__()
        self.scene, self.states, self.failed = scene, set(), None

    def __exit__(self, *_):
        super().__exit__()
        self.scene.follow(self.states)

    def run(self):
        try:
            while self.running:
                self.scene.follow(self.states)
        except Exception as error:  # told by who waits for it
            self.failed = error


class Scene:
    def __init__(self, ref):
        self.ref, self.wrong, self.now = ref, [], ()
        self.kept = list(ref.overlays)
        self.file = os.path.join(ref.folder, "ordered.override.yaml")
        cloud = self.cloud()
        ends = {}
        for port in cloud.all("port"):
            path = port.address.removesuffix(".port")
            for end in (FROM, TO):
                if path.endswith(end) or f".{end}-" in path or f".{end}/" in path:
                    ends.setdefault(end, port)
        self.ports = [ends[FROM].address, ends[TO].address]
        built = CloudInLab(ref, cloud)
        self.spaces = [built.space(guest_name(ends[end])) for end in (FROM, TO)]
        self.target = next(address for _, address in cloud.fixed(ends[TO]) if ":" not in address)

    def cloud(self):
        return openstack.Cloud(self.ref.cloison("sandbox", "list", "--verbose", "--json").stdout.splitlines())

    def must(self, condition, text):
        if not condition:
            self.wrong.append(text)

    def follow(self, states):
        cloud = self.cloud()
        ports = {port.address: port for port in cloud.all("port")}
        texts = tuple(guest_filter(cloud, ports[address]) for address in self.ports)
        states.add(texts)
        if texts == self.now:
            return
        self.now = texts
        for space, text in zip(self.spaces, texts):
            firewall(space, text)

    def want(self, *flows):
        with open(self.file, "w", encoding="utf-8") as out:
            out.write("flows:\n" + "".join(flow(*one) for one in flows))
        self.ref.overlays = self.kept + ([self.file] if flows else [])

    def apply(self):
        """Slowly. Returns from when to when, and how many states of the filters were seen."""
        os.environ["CLOISON_SANDBOX_FAULTS"] = SLOW
        try:
            with Following(self) as following:
                begun = time.monotonic()
                self.ref.cloison("apply", "--yes")
                ended = time.monotonic()
        finally:
            del os.environ["CLOISON_SANDBOX_FAULTS"]
        if following.failed:
            raise following.failed
        return begun, ended, len(following.states)


def prove(ref, say):
    scene = Scene(ref)
    try:
        with contextlib.ExitStack() as stack:
            kept = stack.enter_context(Asked(scene.spaces[0], scene.target, PORT))
            never = stack.enter_context(Asked(scene.spaces[0], scene.target, NEVER))
            scene.want((FLOW, BEFORE))
            scene.apply()
            time.sleep(0.5)
            scene.want((FLOW + "1", AFTER))
            begun, ended, states = scene.apply()
            time.sleep(WAITS)
            whole = kept.counted(begun, ended)
            scene.must(states > 2, f"only {states} states of the filters were seen: it was too quick to prove anything")
            scene.must(whole[0] > 50 and whole[0] == whole[1], f"in the plan's order {whole[1]} of {whole[0]} passed")
            # The same by hand in the careless order, which this stage has to see.
            scene.want()
            begun, _, _ = scene.apply()
            scene.want((FLOW, BEFORE))
            _, ended, _ = scene.apply()
            time.sleep(WAITS)
            careless = kept.counted(begun, ended)
            scene.must(careless[1] < careless[0], "deleting first loses nothing: the stage sees nothing")
            shut = never.counted(0, ended)
            scene.must(shut[0] > 100 and not shut[1], f"what is never permitted: {shut[1]} of {shut[0]} answered")
    finally:
        scene.want()
        ref.cloison("apply", "--yes")
        scene.follow(set())
    for text in scene.wrong:
        print(f"ORDERED {text}")
    say(f"replaced in the plan's order: {whole[0] - whole[1]} of {whole[0]} new connections lost in {states} states of the filters; "
        f"deleted first: {careless[0] - careless[1]} of {careless[0]}; never permitted: {shut[1]} of {shut[0]} answered; "
        f"{len(scene.wrong)} wrong")
    return not scene.wrong
