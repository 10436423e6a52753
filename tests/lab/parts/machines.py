"""The hosts: what an administrator gave them before cloison came, switching them on and off, and waiting for sshd."""
import os
import selectors
import shlex
import shutil
import socket
import subprocess
import time
import uuid

import processes
from layout import CONTROL, HERE
from namespaces import Failure, inside, run

USER = "cloison"
USER_ID = 1000  # the first account of a Debian, made in `rootfs`
KEY_TYPES = ("ed25519", "ecdsa")

SSHD = """# As a careful administrator leaves it: keys only, and nobody logs in as root.
PasswordAuthentication no
PermitRootLogin no
"""
JOURNAL = """[Journal]
SystemMaxUse=16M
"""


class Machines:
    def __init__(self, layout, network, root):
        self.layout, self.network, self.root = layout, network, root

    def folder(self, host, *parts):
        return self.layout.machines(host.name, *parts)

    def group(self, host):
        return os.path.join(self.layout.cgroup, "host-" + host.name)

    def system(self, host):
        """The number of the host's systemd, seen from here; None while it is off."""
        return processes.recorded(self.folder(host, "pid"))

    def powered(self, host):
        return processes.running(self.layout, "machine-" + host.name)

    # --- what is on the disk ----------------------------------------------------------------------------------------
    def prepare_disks(self):
        """A place for the hosts' writable layers, in memory: some 2 MB for each host, nothing to wait for when databases
        and journals of many hosts are synced, and gone at once. It also works where files lie in an overlay already."""
        place = self.layout.machines()
        os.makedirs(place, exist_ok=True)
        if not os.path.ismount(place):
            run("mount", "-t", "tmpfs", "-o", "mode=711", "cloison-lab", place)

    def seed(self, host):
        """What the host has of its own before its first boot; what it writes later lies in the same layer."""
        if os.path.isdir(self.folder(host, "upper")):
            return
        top = self.folder(host, "new")
        shutil.rmtree(top, ignore_errors=True)
        for name, mode in (("work", 0o700), ("root", 0o755)):
            os.makedirs(self.folder(host, name), mode=mode, exist_ok=True)
        os.makedirs(top)
        os.chmod(top, 0o755)

        def place(path, text, mode=0o644):
            file = os.path.join(top, path)
            os.makedirs(os.path.dirname(file), exist_ok=True)
            with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as out:
                out.write(text)
        place("etc/hostname", host.name + "\n")
        place("etc/hosts", f"127.0.0.1 localhost\n127.0.1.1 {host.name}\n::1 localhost ip6-localhost ip6-loopback\n")
        place("etc/machine-id", uuid.uuid4().hex + "\n", 0o444)
        place("etc/ssh/sshd_config.d/administrator.conf", SSHD)
        place("etc/systemd/journald.conf.d/administrator.conf", JOURNAL)
        for cable in host.cables:
            if cable.near_addresses:
                # Sorts before what cloison may write; an interface takes the first file that matches it.
                place(f"etc/systemd/network/10-administrator-{cable.near[1]}.network", networkd(cable))
        if host.emulated:
            seed_kernel(self.layout.name, host, top, place)
        if host.sudo:
            place(f"etc/sudoers.d/{USER}", f"{USER} ALL=(ALL:ALL) NOPASSWD: ALL\n", 0o440)
        for kind in KEY_TYPES:
            run("ssh-keygen", "-q", "-t", kind, "-N", "", "-C", f"root@{host.name}",
                "-f", os.path.join(top, f"etc/ssh/ssh_host_{kind}_key"))
        with open(self.layout.path("id_ed25519.pub"), encoding="ascii") as key:
            place(f"home/{USER}/.ssh/authorized_keys", key.read(), 0o600)
        os.chmod(os.path.join(top, "home", USER), 0o700)
        os.chmod(os.path.join(top, "home", USER, ".ssh"), 0o700)
        for path, _, files in os.walk(os.path.join(top, "home", USER)):
            for name in (".", *files):
                os.chown(os.path.join(path, name), USER_ID, USER_ID)
        os.rename(top, self.folder(host, "upper"))

    # --- power ------------------------------------------------------------------------------------------------------
    def switch_on(self, host):
        """The namespace and the cables must be there."""
        console = self.folder(host, "console")
        with open(console, "ab"):
            pass
        os.makedirs(self.group(host), exist_ok=True)
        processes.start(self.layout, "machine-" + host.name,
                        [os.path.join(HERE, "emulated" if host.emulated else "machine"), host.name, self.layout.namespace(host.name), self.group(host),
                         self.folder(host), self.root], output=console)

    def lose_power(self, host):
        """As when the plug is pulled: every process at once. The caller takes the cables out."""
        processes.stop(self.layout, "machine-" + host.name)
        system = self.system(host)
        if system:
            processes.end(system)
            while self.system(host):  # the first process is gone after all others of its namespace
                time.sleep(0.01)

    def ask_reboot(self, host):
        # A moment later, so that a session has its answer.
        self.run_inside(host, ["systemd-run", "-q", "--no-block", "--on-active=200ms", "systemctl", "--no-block", "reboot"])

    def run_inside(self, host, argv):
        done = subprocess.run(self.enter(host, argv), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise Failure(f"{host.name}: {' '.join(argv)}: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def enter(self, host, argv):
        """The command line that runs another one on the host, as root, without needing its sshd where the kernel is this
        machine's."""
        system = self.system(host)
        if not system:
            raise Failure(f"{host.name} is off; ./dev lab start {host.name}")
        if host.emulated:
            return ["ip", "netns", "exec", self.layout.namespace(CONTROL), "ssh", "-q", "-i", self.layout.path("id_ed25519"),
                    "-o", f"UserKnownHostsFile={self.layout.path('known_hosts')}", "-o", "BatchMode=yes",
                    f"{USER}@{outermost(host)}", "sudo -n " + shlex.join(argv)]
        return ["nsenter", "--target", str(system), "--mount", "--uts", "--ipc", "--net", "--pid", "--cgroup", "--root", "--wdns=/", "--",
                "/usr/bin/env", "-i", f"TERM={os.environ.get('TERM', 'dumb')}", "HOME=/root", "USER=root", "LANG=C.UTF-8",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", *argv]

    # --- sshd -------------------------------------------------------------------------------------------------------
    def greeted(self, hosts, seconds=0.4):
        """Those whose sshd says its name to ctl within that time, all asked at once."""
        waiting = selectors.DefaultSelector()
        found = set()
        with inside(self.layout.namespace(CONTROL)):
            for host in hosts:
                asker = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
                asker.connect_ex((host.address, 22))
                waiting.register(asker, selectors.EVENT_READ, host)
        until = time.monotonic() + seconds
        while waiting.get_map() and time.monotonic() < until:
            for key, _ in waiting.select(until - time.monotonic()):
                try:
                    if key.fileobj.recv(8).startswith(b"SSH-"):
                        found.add(key.data.name)
                except OSError:
                    pass
                waiting.unregister(key.fileobj)
                key.fileobj.close()
        for key in list(waiting.get_map().values()):
            key.fileobj.close()
        waiting.close()
        return found

    def wait(self, hosts, seconds=90):
        """Until the sshd of each answers."""
        until = time.monotonic() + seconds
        left = list(hosts)
        while left:
            answered = self.greeted(left)
            left = [host for host in left if host.name not in answered]
            for host in left:
                if not self.powered(host):
                    raise Failure(f"{host.name} went off while it booted; see {self.folder(host, 'console')}")
            if left and time.monotonic() > until:
                names = " ".join(host.name for host in left)
                raise Failure(f"no sshd after {seconds} s on: {names}; ./dev lab shell {left[0].name} journalctl -b")
            time.sleep(0.05)


def outermost(host):
    """Where sshd answers ctl also when a filter is shut to the management network."""
    return next((address.partition("/")[0] for cable in host.cables if cable.kind == "underlay"
                 for address in cable.near_addresses), host.address)


def seed_kernel(lab, host, top, place):
    """What only a kernel of one's own has a use for: udev, which names the cards."""
    for cable in host.cables:
        end = (host.name, next(end[1] for end in (cable.near, cable.far) if end[0] == host.name))
        place(f"etc/systemd/network/10-administrator-{end[1]}.link",
              f"[Match]\nMACAddress={cable.card(lab, end)}\nDriver=virtio_net\n\n[Link]\nName={end[1]}\n")
    for unit in ("systemd-udevd.service", "systemd-udevd-control.socket", "systemd-udevd-kernel.socket"):
        os.makedirs(os.path.join(top, "etc/systemd/system"), exist_ok=True)
        os.symlink("/lib/systemd/system/" + unit, os.path.join(top, "etc/systemd/system", unit))


def networkd(cable):
    """The administrator's file for one interface: addresses, and a default route on underlays."""
    lines = ["[Match]", f"Name={cable.near[1]}", "", "[Network]", "IPv6AcceptRA=no"]
    lines += [f"Address={address}" for address in cable.near_addresses]
    for address in cable.far_addresses:
        lines += ["", "[Route]", f"Gateway={address.partition('/')[0]}", f"Metric={cable.metric}"]
    return "\n".join(lines) + "\n"


def host_key(machines, host, kind="ed25519"):
    with open(machines.folder(host, "upper", f"etc/ssh/ssh_host_{kind}_key.pub"), encoding="ascii") as key:
        return key.read().split()[:2]


def inotify(value=None):
    """Gives the machine's limit of inotify instances, and sets it. A systemd takes about five of them; the kernel's own
    limit of 128 ends at some 25 hosts."""
    path = "/proc/sys/fs/inotify/max_user_instances"
    with open(path, encoding="ascii") as file:
        was = int(file.read())
    if value is not None and value != was:
        with open(path, "w", encoding="ascii") as file:
            file.write(f"{value}\n")
    return was
