"""What others notice when a node of a pair, or a gateway of the hub, loses its power, and when it is there again.

A datagram each 20 ms and one open TCP connection, from a machine of the central laboratory and from one of another
laboratory, both into the cloud. Who serves is looked at on the machines themselves: the one that has the shared addresses,
and no other. While the other one serves, what passes it and what does not is asked as the matrix asks it.
"""
import time

import hosts
import matrix
import places
import reference
from namespaces import Failure, run
from stream import Connection, Stream

MOST_ASKED = 3000
LATEST = 40.0  # seconds until all that should be open is, at most
LONGEST = 1.0  # seconds without an answer, at most, when a machine is lost
SETTLE = 1.5


def holders(ref, names, shared):
    """Those that have a shared address now. A machine without power has none."""
    found = []
    for name in names:
        try:
            there = run("ip", "-n", ref.space(name), "-br", "address")
        except Failure:
            continue
        if any(f" {address}/" in there for address in shared):
            found.append(name)
    return found


class Pair:
    """Two machines of one place, what they share, and somebody whose packets pass them."""
    def __init__(self, ref, topo, what, names, shared, load, place):
        self.ref, self.what, self.names, self.shared, self.place = ref, what, names, shared, place
        self.hosts, self.space = hosts.Hosts(ref), load["namespace"]
        machines = {machine.path: machine.addresses[0] for machine in topo.machines}
        self.resolver, self.portal = machines["cloud.production.app.resolver-1"], machines["cloud.production.app.portal-1"]

    def holders(self):
        return holders(self.ref, self.names, self.shared)

    def serving(self):
        hosts.until(f"one of {' and '.join(self.names)} serves", lambda: len(self.holders()) == 1, 30)
        return self.holders()[0]


def wait_until_settled(ref, topo, seconds=60):
    """Of new nodes, the one whose tunnels stand first takes over five seconds later (`rise` of keepalived.conf): who asks
    for their addresses before that asks the wrong one."""
    sites = {}
    for node in topo.nodes:
        if node.own:
            sites.setdefault(node.network, []).append(node)
    for nodes in sites.values():
        shared = [str(net[1]) for segment in nodes[0].segments for net in segment.nets]
        names, end = [node.name for node in nodes], time.monotonic() + seconds
        serving, since = [], time.monotonic()
        while time.monotonic() - since < 8:
            if time.monotonic() > end:
                raise reference.Failed(f"after {seconds} s {' and '.join(names)} still take turns")
            time.sleep(0.2)
            now = holders(ref, names, shared)
            if len(now) != 1 or now != serving:
                serving, since = now, time.monotonic()


def pairs(ref):
    topo = places.read(ref)
    loads = ref.inventory()["workloads"]

    def load(path):
        return next(load for load in loads if any(called.startswith(path) for called in load["called"]))
    central = [node for node in topo.nodes if node.own]
    laboratory = next(node for node in topo.nodes if node.key)
    shared = [str(net[1]) for segment in central[0].segments for net in segment.nets]
    virtual = topo.lock[("address", "cloud.gateways.hub.virtual")]
    return [Pair(ref, topo, "node of a pair", [node.name for node in central], shared, load(f"{central[0].network}.users"),
                 f"{central[0].network}."),
            Pair(ref, topo, "gateway of the hub", ["hub-1", "hub-2"], virtual, load(f"{laboratory.network}.lan"), "cloud.")]


def ask_the_other(ref, pair, lost_one, asking):
    """Of what goes to or from the place whose packets pass the pair: how many were asked, and what differs. What hangs at
    the one without power is as dark as that is."""
    dark, lit = ref.space(lost_one), {}

    def is_lit(space):
        if space not in lit:
            lit[space] = space != dark and " UP " in run("ip", "-n", space, "-br", "link", "show")
        return lit[space]

    def concerns(question):
        ends = question.source, question.target
        if not all(is_lit(end.space) for end in ends):
            return False
        here = [str(end.segment).startswith(pair.place) for end in ends]
        return here[0] != here[1]  # what stays inside passes no node of the hub
    asked = [question for question in asking.questions.sampled() if concerns(question)]
    asked = asking.questions.random.sample(asked, min(MOST_ASKED, len(asked)))
    matrix.listen_on_hosts(ref, asked)
    for question, answer in zip(asked, asking.ask_again(asked, matrix.ask(asked, 1.2))):
        asking.compare(question, answer)
    late, waited = wait_for_late(asking)
    return len(asked), late, waited, [f"{what}: {question.said()}" for what, question, _, _ in asking.differences]


