"""Asks all questions at once, compares the answers with the oracle, and looks whether what is refused answers at all."""
import collections
import contextlib
import ipaddress
import json
import os
import re
import socket
import subprocess
import sys
import time

import processes
import reference
from layout import HERE as LAB_FOLDER
from layout import Layout
from namespaces import Failure, inside
from questions import Question
from responders import listener

LISTENERS = "host-listeners"
PARALLEL = 1200
SHOWN = 40


def ask(questions, timeout):
    """The answer to each question, in their order."""
    if not questions:
        return []
    orders = "\n".join(json.dumps(question.order(number, timeout)) for number, question in enumerate(questions))
    done = subprocess.run([os.path.join(LAB_FOLDER, "probe"), "batch", "--parallel", str(PARALLEL)], input=orders, text=True,
                          stdout=subprocess.PIPE, check=False)
    found = [json.loads(line) for line in done.stdout.splitlines()]
    broken = [answer for answer in found if "error" in answer]
    if broken or len(found) != len(questions):
        raise reference.Failed(f"{len(found)} answers to {len(questions)} probes; errors: {broken[:3]}")
    return sorted(found, key=lambda answer: answer["n"])


def listen_on_hosts(ref, questions):
    """Nodes and gateways answer on what they are asked for, so that a refusal is their filter's and not an empty port's."""
    layout, wanted = Layout(ref.lab), collections.defaultdict(set)
    old = processes.running(layout, LISTENERS)
    processes.stop(layout, LISTENERS)
    while old and processes.began(old):  # its ports are free when it is gone, not when it was told to go
        time.sleep(0.01)
    hosts = {host["namespace"] for host in ref.inventory()["hosts"]}
    for question in questions:
        if question.target.space in hosts and question.protocol != "icmp":
            wanted[question.target.space].add((question.protocol, question.port))
    places = []
    for space, ports in sorted(wanted.items()):
        free = [f"{protocol}/{port}" for protocol, port in sorted(ports) if is_free(space, protocol, port)]
        if free:
            places.append(f"{space}={','.join(free)}")
    if places:
        processes.start(layout, LISTENERS, [os.path.join(LAB_FOLDER, "probe"), "listen", *places])
        time.sleep(0.5)


def is_free(space, protocol, port):
    kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
    try:
        for family in (socket.AF_INET, socket.AF_INET6):
            with inside(space), contextlib.closing(listener(family, kind, port)):
                pass
    except OSError:
        return False
    return True


