"""What a laboratory notices when it loses its fibre, with and without its carrier, and when the fibre comes back.

A datagram each 20 ms from a machine of the laboratory to the cloud's resolver, and one TCP connection to the portal that
must outlive all of it. The way is looked at on both ends, so a failover that was none is not taken for a perfect one. While the
fibre is cut, pairs of flows are asked whether all is as `cloison simulate` foretells, once.
"""
import random
import time

import foretold
import hosts
import places
import reference
from stream import Connection, Stream

LONGEST = 1.0  # seconds without an answer, at most, when a way is lost
LOST_ON_THE_WAY_BACK = 0
WAYS = (("no carrier", ()), ("black hole", ("--silent",)))
PREFERRED, OTHER, SETTLE = "wan-fibre", "wan-mobile", 1.5


class Scene:
    """A laboratory, a machine in it, what it speaks with, and the ways between them."""
    def __init__(self, ref):
        topo = places.read(ref)
        self.hosts, self.node = hosts.Hosts(ref), next(node for node in topo.nodes if node.key)
        load = next(load for load in ref.inventory()["workloads"] if f"{self.node.network}.lan" in load["called"])
        self.space, self.source = load["namespace"], places.global_addresses(load["namespace"], "eth0")[0]
        machines = {machine.path: machine.addresses[0] for machine in topo.machines}
        self.resolver, self.portal = machines["cloud.production.app.resolver-1"], machines["cloud.production.app.portal-1"]

    def by(self, prefix):
        """Whether both directions go through tunnels of that underlay."""
        return (self.hosts.device(self.node.name, self.resolver).startswith(prefix)
                and self.hosts.device("hub-1", self.source).startswith(prefix))

    def wait(self, prefix):
        return hosts.until(f"both directions through {prefix}", lambda: self.by(prefix), 60)


def once(ref, scene, stream, connection, words, beside):
    """One failure and one way back: what was counted of each, and how long it took until the fibre was used again."""
    time.sleep(SETTLE)
    cut = time.monotonic()
    ref.lab_command("cut", *words, "fibre", scene.node.name)
    scene.wait(OTHER)
    time.sleep(SETTLE)
    if not connection.works():
        raise reference.Failed("the open connection did not outlive the failure")
    noticed = time.monotonic() - 0.5  # later ones may have answers on their way
    if beside:
        beside.meanwhile()
    heal = time.monotonic()
    ref.lab_command("heal", "fibre", scene.node.name)
    took = scene.wait(PREFERRED)
    time.sleep(SETTLE)
    if not connection.works():
        raise reference.Failed("the open connection did not outlive the way back")
    end = time.monotonic() - 0.5  # later ones may have answers on their way
    return stream.counted(cut, noticed), stream.counted(heal, end), took


def prove(ref, runs, seed, say):
    """Of one run, one way to lose the fibre, by chance; of more, each."""
    scene, failed, lines = Scene(ref), [], 0
    ways = WAYS if runs > 1 else [random.choice(list(WAYS))]
    print(f"{'fibre':<12}{'run':>4}{'gap':>10}{'lost':>6}{'gap back':>10}{'lost':>6}{'back after':>12}{'sender late':>13}")
    scene.wait(PREFERRED)
    beside = foretold.Beside(ref, seed, "fibre-lost", (f"{scene.node.network}.underlays.fibre",))
    connection = Connection(scene.space, scene.portal, 443)
    try:
        with Stream(scene.space, scene.resolver, 53) as stream:
            for name, words in ways:
                for run in range(1, runs + 1):
                    lost, back, took = once(ref, scene, stream, connection, words, None if lines else beside)
                    lines += 1
                    late = max(lost.late, back.late)
                    print(f"{name:<12}{run:>4}{lost.gap * 1000:>7.0f} ms{lost.lost:>6}{back.gap * 1000:>7.0f} ms{back.lost:>6}"
                          f"{took:>10.1f} s{late * 1000:>10.0f} ms", flush=True)
                    if not lost.lost:
                        failed.append(f"{name}, run {run}: nothing was lost, so was anything cut?")
                    if lost.gap > LONGEST:
                        failed.append(f"{name}, run {run}: {lost.said()}")
                    if back.lost > LOST_ON_THE_WAY_BACK:
                        failed.append(f"{name}, run {run}, on the way back: {back.said()}")
    finally:
        ref.lab_command("heal")
        connection.close()
    say(f"fibre lost and found again {runs * len(ways)} times")
    for text in failed:
        print(f"FAILOVER {text}")
    failed += beside.failed()
    print(f"{runs * len(ways)} failovers, {len(failed)} too slow, with losses or not as foretold", flush=True)
    return not failed
