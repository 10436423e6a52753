"""What `cloison simulate` foretells of failures, against what the lab does in them: which pairs of flows pass, and by which way.

Each failure is caused in the lab. Of the pairs that it touches, and of some that it does not, one packet each is sent and
answered before it, in it and after it; hosts' interfaces are watched meanwhile. In the failure a pair has to answer, or not,
as foretold, and its packets and answers have to pass the devices and interfaces that were foretold, tunnels among them, and
these the outer interfaces that they leave by.

Of machines that stand in for each other the first serves as long as it is there: so the model has it, and so the stage begins.
"""
import collections
import dataclasses
import ipaddress
import random
import time

import causes
import explained
import hosts
import matrix
import places
import reference
import topology
from namespaces import names, run
from questions import Question
from watching import Watching

TOUCHED, OTHERS = 60, 12  # pairs asked of each failure, at most
SETTLED_AFTER, LONGEST, AGAIN = 4, 60, 1  # seconds: a failure needs to be noticed, at most until all is as foretold, between
SHOWN = 12
PASSES = ("kept", "opened")


@dataclasses.dataclass
class Pair:
    """One line of `cloison simulate --ways`."""
    name: str
    outcome: str
    packets: list
    there: list
    back: list

    @classmethod
    def of(cls, line):
        return cls(line["id"], line["outcome"], line["packets"], [way["steps"] for way in line["there"]], [way["steps"] for way in line["back"]])


@dataclasses.dataclass
class Asked:
    """A packet of a pair, of which something is foretold in a failure (`pair`) and while everything works (`control`)."""
    pair: Pair
    control: Pair
    question: Question
    touched: bool

    def key(self):
        question = self.question
        return question.protocol, question.source.address, question.target.asked, question.port


class Foretelling:
    """All that simulate says of one kind of call, by failure."""
    def __init__(self, ref, *words):
        said = explained.lines_of(ref, "simulate", "--ways", *words)
        if not said["simulated"]:
            raise reference.Failed(f"simulate {' '.join(words)} foretold nothing: {said['diagnostic'][:3]}")
        self.working, self.failures = {}, collections.defaultdict(dict)
        for line in said["failure"]:
            self.failures[line["scenario"], tuple(sorted(line["down"]))] = {}
        for line in said["pair"]:
            known = self.failures[line["scenario"], tuple(sorted(line["down"]))] if line["down"] else self.working
            known[line["id"]] = Pair.of(line)

    def of(self, cause):
        found = self.failures.get((cause.scenario, tuple(sorted(cause.down))))
        if found is None:
            raise reference.Failed(f"simulate does not speak of {cause.said()}")
        return found


def ends_of(text):
    """"10.0.0.0/24", "10.0.0.5-10.0.0.9", "any" as two numbers."""
    if text == "any":
        return 0, (1 << 128) - 1
    first, _, last = text.partition("-")
    net = ipaddress.ip_network(first)
    return int(net[0]), int(ipaddress.ip_address(last)) if last else int(net[-1])


def boxes_of(pair):
    """(sources, targets, protocol, first port) of the packets of a pair."""
    for text in pair.packets:
        source, _, target, service = text.split(" ", 3)
        protocol, _, port = service.partition("/")
        yield ends_of(source), ends_of(target), protocol, int(port.partition("-")[0]) if port[:1].isdigit() else 0


class Asking:
    """Which packets there are of a pair between places of the lab."""
    def __init__(self, ref, topo, rand):
        self.ref, self.topo, self.random = ref, topo, rand
        self.places = places.Places(ref, topo)

    def questions_of(self, pair):
        found = {}
        for sources, targets, protocol, port in boxes_of(pair):
            for source in self.places.sources:
                seen = ipaddress.ip_address(source.seen)
                if not sources[0] <= int(seen) <= sources[1]:
                    continue
                for target in self.places.targets:
                    known = ipaddress.ip_address(target.inner)
                    if targets[0] <= int(known) <= targets[1] and known.version == seen.version and self.sensible(source, target):
                        found[source.name, source.address, target.asked, protocol, port] = Question(source, target, protocol, port, [pair.name])
        return list(found.values())

    def sensible(self, source, target):
        """From outside a machine of the cloud is reached by its floating address, all others by the one that is declared."""
        wanted = "floating" if source.outside and target.segment.startswith("cloud.") else "outer" if source.outside and not target.segment else "inner"
        return target.kind == wanted and source.space != target.space

    def chosen(self, pair, ways, control):
        """One of them of which both ends are on a way that is foretold, where there has to be one; and on one now."""
        def on(one, some):
            return not some or any(fits(one, way[0], way[-1], self.topo) for way in some)
        fitting = [one for one in self.questions_of(control) if on(one, ways) and on(one, control.there)]
        return self.random.choice(fitting) if fitting else None


