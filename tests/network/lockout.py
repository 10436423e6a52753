"""That nobody locks himself out: rules that would close the way to the nodes are refused before anything changes, and a program
that ends after a change has taken effect and before it said so over a new connection leaves the node as it was.
"""
import os
import signal
import subprocess
import time

import hosts
import offline
import reference

OVERLAY = "management: {from: [admins]}\n"  # the program runs with the operators, who are no longer among them
TIMER = 60  # seconds after which a node goes back by itself
ARMED = "var/lib/cloison/armed"


def overlaid(ref, name):
    return [one for one in ref.overlays if one != name] + [name]


def refused(ref, scene, say):
    name = os.path.join(ref.folder, "lockout.override.yaml")
    with open(name, "w", encoding="utf-8") as out:
        out.write(OVERLAY)
    kept, before = ref.overlays, filters(scene)
    ref.overlays = overlaid(ref, name)
    try:
        for words in (("plan",), ("apply", "--yes")):
            done = ref.cloison(*words, statuses=range(256))
            text = done.stdout + done.stderr
            scene.must(done.returncode == 3 and "CL5419" in text, f"{words[0]} closes the way to all nodes: status {done.returncode}, {text[-800:]}")
    finally:
        ref.overlays = kept
    scene.must(filters(scene) == before, "a refused apply has changed a filter")
    ref.cloison("plan", "--detailed-exitcode")
    say("rules that would close the way to the nodes are refused")


def filters(scene):
    return {name: scene.hosts.on(name, "nft", "list", "table", "inet", "cloison") for name in scene.hosts.names}


def changed(before, after):
    return {name for name in before if before[name] != after[name]}


def armed(scene):
    """The nodes on which a change has taken effect and is not confirmed, by their disks."""
    machines = scene.hosts.lab.machines
    return [name for name in scene.hosts.names if os.path.exists(machines.folder(scene.hosts.lab.network.host(name), "upper", ARMED))]


def killed_with_a_change_under_way(ref, scene):
    """Starts an apply and ends it at the first node that has armed its timer. Returns the nodes that have."""
    process = subprocess.Popen(ref.command("apply", "--yes"), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    until = time.monotonic() + 60
    try:
        while not armed(scene):
            if process.poll() is not None or time.monotonic() > until:
                raise reference.Failed("an apply ended before a node was armed")
            time.sleep(0.002)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    time.sleep(2)  # what the nodes were asked for already, they still do
    return armed(scene)


def interrupted(ref, scene, say):
    before = filters(scene)
    scene.want_flow(True)
    concerned = killed_with_a_change_under_way(ref, scene)
    scene.must(scene.have_flow() & set(concerned), f"no change has taken effect on {concerned}, so none can go back")
    say(f"the program is killed, {' '.join(concerned)} not confirmed")
    took = hosts.until("the nodes have their former filters", lambda: changed(before, filters(scene)).isdisjoint(concerned), TIMER + 15)
    say(f"they have their former filters after {took:.0f} s")
    # The rest is put in force too, changed or not; a plan meanwhile would read a node that is at work.
    took += hosts.until("nodes are done with going back", lambda: not armed(scene), TIMER)
    said = ref.cloison("plan")
    text = " ".join((said.stdout + said.stderr).split())
    scene.must("CL5417" in text and all(name in text for name in concerned), f"a plan does not say that {concerned} went back: {text[-800:]}")
    say(f"they are done after {took:.0f} s, and a plan says so")
    scene.caught_up(scene.laboratories)
    scene.want_flow(False)
    scene.caught_up(())
    say("the next apply makes the change, another takes it away")


def prove(ref, say):
    scene = offline.Scene(ref)
    try:
        refused(ref, scene, say)
        interrupted(ref, scene, say)
    finally:
        scene.want_flow(False)
    for text in scene.wrong:
        print(f"LOCKOUT {text}")
    print(f"2 ways to be locked out, {len(scene.wrong)} wrong", flush=True)
    return not scene.wrong
