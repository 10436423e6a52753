"""The lab's hosts from inside, as root without their sshd: what the stages do to them by hand, and when tunnels stand."""
import json
import time

import reference  # also finds the lab's own modules
from lab import Lab
from namespaces import Failure, run


class Hosts:
    def __init__(self, ref):
        self.ref, self.lab = ref, Lab.current(ref.lab)
        self.names = [name for name in self.lab.network.hosts if name != reference.VENDOR]  # those that cloison configures

    def on(self, name, *argv):
        """What a program says on a host; a failure of it is one of the stage."""
        return self.lab.machines.run_inside(self.lab.network.host(name), list(argv))

    def shell(self, name, text):
        return self.on(name, "sh", "-euc", text)

    def device(self, name, address):
        """By which interface a host forwards to an address now; nothing where there is no way."""
        try:
            found = json.loads(run("ip", "-n", self.ref.space(name), "-j", "route", "get", address))
        except Failure:
            return ""
        return found[0].get("dev", "")

    # --- power ------------------------------------------------------------------------------------------------------
    # A node's filter is shut to the lab's management network, so nobody waits for an answer from there.
    def reboot(self, names):
        """All at once, each through its own systemd."""
        hosts = [self.lab.network.host(name) for name in names]
        before = {host.name: self.lab.machines.system(host) for host in hosts}
        for host in hosts:
            self.lab.machines.ask_reboot(host)
        for host in hosts:
            self.lab.wait_for_boot(host, before[host.name])

    def kill(self, name):
        self.lab.kill(self.lab.network.host(name))

    def start(self, name):
        self.lab.start(self.lab.network.host(name), greeted=False)

    # --- tunnels ----------------------------------------------------------------------------------------------------
    def down(self, name):
        """The neighbours with whom a host's session, or its BFD, does not stand. A host without FRR has no answer."""
        said = json.loads(self.on(name, "vtysh", "-c", "show bgp summary json"))
        peers = {peer: about for family in said.values() for peer, about in family.get("peers", {}).items()}
        watched = {peer["peer"] for peer in json.loads(self.on(name, "vtysh", "-c", "show bfd peers json")) if peer["status"] == "up"}
        return [peer for peer, about in peers.items() if about["state"] != "Established" or peer not in watched] if peers else ["all"]

    def wait_for_tunnels(self, names=None, seconds=60):
        """Until every session of these hosts stands; returns how long that took."""
        begun, left = time.monotonic(), list(names or self.names)
        while left:
            waiting = {name: self.why_not(name) for name in left}
            left = [name for name in left if waiting[name]]
            if left and time.monotonic() - begun > seconds:
                raise reference.Failed(f"after {seconds} s the tunnels do not stand: "
                                       + "; ".join(f"{name}: {waiting[name]}" for name in left))
            time.sleep(0.2 if left else 0)
        return time.monotonic() - begun

    def why_not(self, name):
        try:
            return ", ".join(self.down(name))
        except (Failure, ValueError) as error:  # it boots, or FRR does
            try:
                return str(error) if self.shell(name, "ls /etc/cloison/tunnels.d 2>/dev/null || :") else ""
            except Failure:
                return str(error)


def until(what, condition, seconds):
    """Waits for something; returns how long it took, and fails with `what` if it does not come."""
    begun = time.monotonic()
    while not condition():
        if time.monotonic() - begun > seconds:
            raise reference.Failed(f"after {seconds} s still not: {what}")
        time.sleep(0.1)
    return time.monotonic() - begun
