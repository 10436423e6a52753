"""What `cloison explain` says of sampled questions, by the resources alone, against the oracle, by the flows alone.

The matrix asks the network the same questions, so the three say one thing: what is declared, what is computed, what passes.
"""
import collections
import concurrent.futures
import json

import reference

SHOWN = 20


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


def prove(ref, questions, number, say):
    asked = [question for question in questions.sampled() if worth_asking(question)]
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
    print(f"{len(asked)} explained ({verdicts['permitted']} permitted), {len(differ)} differ from the flows", flush=True)
    if differ or not verdicts["permitted"] or verdicts["permitted"] == len(asked):
        raise reference.Failed("what is computed is not what is declared")
