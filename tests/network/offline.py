"""A node that is off, and one whose host key is not the one in the topology: each waits alone, is counted, and catches up.

What changes meanwhile is a flow of every laboratory, so that each node has something to do or to wait for.
"""
import os

import hosts
import places

FLOW = "F-900"
OVERLAY = f"""flows:
  - {{id: {FLOW}, from: lab.lan, to: lab.local.db, ports: [tcp/5499], application: Trial, purpose: Something that changes at every laboratory}}
"""


class Scene:
    def __init__(self, ref):
        self.ref, self.hosts = ref, hosts.Hosts(ref)
        self.laboratories = [node.name for node in places.read(ref).nodes if node.key]
        self.overlay = os.path.join(ref.folder, "offline.override.yaml")
        with open(self.overlay, "w", encoding="utf-8") as out:
            out.write(OVERLAY)
        self.wrong = []

    def want_flow(self, wanted):
        self.ref.overlays = [name for name in self.ref.overlays if name != self.overlay] + ([self.overlay] if wanted else [])

    def must(self, condition, text):
        if not condition:
            self.wrong.append(text)

    def have_flow(self):
        """The laboratories whose filter, as it runs, has the rule."""
        on = [name for name in self.laboratories if self.hosts.lab.machines.system(self.hosts.lab.network.host(name))]
        return {name for name in on if f'"{FLOW}"' in self.hosts.on(name, "nft", "list", "table", "inet", "cloison")}

    def deferred(self, words, name, why):
        """A run that leaves one node out, says why, and does the rest."""
        done = self.ref.cloison(*words)
        text = " ".join((done.stdout + done.stderr).split())
        self.must(name in text and "deferred" in text, f"{words[0]} does not say that {name} is deferred: {text[-600:]}")
        self.must(any(word in text for word in why), f"{words[0]} does not say why {name} is deferred ({' or '.join(why)}): {text[-600:]}")
        others = [other for other in self.hosts.names if other != name and f"{other} is deferred" in text]
        self.must(not others, f"{words[0]} defers others too: {others}")

    def caught_up(self, expected):
        self.ref.cloison("apply", "--yes")
        self.must(self.have_flow() == set(expected), f"after an apply {sorted(self.have_flow())} have the flow")
        left = self.ref.cloison("plan", "--detailed-exitcode", statuses=(0, 2))
        self.must(left.returncode == 0 and "deferred" not in left.stdout, f"after an apply, a plan still has something to do: {left.stdout[-300:]}")


def switched_off(scene, name, say):
    others = set(scene.laboratories) - {name}
    scene.want_flow(True)
    scene.hosts.kill(name)
    try:
        scene.deferred(("plan",), name, ("no answer", "not answer", "unreachable", "timed out", "No route", "refused"))
        scene.deferred(("apply", "--yes"), name, ("no answer", "not answer", "unreachable", "timed out", "No route", "refused"))
        scene.must(scene.have_flow() == others, f"with {name} off, {sorted(scene.have_flow())} have the flow")
        say(f"{name} is off: it waits, {len(others)} others are changed")
    finally:
        scene.hosts.start(name)
    scene.hosts.wait_for_tunnels([name])
    scene.caught_up(scene.laboratories)
    say(f"{name} is on again, and has caught up")


def wrong_key(scene, name, say):
    """The flow goes again; the node with another's fingerprint keeps it, since nobody may speak with what is there."""
    node, right = name.removesuffix("-1"), []

    def exchanged(row):
        if row["name"] == node:
            right.append(row["fingerprint"])
            return {**row, "fingerprint": "SHA256:" + "A" * 43}
        return row
    scene.want_flow(False)
    scene.ref.keep_rows("labs.csv", exchanged)
    try:
        scene.deferred(("plan",), name, ("host key",))
        scene.deferred(("apply", "--yes"), name, ("host key",))
        scene.must(scene.have_flow() == {name}, f"with a wrong key for {name}, {sorted(scene.have_flow())} have the flow")
        say(f"{name} has another key than the topology says: it waits alone")
    finally:
        scene.ref.keep_rows("labs.csv", lambda row: {**row, "fingerprint": right[0]} if row["name"] == node else row)
    scene.caught_up(())
    say(f"{name} has its key again, and has caught up")


def prove(ref, say):
    scene = Scene(ref)
    try:
        switched_off(scene, scene.laboratories[2], say)
        wrong_key(scene, scene.laboratories[1], say)
    finally:
        scene.want_flow(False)
    places.open_ways_in(ref, places.read(ref))
    for text in scene.wrong:
        print(f"OFFLINE {text}")
    print(f"2 nodes waited and caught up, {len(scene.wrong)} wrong", flush=True)
    return not scene.wrong
