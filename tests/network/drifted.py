"""Reads what a plan says of drift, and lets an apply mend it."""
import json


class Plan:
    """The drift and the changes of a plan, by address."""
    def __init__(self, ref, *words):
        done = ref.cloison("plan", "--detailed-exitcode", "--json", *words, statuses=(0, 2))
        self.status, self.notes = done.returncode, done.stderr
        self.events = [json.loads(line) for line in done.stdout.splitlines()]
        self.drift = {event["address"]: event for event in self.events if event["type"] == "drift"}
        self.changes = {event["address"]: event for event in self.events if event["type"] == "change"}

    def said(self, address):
        """All that is said of an address: attributes with their values, what was added and removed."""
        return json.dumps(self.drift[address], ensure_ascii=False)


def origins(change):
    return [origin for origin in change.get("origins", []) if origin.get("where", {}).get("file") and origin["where"].get("line")]


def named(ref, wanted, alone):
    """What is wrong with a plan that should show drift at each of `wanted` (beginnings of addresses), and only below `alone`."""
    plan = Plan(ref)
    wrong = [f"a plan does not name {begin}" for begin in sorted(wanted) if not any(address.startswith(begin) for address in plan.drift)]
    wrong += [f"a plan names {address}, where nobody was" for address in {*plan.drift, *plan.changes} if not address.startswith(alone)]
    wrong += [f"a plan does not mend {address}" for address in plan.drift if address not in plan.changes]
    wrong += [f"a plan tells no origin of {address}" for address, change in plan.changes.items() if not origins(change)]
    return wrong


def mended(ref):
    """What is wrong after an apply."""
    ref.cloison("apply", "--yes")
    left = Plan(ref)
    return [f"after an apply, a plan still has {address}" for address in {*left.drift, *left.changes}]
