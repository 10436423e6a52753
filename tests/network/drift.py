"""Things changed by hand on a node, one after another: a plan names each with what it is, an apply mends them, and leaves alone
what nobody touched: counters of other tables, handshakes of peers, connections that are open.
"""
import json

import drifted
import hosts
import places
from stream import Connection

TRIAL = "10.99.0.0/24"
COUNTED = "trial"  # an administrator's own table with a counter, which is none of the program's business


class Scene:
    def __init__(self, ref):
        self.ref, self.hosts, topo = ref, hosts.Hosts(ref), places.read(ref)
        self.node = next(node for node in topo.nodes if node.key)
        self.base = f"{self.node.network}.node/{self.node.name}"
        load = next(load for load in ref.inventory()["workloads"] if f"{self.node.network}.lan" in load["called"])
        portal = next(machine for machine in topo.machines if machine.path == "cloud.production.app.portal-1")
        self.connection = Connection(load["namespace"], portal.addresses[0], 443)
        self.lan = next(segment for segment in self.node.segments if segment.path.endswith(".lan")).nets[0]
        self.tunnel = sorted(self.shell("wg show interfaces").split())[-1]

    def shell(self, text):
        return self.hosts.shell(self.node.name, text)

    def handle(self, chain, text):
        """The number of the first rule of a chain that has this in it."""
        listed = self.shell(f"nft -a list chain inet cloison {chain}").splitlines()
        return next(line.rpartition("# handle ")[2] for line in listed if text in line)


def reorder(scene):
    """The last rule of a chain that has a flow, put first."""
    listed = scene.shell("nft -a list chain inet cloison forward").splitlines()
    rule, _, handle = [line for line in listed if "I-monitoring" in line][-1].strip().rpartition(" # handle ")
    quoted = rule.replace("'", "'\\''")
    scene.shell(f"nft delete rule inet cloison forward handle {handle}; nft -f - <<'END'\ninsert rule inet cloison forward {quoted}\nEND")


def cases(scene):
    """(what, how, beginning of the address that a plan must name, words it must say)"""
    unit = f"cloison-wireguard@{scene.tunnel}.service"
    base, key = scene.base, scene.shell("wg genkey | wg pubkey").strip()
    return [
        ("a rule added", lambda: scene.shell("nft add rule inet cloison forward tcp dport 4444 accept"), f"{base}.firewall", ("4444",)),
        ("a rule removed", lambda: scene.shell(f"nft delete rule inet cloison forward handle {scene.handle('forward', 'F-013')}"),
         f"{base}.firewall", ("F-013",)),
        ("a rule moved", lambda: reorder(scene), f"{base}.firewall", ("I-monitoring",)),
        ("a file edited", lambda: scene.shell("echo '# by hand' >> /etc/sysctl.d/70-cloison.conf"), base, ("70-cloison", "content", "file")),
        ("a peer added", lambda: scene.shell(f"wg set {scene.tunnel} peer {key} allowed-ips {TRIAL}"), f"{base}.tunnel/{scene.tunnel}", (key,)),
        ("a unit stopped", lambda: scene.shell(f"systemctl stop {unit}"), f"{base}.tunnel/{scene.tunnel}", ()),
        ("an address removed", lambda: scene.shell(f"ip address del {scene.lan[1]}/{scene.lan.prefixlen} dev lan"), base, (str(scene.lan[1]),)),
    ]


def untouched(scene):
    """What an apply must leave as it is: a counter, handshakes, how often sessions began. The tunnel that is stopped apart."""
    shakes = {line.split("\t")[0]: int(line.split("\t")[2]) for line in scene.shell("wg show all latest-handshakes").splitlines()}
    said = json.loads(scene.hosts.on(scene.node.name, "vtysh", "-c", "show bgp neighbors json"))
    begun = {about["nbrDesc"]: about["connectionsEstablished"] for about in said.values()
             if isinstance(about, dict) and not about["nbrDesc"].endswith(scene.tunnel)}
    counted = scene.shell(f"nft list counter inet {COUNTED} seen | grep packets").split()[1]
    return counted, begun, {name for name, when in shakes.items() if when and name != scene.tunnel}


def one(scene, what, change, address, words):
    """Names of what is wrong with one of them."""
    change()
    plan = drifted.Plan(scene.ref)
    found = [where for where in plan.drift if where.startswith(address)]
    wrong = [] if found else [f"{what}: a plan does not name {address}, but {sorted(plan.drift)}"]
    if found and words and not any(word in plan.said(where) for where in found for word in words):
        wrong.append(f"{what}: a plan names {found} without {' or '.join(words)}: {plan.said(found[0])[:400]}")
    wrong += [f"{what}: a plan names {where} too" for where in plan.drift if not where.startswith(scene.base)]
    return wrong + [f"{what}: {text}" for text in drifted.mended(scene.ref)]


def prove(ref, say):
    scene, wrong, number = Scene(ref), [], 0
    scene.shell(f"nft 'add table inet {COUNTED}; add counter inet {COUNTED} seen {{ packets 7 bytes 700; }}'")
    try:
        for what, change, address, words in cases(scene):
            before = untouched(scene)
            found = one(scene, what, change, address, words)
            if not scene.connection.works():
                found.append(f"{what}: mending it ended an open connection")
            if before != untouched(scene):
                found.append(f"{what}: mending it changed what nobody had touched: {before} -> {untouched(scene)}")
            say(f"{what}: {'named and mended' if not found else 'WRONG'}")
            number, wrong = number + 1, wrong + found
    finally:
        scene.shell(f"nft delete table inet {COUNTED}")
        scene.connection.close()
    scene.hosts.wait_for_tunnels()
    for text in wrong:
        print(f"DRIFT {text}")
    print(f"{number} changes by hand, {len(wrong)} wrong", flush=True)
    return not wrong
