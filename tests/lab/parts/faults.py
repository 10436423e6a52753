"""Breaks cables and mends them: without carrier, silently, or losing a part of what passes.

What is broken is kept in faults.json, so a machine that boots meanwhile finds its cable as broken as it was.
"""
from layout import SWITCHES
from namespaces import Failure, batch, firewall

CARRIER, SILENT, LOSS = "carrier", "silent", "loss"


class Faults:
    def __init__(self, layout, network, cables, workloads):
        self.layout, self.network, self.cables, self.workloads = layout, network, cables, workloads

    def current(self):
        """cable's key -> {"how", "percent"}"""
        return self.layout.read("faults.json", {})

    def chosen(self, what, machines):
        """The cables that `cut WHAT [MACHINE…]` means: an underlay's or the management network's, or an interface."""
        wanted = [self.network.machine(name).name for name in machines]
        cables = [cable for cable in self.network.cables if cable.kind != "none"]

        def ends(cable):
            return [cable.near, cable.far] if cable.kind == "port" else [cable.near]
        found = [cable for cable in cables if any(
            what in (cable.what, interface) and (not wanted or machine in wanted) for machine, interface in ends(cable))]
        if not found:
            of = f" of {' '.join(machines)}" if machines else ""
            raise Failure(f"there is no cable '{what}'{of}; there are: {' '.join(sorted({cable.what for cable in cables}))}")
        for name in wanted:
            if not any(machine == name for cable in found for machine, _ in ends(cable)):
                raise Failure(f"{name} has no cable '{what}'")
        if not wanted and what not in {*self.network.underlays, "management"}:
            raise Failure(f"'{what}' of which machine? cut {what} {found[0].near[0]}")
        return found

    def cut(self, what, machines, how, percent=0):
        cables = self.chosen(what, machines)
        if how != CARRIER:
            for cable in cables:
                if cable.far[0] == SWITCHES:
                    raise Failure(f"{cable.key} ends in a switch, which reads frames before a filter could drop them: "
                                  "cut it without --silent and --loss")
        faults = self.current()
        faults.update({cable.key: {"how": how, "percent": percent} for cable in cables})
        self.layout.write("faults.json", faults)
        self.apply(cables)
        return cables

    def heal(self, what=None, machines=()):
        """Everything, or what `cut` with the same words broke."""
        faults = self.current()
        cables = (self.chosen(what, machines) if what else
                  [cable for cable in self.network.cables if cable.key in faults])
        healed = [cable for cable in cables if faults.pop(cable.key, None)]
        self.layout.write("faults.json", faults)
        self.apply(healed)
        for load in self.network.workloads.values():
            if load.cable in healed:
                self.workloads.configure(load)
        return healed

    def apply(self, cables):
        """Brings the far ends of these cables into the state that is written down."""
        faults, rules, links = self.current(), {}, {}
        for cable in cables:
            machine, interface = cable.far
            if interface not in self.cables.interfaces(machine):
                continue  # its machine is off
            fault = faults.get(cable.key, {"how": None})
            if cable.kind != "none":
                links.setdefault(machine, []).append(f"link set {interface} {'down' if fault['how'] == CARRIER else 'up'}")
            rules.setdefault(machine, []).append(filter_of(interface, fault))
        for machine, lines in links.items():
            batch(lines, self.cables.space(machine))
        for machine, texts in rules.items():
            firewall(self.cables.space(machine), "".join(texts))

    def reapply(self, cables):
        """After cables were plugged in anew: only those that are broken need anything."""
        faults = self.current()
        self.apply([cable for cable in cables if cable.key in faults])


def filter_of(interface, fault):
    """Drops on both ways of one interface, ARP and all; or no filter any more."""
    table = f"table netdev cut-{interface}"
    text = f"{table}\ndelete {table}\n"
    if fault["how"] in (SILENT, LOSS):
        drop = "drop" if fault["how"] == SILENT else f"numgen random mod 100 < {fault['percent']} drop"
        chains = "".join(f"  chain {hook} {{\n    type filter hook {hook} device \"{interface}\" priority -500\n    {drop}\n  }}\n"
                         for hook in ("ingress", "egress"))
        text += f"{table} {{\n{chains}}}\n"
    return text


def said(fault):
    return {CARRIER: "no carrier", SILENT: "silent", LOSS: f"loses {fault['percent']} %"}[fault["how"]]