class Matrix:
    def __init__(self, ref, places, questions):
        self.ref, self.places, self.questions = ref, places, questions
        self.late = 0
        self.checked, self.differences, self.controls = 0, [], collections.Counter()

    def run(self, asked, borrowed_number=0, closed_each=0):
        listen_on_hosts(self.ref, asked)
        open_ones = [question for question in asked if question.permitted and question.permitted != ["intra"]]
        asked = asked + list(self.questions.borrowed(open_ones, borrowed_number)) + list(self.questions.one_ended(closed_each))
        answers = ask(asked, 1.2)
        answers = self.ask_again(asked, answers)
        for question, answer in zip(asked, answers):
            self.compare(question, answer)
        self.control(asked, answers)
        self.leases()

    def ask_again(self, asked, answers):
        """What should answer and did not, with more patience: a busy machine is no filter. Where that happens, what is shut
        may have been open too, so the report says how often."""
        late = [number for number, question in enumerate(asked) if question.permitted and answers[number]["verdict"] != "open"
                and not answers[number].get("arrived")]
        for number, answer in zip(late, ask([asked[number] for number in late], 4)):
            self.late += answer["verdict"] == "open"
            answers[number] = answer
        return answers

    def compare(self, question, answer):
        self.checked += 1
        if question.end == "egress":
            if bool(question.permitted) != answer["arrived"]:
                self.differ("should be open" if question.permitted else "should be closed", question, answer, ", ".join(question.permitted))
        elif question.permitted:
            if answer["verdict"] != "open":
                self.differ("should be open", question, answer, ", ".join(question.permitted))
            elif question.target.kind == "outside":
                self.compare_way_out(question, answer)
        elif self.leaked(question, answer):
            self.differ("should be closed", question, answer, "")

    def compare_way_out(self, question, answer):
        """As whom the Internet sees it: by no inner address, and by one of the site through which its segment leaves."""
        seen = answer.get("answer", "").partition("sees ")[2].split(" ")[0]
        ways = self.places.ways_out(question.source)
        if seen and (seen in (question.source.address, question.source.seen) if ways is None else seen not in ways):
            self.differ("goes out under its inner address" if ways is None else f"goes out as {seen}", question, answer,
                        ", ".join(question.permitted))

    def leaked(self, question, answer):
        """Whether something passed that should not. Under a borrowed address the answer goes elsewhere, so what has arrived
        counts, if the filter stands before the machine; on nodes and in the cloud it stands in the machine's namespace."""
        if not question.borrowed:
            return answer["verdict"] == "open"
        target = question.target
        if target.kind in ("inner", "real") and not target.segment.startswith("cloud.") and target.name not in self.questions.oracle.node_names:
            return answer.get("arrived", False)
        return answer["why"] == "seen by the witness"

    def differ(self, what, question, answer, why):
        self.differences.append((what, question, answer, why))

    # --- does it answer at all? ---------------------------------------------------------------------------------------
    def control(self, asked, answers):
        """Each refused target, protocol and port: answered to somebody else in this run, else to its own machine."""
        def key(question):
            return question.target.inner, question.protocol, question.port
        answered = {key(question) for question, answer in zip(asked, answers) if answer["verdict"] == "open" and not question.witness
                    and not question.borrowed}
        refused = {key(question): question for question, answer in zip(asked, answers)
                   if not question.permitted and answer["verdict"] != "open"}
        others = [question for found, question in refused.items() if found not in answered]
        own = [Question(OwnPlace(question.target), OwnTarget(question.target), question.protocol, question.port, ["itself"])
               for question in others]
        own = self.ask_again(own, ask(own, 2))
        self.controls["from elsewhere"] = len(refused) - len(others)
        self.controls["from itself"] = sum(answer["verdict"] == "open" for answer in own)
        silent = [question for question, answer in zip(others, own) if answer["verdict"] != "open"]
        self.controls["without control"] = len(silent)
        self.silent = silent

    def leases(self):
        """DHCP, which is always let through: each client has an address of its segment's range, and the segment's router."""
        for name, lease in self.places.clients.items():
            self.checked += 1
            segment = next((found for found in self.places.topo.segments for net in found.nets
                            if lease.get("router") == found.on_wire(net[1])), None)
            low, high = segment.dhcp if segment and segment.dhcp else (1, 0)
            first = segment and ipaddress.ip_address(segment.on_wire(segment.nets[0][0]))
            if not segment or int(ipaddress.ip_address(lease["ip"])) - int(first) not in range(low, high + 1):
                self.differences.append(("no lease of its segment", None, lease, name))

    # --- the report ---------------------------------------------------------------------------------------------------
    def report(self):
        for what, number in self.controls.items():
            print(f"{number} refused ports answer {what}" if what != "without control" else f"{number} refused ports are without control")
        if self.late:
            print(f"{self.late} answered to a second question only")
        for question in self.silent[:5]:
            print(f"  without control: {question.said()}")
        if self.questions.unseen:
            print(f"{self.questions.unseen} pairs are not probed: machines of one segment that no node sees here")
        groups = collections.defaultdict(list)
        for what, question, answer, why in self.differences:
            groups[(what, *group_of(question), why)].append((question, answer))
        for (what, *where, why), found in sorted(groups.items(), key=lambda item: (item[0][0], -len(item[1])))[:SHOWN]:
            question, answer = found[0]
            example = f"{question.said()}: {answer['verdict']}, {answer['why']}" if question else f"{why}: {answer}"
            print(f"DIFFERS {len(found)} × {what}{f' ({why})' if why else ''}: {' '.join(where)}\n    {example}")
        if len(groups) > SHOWN:
            print(f"… and {len(groups) - SHOWN} more groups")
        print(f"{self.checked} probed, {len(self.differences)} differ")
        sys.stdout.flush()
        return not self.differences


class OwnPlace:
    """A target as the source of a probe to itself."""
    outside = False

    def __init__(self, target):
        self.name, self.space, self.address = target.name, target.space, target.own


class OwnTarget:
    def __init__(self, target):
        self.name, self.space, self.asked, self.kind = target.name, target.space, target.own, "itself"


def group_of(question):
    if question is None:
        return ("", "", "", "", "")

    def place(end):  # all instances of a `for_each` together
        return re.sub("/[^.]+", "", end.segment or end.name)
    port = question.protocol if question.protocol == "icmp" else f"{question.protocol}/{question.port}"
    return (place(question.source), f"as {place(question.borrowed)}" if question.borrowed else "->",
            f"{place(question.target)} ({question.target.kind})", port, question.end)
