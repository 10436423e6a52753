"""What `cloison explain` says of sampled questions, by the resources alone, against the oracle, by the flows alone.

The matrix asks the network the same questions, so the three say one thing: what is declared, what is computed, what passes.
"""
import collections
import concurrent.futures
import json
import os

import yaml

import places
import reference

SHOWN = 20
OVERLAY = "compared.override.yaml"


def port_of(question):
    return "icmp/echo-request" if question.protocol == "icmp" else f"{question.protocol}/{question.port}"


def asked_of(ref, question):
    words = ref.command("explain", question.source.seen, question.target.asked, port_of(question), "--json", "-q")
    done = ref.call(*words, check=False)
    for line in done.stdout.splitlines():
        said = json.loads(line)
        if said["type"] == "explained":
            return said
    raise reference.Failed(f"{' '.join(words)}: status {done.returncode}\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def worth_asking(question):
    """Between machines of ours, and from them to the outside. Outer addresses are no part of the resources."""
    return not question.source.outside and not question.borrowed and not question.end and question.target.kind in ("inner", "outside") \
        and question.source.address not in question.source.name and question.source.seen != question.target.asked


def lines_of(ref, *words):
    """What a command says in JSON, by type."""
    done = ref.call(*ref.command(*words, "--json", "-q"), check=False)
    said = collections.defaultdict(list)
    for line in done.stdout.splitlines():
        one = json.loads(line)
        said[one["type"]].append(one)
    return said


def verified(ref, say):
    """All of it at once: guarantees hold, flows pass, nothing else does. Returns segments whose switch may pass what no node
    sees (CL6113), as far as `verify` can tell: of these the flows alone say nothing."""
    said = lines_of(ref, "verify")
    if not said["proved"]:
        raise reference.Failed("verify proved nothing")
    for proved in said["proved"]:
        wrong = {what: proved[what] for what in ("broken", "unknown", "closed", "beyond") if proved[what]}
        if wrong or not proved["open"]:
            raise reference.Failed(f"verify at {proved['at']}: {wrong or 'no flow at all'}; "
                                   f"{[finding for finding in said['finding'] if finding['what'] in ('closed', 'beyond')][:3]}")
    say(f"verify: {said['proved'][0]['proved']} guarantees, {said['proved'][0]['open']} pairs of flows, {len(said['proved'])} dates")
    return {finding["from"] for finding in said["finding"] if finding["what"] == "inside"}


def compared(ref, say):
    """A plan over what is live says that nothing opens or closes, and of one flow that is closed only that."""
    if lines_of(ref, "plan")["reach"]:
        raise reference.Failed(f"an empty plan opens or closes something: {lines_of(ref, 'plan')['reach'][:3]}")
    flow = next(flow for flow in places.read(ref).raw["flows"] if not {"when", "disabled", "starts", "expires"} & flow.keys())
    with open(os.path.join(ref.topology, OVERLAY), "w", encoding="utf-8") as out:
        yaml.safe_dump({"flows": [{"id": flow["id"], "disabled": True}]}, out)
    kept = list(ref.overlays)
    ref.overlays.append(OVERLAY)
    reach = lines_of(ref, "plan")["reach"]
    ref.overlays = kept
    os.remove(os.path.join(ref.topology, OVERLAY))
    if not reach or any(one["opens"] or flow["id"] not in one["reasons"] for one in reach):
        raise reference.Failed(f"closing {flow['id']} is told as {reach[:3]}")
    say(f"a plan that closes {flow['id']} says so")


def prove(ref, questions, number, say):
    switched = verified(ref, say)
    compared(ref, say)
    asked = [question for question in questions.sampled() if worth_asking(question)]
    known = [question for question in asked if not (question.source.segment in switched and question.target.segment == question.source.segment)]
    inside, asked = len(asked) - len(known), known
    # As many that are open as that are closed, where there are so many.
    opened = [question for question in asked if question.permitted]
    closed = [question for question in asked if not question.permitted]
    for some in (opened, closed):
        questions.random.shuffle(some)
    asked = opened[:number // 2] + closed[:number - min(number // 2, len(opened))]
    differ, verdicts = [], collections.Counter()
    with concurrent.futures.ThreadPoolExecutor(2) as workers:
        for question, said in zip(asked, workers.map(lambda one: asked_of(ref, one), asked)):
            verdicts[said["verdict"]] += 1
            if (said["verdict"] == "permitted") != bool(question.permitted):
                differ.append((question, said))
    for question, said in differ[:SHOWN]:
        last = (said["there"] + said["back"])[-1]
        print(f"DIFFERS {question.said()}: by the flows {question.permitted or 'closed'}; explained {said['verdict']}, "
              f"{last['what']} at {last['where']} {last['in']} {last['out']}: {last['rule']}{last['why']}", flush=True)
    say("questions are explained")
    print(f"{len(asked)} explained ({verdicts['permitted']} permitted), {len(differ)} differ from the flows; {inside} inside {', '.join(switched) or 'no segment'} left out", flush=True)
    if differ or not verdicts["permitted"] or verdicts["permitted"] == len(asked):
        raise reference.Failed("what is computed is not what is declared")
