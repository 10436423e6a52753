"""Where a lab keeps its files, and what its namespaces and control groups are called.

Everything that a lab makes is found again by its name: files below /var/lib/cloison-lab/NAME, namespaces NAME-*,
control groups cloison-lab/NAME. So two labs of different names do not meet.
"""
import contextlib
import fcntl
import json
import os
import re

import namespaces
from namespaces import Failure

HERE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BASE = os.environ.get("CLOISON_LAB_STATE") or "/var/lib/cloison-lab"
CONTROL, INTERNET, SWITCHES = "ctl", "internet", "lan"  # namespaces of every lab, beside those of the providers


def control_groups():
    """Where this machine has its version 2 control groups, alone or beside version 1."""
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        for line in mounts:
            fields = line.split()
            if fields[2] == "cgroup2":
                return fields[1]
    raise Failure("this machine has no cgroup2 mounted, which systemd on the hosts needs")


def all_labs():
    """The names of the labs that have been started and not been taken down."""
    try:
        return sorted(name for name in os.listdir(BASE) if os.path.isdir(os.path.join(BASE, name)))
    except FileNotFoundError:
        return []


class Layout:
    def __init__(self, name):
        if not re.fullmatch("[a-z][a-z0-9]{0,7}", name):
            raise Failure(f"LAB={name}: a lab's name is at most eight letters and digits, and begins with a letter")
        self.name = name
        self.folder = os.path.join(BASE, name)
        self.cgroup = os.path.join(control_groups(), "cloison-lab", name)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def machines(self, *parts):
        """Below this is what hosts keep over a reboot: a file system of its own (see machines.py)."""
        return self.path("machines", *parts)

    def namespace(self, machine):
        return f"{self.name}-{machine}"

    def namespaces(self):
        return sorted(name for name in namespaces.names() if name.startswith(self.name + "-"))

    def exists(self):
        return os.path.exists(self.path("network.json"))

    @contextlib.contextmanager
    def lock(self, name="commands"):
        """One at a time. `commands`: what a person orders; `cables`: what may also happen by itself, as a reboot."""
        path = os.path.join(BASE, f".{self.name}.{name}")
        while True:
            os.makedirs(BASE, mode=0o711, exist_ok=True)
            try:
                file = open(path, "a", encoding="ascii")
            except FileNotFoundError:  # another lab's `down` removed the empty folder
                continue
            with file:
                fcntl.flock(file, fcntl.LOCK_EX)
                if os.path.exists(path) and os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
                    yield
                    return

    def forget_locks(self):
        """`down` leaves nothing behind. Who waits for a lock that is gone takes a new one."""
        for name in os.listdir(BASE):
            if name.startswith(f".{self.name}."):
                os.unlink(os.path.join(BASE, name))

    def read(self, name, default=None):
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return json.load(file)
        except FileNotFoundError:
            return default

    def write(self, name, value):
        partial = self.path(name + ".partial")
        with open(partial, "w", encoding="utf-8") as file:
            json.dump(value, file, indent=1, ensure_ascii=False)
            file.write("\n")
        os.replace(partial, self.path(name))
