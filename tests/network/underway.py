"""Rules change while packets pass: what is permitted before and after loses none, what never is gets through at no moment, and
what was permitted ends with its flow, connections that stand included.
"""
import contextlib
import time

import failover
import offline
import places
from stream import Connection, Stream

EVERY = 0.004
PORT = 5499
OVERLAY = f"""flows:
  - {{id: {offline.FLOW}, from: lab.lan, to: lab.local.db, ports: [tcp/{PORT}, udp/{PORT}], application: Trial, purpose: Comes and goes}}
"""
LATEST = 1.0  # seconds until what a removed flow permitted has ended


class Scene(offline.Scene):
    """One laboratory's machine with a stream to each of: what stays permitted, what never is, and what comes and goes."""
    def __init__(self, ref):
        super().__init__(ref)
        with open(self.overlay, "w", encoding="utf-8") as out:
            out.write(OVERLAY)
        near = failover.Scene(ref)
        topo = places.read(ref)
        self.node, self.space = near.node, near.space
        self.database = next(machine.addresses[0] for machine in topo.machines if machine.path == f"{near.node.network}.local.db")
        stranger = next(load for load in ref.inventory()["workloads"]
                        if any(name.endswith(".lan") and name != f"{near.node.network}.lan" and name.startswith("lab/") for name in load["called"]))
        self.permitted = {"the resolver, through a tunnel": (near.resolver, 53)}
        self.forbidden = {"another port of the database": (self.database, PORT - 1),
                          "another laboratory": (places.global_addresses(stranger["namespace"], "eth0")[0], 53)}
        self.standing = {"the portal": (near.portal, 443), "the database": (self.database, 5432)}

    def rule_is_there(self):
        return f'"{offline.FLOW}"' in self.hosts.on(self.node.name, "nft", "list", "table", "inet", "cloison")


def come_and_go(scene, toggled):
    """The flow comes and goes once. Returns what is wrong with its own packets, and how long they outlived it."""
    scene.want_flow(True)
    scene.ref.cloison("apply", "--yes")
    connection = Connection(scene.space, scene.database, PORT)
    begun = time.monotonic()
    time.sleep(1)
    before = toggled.counted(begun, time.monotonic() - 0.2)
    scene.must(before.sent > before.lost, "the new flow lets nothing through")
    scene.want_flow(False)
    scene.ref.cloison("apply", "--yes")
    scene.must(not scene.rule_is_there(), "the removed flow's rule is still there")
    connection.socket.settimeout(1)
    scene.must(not connection.works(), "a connection of the removed flow goes on")
    connection.close()
    gone = time.monotonic()
    time.sleep(LATEST)
    scene.must(toggled.counted(gone, gone + LATEST - 0.2).lost == toggled.counted(gone, gone + LATEST - 0.2).sent,
               "packets of the removed flow get through")


def prove(ref, runs, say):
    scene = Scene(ref)
    connections = {name: Connection(scene.space, *where) for name, where in scene.standing.items()}
    try:
        with contextlib.ExitStack() as stack:
            open_stream = lambda where: stack.enter_context(Stream(scene.space, *where, every=EVERY))
            permitted = {name: open_stream(where) for name, where in scene.permitted.items()}
            forbidden = {name: open_stream(where) for name, where in scene.forbidden.items()}
            toggled = open_stream((scene.database, PORT))
            time.sleep(1)
            begun = time.monotonic()
            for _ in range(runs):
                come_and_go(scene, toggled)
            ended = time.monotonic() - 0.5
            for name, stream in permitted.items():
                found = stream.counted(begun, ended)
                print(f"{name}: {found.said()}", flush=True)
                scene.must(found.sent > 100 and not found.lost, f"{name}: {found.said()}")
            for name, stream in forbidden.items():
                print(f"{name}: {len(stream.answered)} of {len(stream.sent)} answered", flush=True)
                scene.must(len(stream.sent) > 100 and not stream.answered, f"{name}: {len(stream.answered)} answered")
        for name, connection in connections.items():
            scene.must(connection.works(), f"the connection to {name} did not outlive the changes")
    finally:
        scene.want_flow(False)
        for connection in connections.values():
            connection.close()
    for text in scene.wrong:
        print(f"UNDERWAY {text}")
    say(f"{2 * runs} changes of rules under way, {len(scene.wrong)} wrong")
    return not scene.wrong