def is_at(place, step, topo):
    """Whether a machine of the lab is where a way begins or ends."""
    where = "outside" if step["what"] == "leaves" else step["where"]
    if where == "outside":
        return getattr(place, "outside", getattr(place, "kind", "") == "outside")
    if " vlan " in where:  # of machines on premises, their switch
        site, _, vlan = where.partition(" vlan ")
        return any(place.segment.startswith(f"{site}.") and vlan_of(topo, segment) == vlan for segment in topo.segments if segment.path == place.segment) \
            and place.name not in {node.name for node in topo.nodes}
    if "node/" in where:
        return where.partition("node/")[2] == place.name
    if where.removesuffix(".node") == place.name:
        return True
    stranger = where not in {machine.path for machine in topo.machines}  # one whom a tunnel knows by its key or address
    return stranger and place.segment.endswith((".tablets", ".support"))


def vlan_of(topo, segment):
    site = topo.raw["sites"][segment.site]
    block = topology.filled(site, dict(topo.instances(site))[segment.key])
    return str(block.get("segments", {}).get(segment.path.partition(".")[2], {}).get("vlan", ""))


def fits(question, first, last, topo):
    return is_at(question.source, first, topo) and is_at(question.target, last, topo)


class Play:
    """One failure: what is asked of whom in it, and what came of that."""
    def __init__(self, ref, topo, there, rand, foretold, cause):
        self.ref, self.topo, self.hosts, self.random, self.cause = ref, topo, there, rand, cause
        self.touched, self.failed, self.skipped, self.differ = foretold.of(cause), [], 0, 0
        self.asked = self.prepared(foretold)

    # --- what to ask ------------------------------------------------------------------------------------------------
    def prepared(self, foretold):
        """Of each pair that the failure touches one packet, up to a bound; of some others too."""
        asking, asked = Asking(self.ref, self.topo, self.random), []
        for name, pair in self.touched.items():
            control = foretold.working.get(name, Pair(name, "closed", pair.packets, [], []))
            question = asking.chosen(pair, pair.there if pair.outcome in PASSES else [], control)
            self.skipped += question is None
            if question and self.cause.does(pair, question):
                asked.append(Asked(pair, control, question, True))
        asked = self.spread(asked)
        others = [pair for name, pair in foretold.working.items() if name not in self.touched]
        self.random.shuffle(others)
        for pair in others:
            if sum(not one.touched for one in asked) >= OTHERS:
                break
            question = asking.chosen(pair, pair.there, pair)
            if question and self.cause.does(pair, question):
                asked.append(Asked(pair, pair, question, False))
        # No two with the same packets, which could not be told apart on the way.
        return list({one.key(): one for one in asked}.values())

    def spread(self, asked):
        """Up to the bound, of every outcome some."""
        self.random.shuffle(asked)
        by_outcome = collections.defaultdict(list)
        for one in asked:
            by_outcome[one.pair.outcome].append(one)
        kept, queues = [], list(by_outcome.values())
        while queues and len(kept) < TOUCHED:
            queues = [queue for queue in queues if queue]
            for queue in queues[:TOUCHED - len(kept)]:
                kept.append(queue.pop())
        return kept

    # --- asking -----------------------------------------------------------------------------------------------------
    def look(self, failed):
        """Sends all; what is otherwise than foretold, as texts. `failed`: in the failure, else while everything works."""
        with Watching(self.hosts, {one.key() for one in self.asked}, causes.mates(self.topo) if self.cause.either else {}) as seen:
            answers = self.answers([one.question for one in self.asked])
        wrong = {}
        for one, answer in zip(self.asked, answers):
            pair = one.pair if failed else one.control
            if (pair.outcome in PASSES) != (answer["verdict"] == "open"):
                text = f"foretold {pair.outcome}, {answer['verdict']} ({answer['why']})"
            elif pair.outcome in PASSES:
                there = [way for way in pair.there if fits(one.question, way[0], way[-1], self.topo)]
                back = [way for way in pair.back if fits(one.question, way[-1], way[0], self.topo)]
                text = seen.differs(one.key(), there, back)
            else:
                text = ""
            if text:
                wrong[one.key()] = f"{one.question.said()}, {pair.name}: {text}"
        return wrong, seen

    @staticmethod
    def answers(questions):
        """Who is without power, or without the card by which it hangs on somebody who is, asks nothing."""
        there = names()
        held = {space: run("ip", "-n", space, "-br", "address") for space in {question.source.space for question in questions} if space in there}
        asking = [question for question in questions if f" {question.source.address}/" in held.get(question.source.space, "")]
        found = {id(question): answer for question, answer in zip(asking, matrix.ask(asking, 1.2))}
        return [found.get(id(question), {"verdict": "filtered", "why": "who asks is off or has no card"}) for question in questions]

    def until_as_foretold(self, failed, first, when):
        """Asks until all is as foretold, and then once more, as what comes and goes is not there."""
        begun = time.monotonic()
        time.sleep(first)
        while True:
            wrong, seen = self.look(failed)
            if not wrong:
                wrong, seen = self.look(failed)
            if not wrong or time.monotonic() - begun > LONGEST:
                break
            if not self.cause.either:  # on a machine that is too busy one of a pair takes over for no other reason
                causes.first_ones_serve(self.ref, self.topo, self.hosts, True)
            time.sleep(AGAIN)
        self.failed += [f"{self.cause.said()}, {when}: {text}" for text in wrong.values()]
        for text in list(wrong.values())[:SHOWN]:
            print(f"    DIFFERS {when}: {text}", flush=True)
        return wrong, seen, time.monotonic() - begun

    # --- before, in and after it --------------------------------------------------------------------------------------
    def before(self):
        matrix.listen_on_hosts(self.ref, [one.question for one in self.asked])
        self.until_as_foretold(False, 0, "before it")

    def meanwhile(self, settled=SETTLED_AFTER):
        wrong, seen, took = self.until_as_foretold(True, settled, "in it")
        self.differ = len(wrong)
        outcomes = collections.Counter(one.pair.outcome for one in self.asked if one.touched)
        told = [f"{number} {name}" for name, number in sorted(outcomes.items())] + [f"{sum(not one.touched for one in self.asked)} untouched"]
        print(f"{self.cause.said()}: {len(self.touched)} pairs foretold, {len(self.asked)} observed ({', '.join(told)}), {len(wrong)} differ; "
              f"ways by {seen.said()}; {took:.1f} s" + (f"; {self.skipped} have no machine here" if self.skipped else ""), flush=True)

    def after(self):
        self.cause.wait()
        places.open_ways_in(self.ref, self.topo)
        if not self.cause.either:
            causes.first_ones_serve(self.ref, self.topo, self.hosts)
        matrix.listen_on_hosts(self.ref, [one.question for one in self.asked])
        _, _, took = self.until_as_foretold(False, 0, "after it")
        print(f"    all as before {took:.1f} s after that", flush=True)


