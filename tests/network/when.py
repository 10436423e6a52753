"""`when:` flows: the whole cloud is cut off, and the flows that wait for that open by themselves; with the first tunnel that
is back they close, and what began meanwhile ends. Meanwhile all is as `cloison simulate` foretells."""
import socket
import time

import drifted
import foretold
import hosts
import places
import reference
from namespaces import inside
from stream import Connection

FLOW, PORT = "F-011", 8443
GATEWAYS = ("hub-1", "hub-2")
CHAIN = "when_cloud_lost"


class Scene:
    def __init__(self, ref):
        self.ref, self.topo, self.hosts = ref, places.read(ref), hosts.Hosts(ref)
        self.nodes = [node for node in self.topo.nodes if node.key]
        self.loads = {node.name: next(load["namespace"] for load in ref.inventory()["workloads"] if f"{node.network}.lan" in load["called"])
                      for node in self.nodes}
        machines = {machine.path: machine.addresses[0] for machine in self.topo.machines}
        self.lims = machines["central.app.lims-1"]
        flow = next(flow for flow in self.topo.raw["flows"] if flow["id"] == FLOW)
        self.within = int(str(self.topo.raw["scenarios"][flow["when"]]["within"]).removesuffix("s"))

    def answers(self, name):
        with inside(self.loads[name]):
            asked = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        asked.settimeout(1)
        try:
            asked.connect((self.lims, PORT))
            return True
        except OSError:
            return False
        finally:
            asked.close()

    def all_answer(self, wanted):
        return all(self.answers(node.name) == wanted for node in self.nodes)


def from_premises(pair, question):
    """What is inside the cloud is only cut off here, and goes on."""
    return pair.outcome != "gone" or not (question.source.outside or question.source.cloud)


def once(scene, run, beside):
    """How long it took to open and to close, and whether what was open meanwhile ended."""
    failed = []
    if not scene.all_answer(False):
        failed.append(f"run {run}: {FLOW} is open while all is well")
    cut = time.monotonic()
    scene.ref.lab_command("cut", "fibre", *GATEWAYS)
    try:
        hosts.until(f"{FLOW} opens", lambda: scene.all_answer(True), 2 * scene.within)
        opened = time.monotonic() - cut
        connection = Connection(scene.loads[scene.nodes[0].name], scene.lims, PORT)
        if not connection.works():
            failed.append(f"run {run}: a connection does not work while it is open")
        if beside:
            beside.meanwhile()
    finally:
        scene.ref.lab_command("heal", "fibre", *GATEWAYS)
    healed = time.monotonic()
    scene.hosts.wait_for_tunnels()
    back = time.monotonic() - healed
    hosts.until(f"{FLOW} is closed again", lambda: scene.all_answer(False), 30)
    closed = time.monotonic() - healed
    if connection.works():
        failed.append(f"run {run}: a connection from before goes on")
    connection.close()
    if opened > scene.within:
        failed.append(f"run {run}: it opened after {opened:.1f} s, and {scene.within} are allowed")
    print(f"run {run}: open {opened:.1f} s after the cloud was cut off, tunnels back {back:.1f} s and closed {closed:.1f} s after it was there again", flush=True)
    return failed


def one_gateway(scene):
    """One of two is enough to keep it closed."""
    scene.ref.lab_command("cut", "fibre", GATEWAYS[0])
    try:
        time.sleep(scene.within)
        return [] if scene.all_answer(False) else [f"{FLOW} opened although a gateway was there"]
    finally:
        scene.ref.lab_command("heal", "fibre", GATEWAYS[0])
        scene.hosts.wait_for_tunnels()


def by_hand(scene):
    """Opened by hand, it is closed at once; with its watcher stopped as well, a plan names it."""
    name, failed = scene.nodes[0].name, []
    scene.hosts.shell(name, f"nft add rule inet cloison {CHAIN} accept")
    hosts.until("what was opened by hand is closed", lambda: not scene.answers(name), 10)
    scene.hosts.shell(name, f"systemctl stop cloison-conditions; nft add rule inet cloison {CHAIN} accept")
    if not scene.answers(name):
        failed.append("opened by hand, and yet closed: then this tests nothing")
    if not any(".condition/" in one for one in drifted.Plan(scene.ref).drift):
        failed.append("opened by hand with its watcher stopped: a plan says nothing of it")
    scene.ref.cloison("apply", "--yes")
    hosts.until("what was opened by hand is closed by an apply", lambda: not scene.answers(name), 10)
    scene.ref.cloison("plan", "--detailed-exitcode")
    return failed


def prove(ref, runs, seed, say):
    scene, failed = Scene(ref), []
    beside = foretold.Beside(ref, seed, "cloud-lost", ("cloud",), from_premises)
    for run in range(1, runs + 1):
        failed += once(scene, run, beside if run == 1 else None)
    failed += beside.failed()
    say(f"the cloud was cut off and came back, {runs} times")
    failed += one_gateway(scene) + by_hand(scene)
    for text in failed:
        print(f"WHEN {text}")
    print(f"when: {len(failed)} faults", flush=True)
    return not failed