def wait_for_late(asking):
    """What should be open and is not yet, such as what goes over IPsec, whose peers notice by their dead peer detection only: how
    many those are, and after how long all are open. What does not open in that time stays a difference."""
    late = [question for what, question, _, _ in asking.differences if what == "should be open"]
    begun, waiting = time.monotonic(), late
    while waiting and time.monotonic() - begun < LATEST:
        answers = matrix.ask(waiting, 2)
        waiting = [question for question, answer in zip(waiting, answers) if answer["verdict"] != "open"]
    asking.differences = [found for found in asking.differences if found[0] != "should be open" or found[1] in waiting]
    return len(late), time.monotonic() - begun


def once(ref, pair, stream, connection, asking):
    """The one that serves loses its power and boots again; what was counted of each half, and of what was asked."""
    time.sleep(SETTLE)
    lost_one = pair.serving()
    cut = time.monotonic()
    pair.hosts.kill(lost_one)
    hosts.until("the other one serves", lambda: pair.holders() not in ([], [lost_one]), 30)
    took = time.monotonic() - cut
    time.sleep(SETTLE)
    if not connection.works():
        raise reference.Failed(f"{pair.what}: the open connection did not outlive the failure")
    asked = ask_the_other(ref, pair, lost_one, asking) if asking else (0, 0, 0.0, [])
    back = time.monotonic()
    pair.hosts.start(lost_one)
    pair.hosts.wait_for_tunnels()
    places.open_ways_in(ref, places.read(ref))
    time.sleep(2 * SETTLE)
    if pair.holders() == [lost_one]:
        raise reference.Failed(f"{pair.what}: {lost_one} took over again, which nobody needs")
    if not connection.works():
        raise reference.Failed(f"{pair.what}: the open connection did not outlive the return of {lost_one}")
    end = time.monotonic() - 0.5
    return lost_one, took, stream.counted(cut, back), stream.counted(back, end), asked


def prove(ref, runs, asker, say):
    failed, questions, slow, waited, differences = [], 0, 0, 0.0, []
    print(f"{'lost':<20}{'which':<12}{'run':>4}{'gap':>10}{'lost':>6}{'gap back':>10}{'lost':>6}{'taken over':>12}{'sender late':>13}")
    for pair in pairs(ref):
        pair.hosts.wait_for_tunnels()
        asking = asker(ref)
        connection = Connection(pair.space, pair.portal, 443)
        try:
            with Stream(pair.space, pair.resolver, 53) as stream:
                for number in range(1, runs + 1):
                    which, took, lost, back, asked = once(ref, pair, stream, connection, asking if number == 1 else None)
                    questions += asked[0]
                    slow, waited = slow + asked[1], max(waited, asked[2] if asked[1] else 0.0)
                    differences += [f"{pair.what}, while {which} is without power: {text}" for text in asked[3]]
                    late = max(lost.late, back.late)
                    print(f"{pair.what:<20}{which:<12}{number:>4}{lost.gap * 1000:>7.0f} ms{lost.lost:>6}{back.gap * 1000:>7.0f} ms"
                          f"{back.lost:>6}{took:>10.1f} s{late * 1000:>10.0f} ms", flush=True)
                    if not lost.lost:
                        failed.append(f"{pair.what}, run {number}: nothing was lost, so did anything lose its power?")
                    if lost.gap > LONGEST:
                        failed.append(f"{pair.what}, run {number}: {lost.said()}")
                    if back.lost:
                        failed.append(f"{pair.what}, run {number}, at the return: {back.said()}")
        finally:
            connection.close()
    say(f"nodes and gateways without power {2 * runs} times")
    for text in failed + differences[:20]:
        print(f"STANDING {text}")
    print(f"{2 * runs} machines lost and back, {len(failed)} too slow or with losses; {questions} asked of the others, "
          f"{len(differences)} differ, {slow} opened late ({waited:.0f} s)", flush=True)
    return not failed and not differences and questions > 0
