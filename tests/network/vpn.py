"""Connections by IPsec: that they stand, what a laboratory notices when it loses its fibre, what a provider sees of them, and
what a plan says of hands in them."""
import ipaddress
import re
import time

import drifted
import hosts
import places
import reference
from capture import Capture
from namespaces import run
from stream import Stream

LINK = "backup"
LONGEST = 15.0  # seconds without an answer when the way is lost: found out, then dialled anew
IKE, NAT = 500, 4500
ESP = 50
WAYS = (("no carrier", ()), ("black hole", ("--silent",)))


class Scene:
    def __init__(self, ref):
        self.ref, self.topo, self.hosts = ref, places.read(ref), hosts.Hosts(ref)
        self.nodes = [node for node in self.topo.nodes if node.key]
        self.node = self.nodes[0]
        load = next(load for load in ref.inventory()["workloads"] if f"{self.node.network}.lan" in load["called"])
        self.space = load["namespace"]
        machines = {machine.path: machine.addresses[0] for machine in self.topo.machines}
        self.resolver = machines["central.app.resolver"]

    def up(self, name):
        """Names of connections whose inner packets pass."""
        said = self.hosts.on(name, "swanctl", "--list-sas", "--raw")
        return sorted(re.match(r"list-sa event \{(\S+) ", line).group(1) for line in said.splitlines() if "state=INSTALLED" in line)

    def serving(self):
        """The node of central that has its connections: the one that has what both share."""
        central = [node for node in self.topo.nodes if node.network == "central"]
        shared = str(central[0].segments[0].nets[0][1])
        return next(node.name for node in central if f" {shared}/" in run("ip", "-n", self.ref.space(node.name), "-br", "address"))

    def by(self, way):
        return [name for name in self.up(self.node.name) if LINK in name] == [f"cloison-{LINK}-central-{self.serving()}-{way}"]

    def wait(self, way):
        return hosts.until(f"{self.node.name} reaches central by {way}, and by nothing else", lambda: self.by(way), 60)


def stand(scene, say):
    """Every laboratory, and the vendor."""
    began = time.monotonic()
    for node in scene.nodes:
        hosts.until(f"{node.name} reaches central", lambda node=node: any(LINK in name for name in scene.up(node.name)), 60)
    hosts.until("the vendor is reached", lambda: any("vendor" in name for name in scene.up(scene.serving())), 60)
    say(f"{len(scene.nodes)} laboratories and the vendor are joined by IPsec, {time.monotonic() - began:.1f} s after asking")


def lose_fibre(scene, runs, say):
    failed = []
    print(f"{'fibre':<12}{'run':>4}{'gap':>10}{'lost':>6}{'gap back':>10}{'lost':>6}{'back after':>12}")
    scene.wait("fibre")
    with Stream(scene.space, scene.resolver, 53) as stream:
        for name, words in WAYS:
            for run in range(1, runs + 1):
                time.sleep(1)
                cut = time.monotonic()
                scene.ref.lab_command("cut", *words, "fibre", scene.node.name)
                try:
                    scene.wait("mobile")
                    time.sleep(1)
                finally:
                    heal = time.monotonic()
                    scene.ref.lab_command("heal", "fibre", scene.node.name)
                took = scene.wait("fibre")
                time.sleep(1)
                lost, back = stream.counted(cut, heal), stream.counted(heal, time.monotonic() - 0.5)
                print(f"{name:<12}{run:>4}{lost.gap:>8.2f} s{lost.lost:>6}{back.gap:>8.2f} s{back.lost:>6}{took:>10.1f} s", flush=True)
                if not lost.lost:
                    failed.append(f"{name}, run {run}: nothing was lost, so was anything cut?")
                if lost.gap > LONGEST or back.gap > 1:
                    failed.append(f"{name}, run {run}: {lost.said()}; on the way back {back.said()}")
    say("the fibre was lost and found again, the backup with it")
    return failed


