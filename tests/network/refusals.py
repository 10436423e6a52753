"""What a node refuses is in its log, what it lets pass is not. The hosts share this machine's kernel, so its log is looked at here."""
import contextlib
import os
import time

import failover

SHARED = "/proc/sys/net/netfilter/nf_log_all_netns"  # otherwise a host's packets are not logged at all


@contextlib.contextmanager
def logs_of_hosts():
    with open(SHARED, encoding="ascii") as text:
        before = text.read()
    with open(SHARED, "w", encoding="ascii") as out:
        out.write("1")
    try:
        yield
    finally:
        with open(SHARED, "w", encoding="ascii") as out:
            out.write(before)


def said_meanwhile(work):
    """The kernel's lines about refusals while that is done."""
    kernel = os.open("/dev/kmsg", os.O_RDONLY | os.O_NONBLOCK)
    try:
        os.lseek(kernel, 0, os.SEEK_END)
        work()
        time.sleep(0.2)
        lines = []
        with contextlib.suppress(BlockingIOError):
            while True:
                with contextlib.suppress(BrokenPipeError):  # lines that are gone already
                    lines.append(os.read(kernel, 8192).decode(errors="replace"))
        return [line for line in lines if "cloison refused" in line]
    finally:
        os.close(kernel)


def prove(ref, say):
    scene, wrong = failover.Scene(ref), []

    def ask():
        for port in (443, 4444):
            ref.call(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lab", "probe"), scene.space, scene.portal,
                     f"tcp/{port}", "--timeout", "1", check=False)
    with logs_of_hosts():
        lines = said_meanwhile(ask)
    mine = [line for line in lines if f"DST={scene.portal} " in line]
    if not any("cloison refused forward: " in line and "DPT=4444 " in line for line in mine):
        wrong.append(f"a refused packet is not in the log: {lines[-3:]}")
    if any("DPT=443 " in line for line in mine):
        wrong.append("a packet that passes is in the log of refusals")
    for text in wrong:
        print(f"REFUSALS {text}")
    say("what is refused is logged, what passes is not" if not wrong else "the log of refusals is WRONG")
    return not wrong