class Beside:
    """For a stage that causes a failure for reasons of its own: what was foretold of it is looked at while it lasts.

    Who of those that stand in for each other serves is then as it happens to be."""
    def __init__(self, ref, seed, scenario, down, does=lambda pair, question: True):
        topo = places.read(ref)
        print(f"seed {seed}", flush=True)
        cause = causes.Cause(down, None, None, None, scenario, True, does)
        self.play = Play(ref, topo, hosts.Hosts(ref), random.Random(seed), Foretelling(ref, scenario), cause)
        self.play.before()

    def meanwhile(self):
        self.play.meanwhile(0)

    def failed(self):
        return self.play.failed


def prove(ref, seed, say):
    print(f"seed {seed}", flush=True)
    topo, there, rand = places.read(ref), hosts.Hosts(ref), random.Random(seed)
    foretold, failed, counts = Foretelling(ref, "--all-single"), [], collections.Counter()
    for cause in causes.Causes(ref, topo, there).all():
        causes.first_ones_serve(ref, topo, there)
        play = Play(ref, topo, there, rand, foretold, cause)
        play.before()
        cause.begin()
        try:
            play.meanwhile()
        finally:
            cause.end()
        play.after()
        counts.update(failures=1, pairs=len(play.asked), differ=play.differ)
        failed += play.failed
    say("failures were caused and healed")
    print(f"{counts['failures']} failures foretold, {counts['pairs']} pairs observed, {counts['differ']} differ, {len(failed)} wrong in all", flush=True)
    return not failed
