#!/usr/bin/python3
"""Kills cloison over the calls of an apply and a destroy on real servers, before, within and after a request.

    tests/crash/neutron.py --state STATE_DIR --binary CLOISON [--each N] [--seed N]

A proxy before the servers ends the process at a drawn call: before the request is forwarded, after
it was sent, or when the answer is complete but not yet passed on. What was sent arrives after the death.
The next run must end as if nothing had happened: nothing to do, no drift, each object of ours held by
exactly one row, none orphaned; after a destroy nothing of ours is left. Applies and destroys are killed in
turn, until each of the three instants has met N deaths.
"""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
sys.path.insert(0, os.path.join(TESTS, "openstack"))
sys.path.insert(0, os.path.join(TESTS, "openstack", "stack"))
sys.dont_write_bytecode = True

from lifecycle import Cloud, Failed, check  # noqa: E402

INSTANTS = ("before_forward", "after_forward", "before_answer")


class Proxy:
    def __init__(self, state):
        self.folder = tempfile.mkdtemp(prefix="cloison-proxy-")
        self.process = subprocess.Popen([sys.executable, os.path.join(TESTS, "support", "fault_proxy.py"), "--state", state,
                                         "--out", self.folder, "--die-with-parent"], stdout=subprocess.PIPE, text=True)
        self.control = json.loads(self.process.stdout.readline())["control"]

    def call(self, method, path, body=None):
        request = urllib.request.Request(self.control + path, method=method, data=json.dumps(body).encode() if body else None)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
            return json.loads(answer.read() or b"null")

    def kill_at(self, pid, number, instant, method):
        self.call("POST", "/rules", {"service": "network|compute", "method": method, "skip": number, "times": 1, "do": "pass",
                                     "run": {instant: {"signal": "KILL", "pid": pid}}})

    def writes(self):
        return sum(count for key, count in self.call("GET", "/count")["by"].items() if key.split()[-1] in ("POST", "PUT", "DELETE")
                   and not key.startswith("identity"))

    def reset(self):
        self.call("POST", "/reset")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


class Place:
    def __init__(self, binary, proxy):
        self.binary, self.proxy = binary, proxy
        self.folder = tempfile.mkdtemp(prefix="cloison-neutron-")
        shutil.copy(os.path.join(HERE, "network.yaml"), os.path.join(self.folder, "topology.yaml"))
        with open(os.path.join(proxy.folder, "clouds.json"), encoding="utf-8") as file:
            entry = json.load(file)["clouds"]["tester"]
        entry["region_name"] = "RegionOne"
        clouds = os.path.join(proxy.folder, "ours.yaml")
        with open(clouds, "w", encoding="utf-8") as file:
            json.dump({"clouds": {"ovh-gra": entry}}, file)
        self.environment = {key: value for key, value in os.environ.items() if not key.startswith("OS_")}
        self.environment.update(OS_CLIENT_CONFIG_FILE=clouds, NO_COLOR="1", HOME=self.folder)

    def start(self, *words):
        return subprocess.Popen([self.binary, *words, "-t", self.folder], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, env=self.environment)

    def run(self, *words, expect=0):
        process = self.start(*words)
        out, err = process.communicate(timeout=900)
        if process.returncode != expect:
            raise Failed(f"cloison {' '.join(words)}: exit {process.returncode}, expected {expect}\n{out[-2500:]}\n{err[-3000:]}")
        return out

    def rows(self):
        lines = [json.loads(line) for line in self.run("state", "list", "--json").splitlines() if line.strip()]
        return [line for line in lines if line.get("type") == "resource"]

    def counted(self, *words):
        """How many calls of a whole run change something: the instants are drawn over them."""
        self.proxy.reset()
        self.run(*words)
        return max(1, self.proxy.writes())

    def killed(self, words, number, instant, method="POST|PUT|DELETE"):
        """True when the process died at that call; False when it had fewer."""
        self.proxy.reset()
        process = self.start(*words)
        self.proxy.kill_at(process.pid, number, instant, method)
        _, err = process.communicate(timeout=900)
        self.proxy.call("DELETE", "/rules")
        if process.returncode == -signal.SIGKILL:
            return True
        check(process.returncode == 0, f"{words[0]}: exit {process.returncode}\n{err[-2500:]}")
        return False


def settled(place, cloud):
    place.run("plan", "--detailed-exitcode")
    place.run("drift")
    place.run("log", "--verify")
    rows = place.rows()
    ids = [row["remote_id"] for row in rows]
    check(len(ids) == len(set(ids)), "two rows hold one object")
    orphans = [item["id"] for item in cloud.ours() if item["id"] not in set(ids)]
    check(not orphans, f"orphaned: {orphans}")
    return len(rows)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", required=True)
    parser.add_argument("--binary", required=True)
    parser.add_argument("--each", type=int, default=10)
    parser.add_argument("--seed", type=int, default=7)
    arguments = parser.parse_args()
    cloud = Cloud(arguments.state)
    proxy = Proxy(arguments.state)
    draw = random.Random(arguments.seed)
    place = Place(os.path.abspath(arguments.binary), proxy)
    kills = dict.fromkeys(INSTANTS, 0)
    begun = time.monotonic()
    objects = 0
    try:
        check(not cloud.ours(), "the project already holds objects of ours")
        apply_calls = place.counted("apply", "--yes")
        destroy_calls = place.counted("destroy", "--yes")
        print(f"  {apply_calls} calls change something in an apply, {destroy_calls} in a destroy", flush=True)
        runs = 0
        while min(kills.values()) < arguments.each:
            runs += 1
            check(runs <= 4 * len(INSTANTS) * arguments.each, f"too few runs died at the drawn call: {kills}")
            apply_turn = runs % 2 == 1
            words, calls = (("apply", "--yes"), apply_calls) if apply_turn else (("destroy", "--yes"), destroy_calls)
            # Of those that still miss a death, another one each time, so that applies and destroys meet all of them.
            missing = [name for name in INSTANTS if kills[name] < arguments.each]
            instant = missing[(runs + runs // 2) % len(missing)]
            at = draw.randrange(calls)
            what = f"{words[0]} killed {instant} of call {at + 1}"
            try:
                died = place.killed(words, at, instant)
                kills[instant] += died
                before = {item["id"] for item in cloud.ours()}
                place.run(*words)
                if apply_turn:
                    replaced = before - {item["id"] for item in cloud.ours()}
                    check(not replaced, f"what the killed run had made was not kept: {sorted(replaced)}")
                    objects = settled(place, cloud)
                else:
                    left = cloud.ours()
                    check(not left, f"left: {json.dumps(left)[:500]}")
                    place.run("log", "--verify")
            except Failed as error:
                raise Failed(f"{what}: {error}") from None
            print(f"  {what}{'' if died else ' (it had fewer)'}: settled ({time.monotonic() - begun:.0f} s)", flush=True)
    except Failed as error:
        print(f"FAILED: {error}\nstate kept in {place.folder}")
        return 1
    finally:
        proxy.stop()
    shutil.rmtree(place.folder)
    print(f"{sum(kills.values())} kills over {objects} objects on real servers (" +
          ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in kills.items()) + "), every one settled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
