"""Proves the matrix itself: makes holes and blocks by hand, one after another, and looks that each is found, and nothing else.

What differs without any of them is known first, so that a fault of the program does not hide one of the matrix.
"""
import random

import matrix
import reference  # also finds the lab's own modules
import devices
import hosts
from namespaces import run

SAMPLE = 4


def inside(space, *words):
    return run("ip", "netns", "exec", space, *words)


def rule(space, family, table, chain, text):
    """Puts a rule first in a chain; returns what takes it out again."""
    said = inside(space, "nft", "--echo", "--handle", "insert", "rule", family, table, chain, *text.split())
    handle = said.rpartition("# handle ")[2].split()[0]
    return lambda: inside(space, "nft", "delete", "rule", family, table, chain, "handle", handle)


def cases(ref, topo):
    """(what, where to plant it, name of the target, protocol, port) of each."""
    if ref.name == "acquired":
        return translations(ref, topo)
    if ref.name == "breakout":
        return other_ways(ref, topo)
    if ref.name != "labanalyse":
        raise reference.Failed(f"nothing is known to plant in {ref.name}")
    laboratory = next(node for node in topo.nodes if node.key)
    database = next(machine for machine in topo.machines if machine.segment.network == laboratory.network and machine.made)
    node = ref.space(laboratory.name)
    app, edge = "cloud.production.app.portal-1", "cloud.production.dmz.edge-1"
    guests = {path: ref.space(path.partition(".")[2].replace(".", "-")) for path in (app, edge)}
    dialled_in = any(segment.startswith(laboratory.network + ".") for *_, segment in devices.places_of(ref))
    tablets = [("tablets reach the database", lambda: rule(node, "inet", "cloison", "forward",
                                                           'iifname "tablets-users" tcp dport 5432 accept'), database.path, "tcp", 5432)]
    return [
        *(tablets if dialled_in else []),
        ("a node forwards a port too many", lambda: rule(node, "inet", "cloison", "forward", "tcp dport 5433 accept"), database.path, "tcp", 5433),
        ("a node forwards nothing any more", lambda: rule(node, "inet", "cloison", "forward", "tcp dport 5432 drop"), database.path, "tcp", 5432),
        ("a node lets somebody in", lambda: rule(node, "inet", "cloison", "input", "tcp dport 443 accept"), laboratory.name, "tcp", 443),
        *apart(ref, topo),
        ("a node answers pings", lambda: rule(node, "inet", "cloison", "input", "icmp type echo-request accept"), laboratory.name, "icmp", 0),
        ("a cloud port is open", lambda: rule(guests[edge], "inet", "port", "to_guest", "tcp dport 444 accept"), edge, "tcp", 444),
        ("a cloud port is shut", lambda: rule(guests[app], "inet", "port", "to_guest", "tcp dport 443 drop"), app, "tcp", 443),
    ]


def apart(ref, topo):
    """Ports of a switch that keeps machines of one segment apart, and frames from another one. Their node answers nobody
    meanwhile, so that they find each other."""
    spaces = [ref.space(machine.path.replace(".bench.", "-")) for machine in topo.machines if machine.segment.path == "central.bench"]
    if not spaces:
        return []
    switches, nodes = hosts.Hosts(ref), ("central-1", "central-2")

    def by_hand(changes):
        def plant():
            for node in nodes:
                switches.shell(node, "echo 0 >/proc/sys/net/ipv4/conf/bench/proxy_arp_pvlan; " + changes.get(node, ""))
            for space in spaces:
                run("ip", "-n", space, "neigh", "flush", "all")
            return mend

        def mend():
            for node in nodes:
                switches.shell(node, "sh /usr/lib/cloison/agent.sh activate switch")
            for space in spaces:
                run("ip", "-n", space, "neigh", "flush", "all")
        return plant
    through = "ovs-vsctl set port lan0 protected=false; ovs-ofctl add-flow br-cloison priority=50,in_port=lan0,actions=NORMAL"
    return [("a switch keeps a port's machine apart no more",
             by_hand({"central-1": "ovs-vsctl set port port1 protected=false"}), "central.bench.one", "tcp", 22),
            ("a switch lets another one's frames through", by_hand(dict.fromkeys(nodes, through)), "central.bench.three", "tcp", 22)]


def translations(ref, topo):
    """At the first shop: its filter, and each kind of translation left out."""
    shop = next(node for node in topo.nodes if node.key)
    lan = next(segment for segment in topo.segments if segment.path == f"{shop.network}.lan")
    node, till, web = ref.space(shop.name), f"{shop.network}.lan.till", f"{shop.network}.server.web"
    return [
        ("a node forwards a port too many", lambda: rule(node, "inet", "cloison", "forward", "tcp dport 444 accept"), web, "tcp", 444),
        ("its declared addresses lead nowhere", lambda: rule(node, "inet", "cloison", "prerouting", f"ip daddr {lan.nets[0]} accept"), till, "tcp", 7000),
        ("its real addresses leave as they are", lambda: rule(node, "inet", "cloison", "postrouting", f"ip saddr {lan.real[0]} accept"),
         "central.app.server", "tcp", 443),
        ("its public address leads nowhere", lambda: rule(node, "inet", "cloison", "prerouting", "tcp dport 443 accept"), web, "tcp", 443),
    ]


def other_ways(ref, topo):
    """Staff, who leave through the central site, are let out by the branch's own provider."""
    branch = next(node for node in topo.nodes if node.key)
    node = ref.space(branch.name)

    def let_out():
        undo = [rule(node, "inet", "cloison", "forward", "iifname staff oifname wan0 accept"),
                rule(node, "inet", "cloison", "postrouting", "iifname staff oifname wan0 masquerade")]
        inside(node, "ip", "rule", "add", "pref", "20400", "iif", "staff", "lookup", "main")
        undo.append(lambda: inside(node, "ip", "rule", "del", "pref", "20400"))
        return lambda: [one() for one in undo]

    def shut():
        inside(node, "ip", "rule", "add", "pref", "20400", "iif", "staff", "lookup", "main")
        return lambda: inside(node, "ip", "rule", "del", "pref", "20400")
    return [("staff leave by the branch's own way", let_out, "internet", "tcp", 443),
            ("staff find the branch's own way, which is shut to them", shut, "internet", "tcp", 443)]


def prove(ref, asking, full, say):
    """Of many only some, by chance, unless all are asked for."""
    every, found = list(asking.questions.all()), 0
    planted = cases(ref, asking.places.topo)
    if not full:
        planted = sorted(random.sample(planted, min(SAMPLE, len(planted))), key=planted.index)
    matrix.listen_on_hosts(ref, every)
    for what, plant, target, protocol, port in planted:
        concerned = [question for question in every if (question.target.name, question.protocol) == (target, protocol)
                     and question.port in (0, port)]
        before = differing(asking, concerned)
        take_out = plant()
        try:
            after = differing(asking, concerned)
        finally:
            take_out()
        if not after - before:
            raise reference.Failed(f"{what}: the matrix did not see it")
        if differing(asking, concerned) != before:
            raise reference.Failed(f"{what}: it is still seen when it is gone")
        found += 1
        say(f"{what}: seen by {len(after - before)} probes")
    print(f"{found} planted faults found")


def differing(asking, concerned):
    asking.differences = []
    for question, answer in zip(concerned, matrix.ask(concerned, 1.2)):
        asking.compare(question, answer)
    return {question.said() for _, question, _, _ in asking.differences}