def on_the_wire(scene, say):
    """While the laboratory speaks with central: IKE and ESP between the outer addresses, and no inner one."""
    cable = next(cable for cable in scene.hosts.lab.network.host(scene.node.name).cables if cable.what == "fibre")
    inner = [net for segment in scene.topo.segments if segment.network in ("central", scene.node.network) for net in segment.nets]
    with Capture(scene.ref.space("fibre"), cable.far[1]) as seen, Stream(scene.space, scene.resolver, 53) as stream:
        begun = time.monotonic()
        time.sleep(3)
        counted = stream.counted(begun, time.monotonic() - 0.5)
    clear = [frame.said() for frame in seen.frames
             if any(isinstance(end, ipaddress.IPv4Address) and any(end in net for net in inner if net.version == 4) for end in frame.ends())]
    sealed = [frame for frame in seen.frames if frame.udp() and NAT in frame.udp() or frame.ends() and frame.payload[9:10] == bytes([ESP])]
    say(f"{len(sealed)} sealed packets on the fibre, {len(clear)} in the clear")
    failed = [f"in the clear on the fibre: {text}" for text in clear[:5]]
    if counted.lost == counted.sent or len(sealed) < counted.sent - counted.lost:
        failed.append(f"the stream was not what passed: {counted.said()}, {len(sealed)} sealed packets")
    return failed


def hands(scene, say):
    """What somebody does to strongSwan by hand shows in a plan, and an apply mends it; a restart mends itself."""
    failed, name = [], scene.node.name
    scene.hosts.shell(name, "systemctl restart strongswan")
    took = scene.wait("fibre")
    say(f"strongSwan restarted: the connection stands again after {took:.1f} s")
    faults = {
        "another traffic selector loaded": f"systemctl stop cloison-vpn; sed -i 's/remote_ts = .*/remote_ts = 0.0.0.0\\/0/' "
                                           f"/etc/swanctl/conf.d/cloison-{LINK}-*.conf && swanctl --load-conns",
        "a route taken away": "systemctl stop cloison-vpn; ip route flush dev ipsec0 proto static",
        "somebody else's connection": "printf 'connections {\\n other {\\n remote_addrs = 192.0.2.99\\n local {\\n auth = psk\\n }\\n"
                                      " remote {\\n auth = psk\\n }\\n }\\n}\\n' >/etc/swanctl/conf.d/other.conf; swanctl --load-conns",
        "another key of the far end": f"sed -i 's/^MHYw/MHYx/' /etc/swanctl/pubkey/cloison-{LINK}-*.pem"}
    for what, text in faults.items():
        scene.hosts.shell(name, text)
        found = drifted.Plan(scene.ref).drift
        if not any(".ipsec" in one or ".connection/" in one for one in found):
            failed.append(f"{what}: a plan says nothing of it: {found}")
        if "other" in text:
            scene.hosts.shell(name, "rm /etc/swanctl/conf.d/other.conf; swanctl --load-conns")
        scene.ref.cloison("apply", "--yes")
        scene.ref.cloison("plan", "--detailed-exitcode")
        scene.wait("fibre")
    wrong = scene.hosts.shell(scene.serving(), "sed -i 's/^    secret = 0x../    secret = 0x00/' /etc/cloison/vpn.d/vendor-vpn-*.swanctl; echo done")
    if wrong.strip() != "done" or not any("vendor" in one for one in drifted.Plan(scene.ref).drift):
        failed.append("another shared key: a plan says nothing of it")
    scene.ref.cloison("apply", "--yes")
    scene.ref.cloison("plan", "--detailed-exitcode")
    say(f"{len(faults) + 1} changes by hand, each seen and mended")
    return failed


def prove(ref, full, say):
    scene = Scene(ref)
    stand(scene, say)
    failed = on_the_wire(scene, say) + (lose_fibre(scene, 3, say) + hands(scene, say) if full else [])
    for text in failed:
        print(f"VPN {text}")
    print(f"vpn: {len(failed)} faults", flush=True)
    return not failed
