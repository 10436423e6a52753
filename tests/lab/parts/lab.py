"""One lab: the description, and the parts that bring it up, change it and take it down."""
import os
import shutil
import subprocess
import time

import description
import machines as hardware
import processes
import report
from cables import Cables
from faults import Faults
from layout import BASE, HERE, Layout, all_labs
from namespaces import Failure, batch, run
from workloads import Workloads

INOTIFY = os.path.join(BASE, ".inotify-was")


class Lab:
    def __init__(self, layout, network, root):
        self.layout, self.network = layout, network
        self.cables = Cables(layout, network)
        self.machines = hardware.Machines(layout, network, root)
        self.workloads = Workloads(layout, network, self.cables, root)
        self.faults = Faults(layout, network, self.cables, self.workloads)

    @classmethod
    def current(cls, name):
        """The lab of that name, which must be up."""
        layout = Layout(name)
        kept = layout.read("network.json")
        if kept is None:
            raise Failure(f"the lab '{name}' is not up; ./dev lab up")
        return cls(layout, description.Network(kept["network"], kept["description"]), kept["root"])

    # --- up -----------------------------------------------------------------------------------------------------------
    @classmethod
    def up(cls, name, wanted, say):
        layout = Layout(name)
        network = description.load(wanted) if wanted else None
        with layout.lock():
            kept = layout.read("network.json")
            if not network:
                network = (description.Network(kept["network"], kept["description"]) if kept
                           else description.load("labanalyse"))
            if kept and kept["description"] != network.raw:
                raise Failure(f"the lab '{name}' is up with another network, {kept['network']}: ./dev lab down, or LAB=OTHER "
                              f"./dev lab up {network.name}")
            root = kept["root"] if kept else run_shown(os.path.join(HERE, "rootfs"))
            os.makedirs(layout.folder, mode=0o711, exist_ok=True)
            layout.write("network.json", {"network": network.name, "root": root, "description": network.raw})
            lab = cls(layout, network, root)
            with layout.lock("cables"):
                lab.workloads.connect(lab.start_all(say))
            lab.machines.wait(network.hosts.values())
            say("all answer")
            report.hand_over(lab)
            return lab

    def start_all(self, say):
        """Everything that is not there yet; returns the cables that were plugged in."""
        raise_inotify()
        if not os.path.exists(self.layout.path("id_ed25519")):
            run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"cloison-lab {self.layout.name}",
                "-f", self.layout.path("id_ed25519"))
        self.machines.prepare_disks()
        hosts = list(self.network.hosts.values())
        for host in hosts:
            self.machines.seed(host)
        self.cables.make_infrastructure()
        self.workloads.start_switches()
        new = self.workloads.make()
        off = [host for host in hosts if not self.machines.powered(host)]
        new += self.switch_on(off)
        self.workloads.start_responders()
        say(f"{report.counted(len(off), 'host')} to boot")
        return new

    def switch_on(self, hosts):
        """Boots hosts that are off, in new namespaces with new cables."""
        self.cables.unplug(hosts)
        new = self.plug_in(hosts)
        for host in hosts:
            self.machines.switch_on(host)
        return new

    def plug_in(self, hosts):
        self.cables.make_spaces(host.name for host in hosts)
        new = self.cables.plug([cable for host in hosts for cable in host.cables])
        self.faults.reapply(new)
        for host in hosts:
            for load in self.workloads.plugged_into(host):
                self.workloads.configure(load)
        return new

    # --- power, ordered from outside ----------------------------------------------------------------------------------
    def start(self, host, greeted=True):
        """Until its sshd answers ctl over the management network, unless the caller knows of another sign of life."""
        with self.layout.lock("cables"):
            if self.machines.powered(host):
                raise Failure(f"{host.name} is on already")
            self.workloads.connect(self.switch_on([host]))
        if greeted:
            self.machines.wait([host])

    def kill(self, host):
        with self.layout.lock("cables"):
            if not self.machines.powered(host):
                raise Failure(f"{host.name} is off already")
            self.machines.lose_power(host)
            self.cables.unplug([host])

    def reboot(self, host, seconds=90):
        """Orderly, through the host's own systemd, until its sshd answers again."""
        before = self.machines.system(host)
        self.machines.ask_reboot(host)
        self.wait_for_boot(host, before, seconds)
        self.machines.wait([host])

    def wait_for_boot(self, host, before, seconds=90):
        """Until it has another system than the one before."""
        until = time.monotonic() + seconds
        while self.machines.system(host) in (before, None):
            if not self.machines.powered(host):
                raise Failure(f"{host.name} went off instead of booting again")
            if time.monotonic() > until:
                raise Failure(f"{host.name} did not shut down in {seconds} s")
            time.sleep(0.05)

    # --- power, reported by `machine` ---------------------------------------------------------------------------------
    def booting_again(self, host):
        with self.layout.lock("cables"):
            if not self.machines.powered(host):
                raise Failure(f"{host.name} lost its power meanwhile")
            self.cables.unplug([host])
            self.workloads.connect(self.plug_in([host]))

    def switched_off(self, host):
        with self.layout.lock("cables"):
            if self.machines.powered(host):
                self.cables.unplug([host])


def down(name, say):
    """Takes away what `up` made, also after it ended half-way. Returns whether there was anything."""
    layout = Layout(name)
    with layout.lock():
        processes.end_group(layout.cgroup)
        last = True
        try:
            os.rmdir(os.path.dirname(layout.cgroup))
        except FileNotFoundError:
            pass
        except OSError:
            last = False  # another lab is up, perhaps with its files elsewhere
        there = layout.namespaces()
        batch(f"netns del {space}" for space in there)
        say(f"{len(there)} namespaces gone")
        if os.path.ismount(layout.machines()):
            run("umount", layout.machines())
        found = os.path.isdir(layout.folder) or bool(there)
        if os.path.isdir(layout.folder):
            shutil.rmtree(layout.folder)
        if last and not all_labs():
            lower_inotify()
        layout.forget_locks()
    try:
        os.rmdir(BASE)
    except OSError:
        pass  # another lab's
    return found


def run_shown(program):
    """A program whose complaints and progress the person sees, and whose last line is the answer."""
    done = subprocess.run([program], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{os.path.basename(program)} failed (status {done.returncode})")
    return done.stdout.strip().splitlines()[-1]


def raise_inotify():
    """Once for all labs; the last one that goes down puts the machine's own limit back."""
    if not os.path.exists(INOTIFY):
        with open(INOTIFY, "w", encoding="ascii") as file:
            file.write(f"{hardware.inotify()}\n")
    hardware.inotify(max(hardware.inotify(), 4096))


def lower_inotify():
    if os.path.exists(INOTIFY):
        with open(INOTIFY, encoding="ascii") as file:
            hardware.inotify(int(file.read()))
        os.unlink(INOTIFY)
