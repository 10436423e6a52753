"""Tablets that dial their laboratory from the world outside, each with the file that `cloison enroll` wrote for it.

A tablet is two namespaces: its WireGuard runs where a roaming machine of the lab is, behind the carrier's NAT or on the
fibre, and its interface is moved into a namespace of its own, which has nothing else. From there on tablets are places of
the matrix as any other.

One of them is enrolled before it is declared; another is taken out of the topology in the same apply, while its connection
is open.
"""
import csv
import dataclasses
import os
import shutil
import stat
import threading
import time

import hosts
import places
import processes
import reference  # also finds the lab's own modules
from devices import RECORD, Tablet, private_keys, program
from lab import Lab
from layout import HERE as LAB_FOLDER
from namespaces import Failure, batch, firewall, names, run
from stream import Connection
from workloads import ANY_PORT

RESPONDERS = "tablet-responders"
PLACEHOLDER = "PUT-THE-PRIVATE-KEY-OF-THIS-DEVICE-HERE"
SETTINGS = ("PrivateKey", "PublicKey", "Endpoint", "AllowedIPs", "PersistentKeepalive")  # those that wg(8) itself reads
LONGEST = 1.0  # seconds that a connection lives on once its device may not connect any more

# (laboratory, device, the roaming machine that it is with)
STAY = (("lyon-01", "tablet-1", "tablet"), ("lyon-01", "tablet-2", "neighbour"), ("lyon-02", "tablet-1", "passer-by"))
NEW, REVOKED = ("lyon-03", "tablet-9", "tablet"), ("lyon-03", "tablet-1", "passer-by")


# --- the file of a device -----------------------------------------------------------------------------------------------
def read_file(text):
    """(what wg-quick(8) does with the interface, what it hands on to wg(8))."""
    quick, kept = {}, []
    for line in text.splitlines():
        key, _, value = (part.strip() for part in line.partition("="))
        if line.startswith("["):
            kept.append(line)
        elif key in SETTINGS:
            kept.append(line)
            quick.setdefault(key, value)
        elif key and not key.startswith("#"):
            quick[key] = value
    return quick, "\n".join(kept) + "\n"


def enroll(ref, laboratory, names_of, folder, *words):
    done = ref.cloison("enroll", f"lab/{laboratory}.tablets", *names_of, "--out", folder, *words)
    for path in [folder, *(os.path.join(folder, name) for name in os.listdir(folder))]:
        mode = stat.S_IMODE(os.stat(path).st_mode)
        if mode & 0o077:
            raise reference.Failed(f"{path} has mode {mode:o}")
    return done.stdout


class Bench:
    """Starts tablets, and takes them away."""
    def __init__(self, ref):
        self.ref, self.lab = ref, Lab.current(ref.lab)
        self.layout, self.tablets = self.lab.layout, []
        self.folder = os.path.join(ref.folder, "devices")

    def clear(self):
        for tablet in map(lambda kept: Tablet(**kept), self.layout.read(RECORD, [])):
            processes.stop(self.layout, "device-" + tablet.link)
            if tablet.space in names():
                batch([f"netns del {tablet.space}"])
        processes.stop(self.layout, RESPONDERS)
        self.layout.write(RECORD, [])
        shutil.rmtree(self.folder, ignore_errors=True)

    def add(self, laboratory, name, beside):
        """Its private key is put into the file where it is not there yet, as a person would."""
        file = os.path.join(self.folder, laboratory, name + ".conf")
        with open(file, encoding="utf-8") as text:
            written = text.read()
        if PLACEHOLDER in written:
            written = written.replace(PLACEHOLDER, private_keys(self.ref)[1][f"{laboratory}/{name}"])
        quick, plain = read_file(written)
        tablet = Tablet(laboratory, name, beside, file, self.ref.space(f"device-{laboratory}-{name}"),
                        f"{self.ref.lab}d{len(self.tablets)}", [text.strip() for text in quick["Address"].split(",")])
        self.tablets.append(tablet)
        self.layout.write(RECORD, [dataclasses.asdict(one) for one in self.tablets])
        self.start(tablet, quick, plain)
        return tablet

    def start(self, tablet, quick, plain):
        beside = self.ref.space(tablet.beside)
        # Its socket is on a file system of its own, which goes with it.
        processes.start(self.layout, "device-" + tablet.link, [
            "ip", "netns", "exec", beside, "sh", "-c",
            'mkdir -p /run/wireguard && mount -t tmpfs tmpfs /run/wireguard && exec "$@"', "sh",
            program(self.ref, "wireguard-go"), "-f", tablet.link])
        hosts.until(f"WireGuard of {tablet.path}", lambda: self.configured(tablet, plain), 20)
        run("ip", "netns", "add", tablet.space)
        batch([f"link set {tablet.link} netns {tablet.space}"], beside)
        batch(["link set lo up", *(f"address add {address} dev {tablet.link}" for address in tablet.addresses),
               f"link set {tablet.link} mtu {quick['MTU']} up"], tablet.space)
        here = {":" in address for address in tablet.addresses}
        batch((f"route add {prefix.strip()} dev {tablet.link}" for prefix in quick["AllowedIPs"].split(",")
               if (":" in prefix) in here), tablet.space)
        firewall(tablet.space, ANY_PORT)

    def configured(self, tablet, plain):
        try:
            pid = processes.running(self.layout, "device-" + tablet.link)
            run("nsenter", f"--mount=/proc/{pid}/ns/mnt", f"--root=/proc/{pid}/root", "--wdns=/", program(self.ref, "wg"), "setconf", tablet.link, "/dev/stdin", text=plain)
            return True
        except Failure:
            return False

    def listen(self):
        processes.start(self.layout, RESPONDERS, [os.path.join(LAB_FOLDER, "probe"), "listen",
                                                  *(f"{tablet.space}=tcp/7,udp/7" for tablet in self.tablets)])

    def drop(self, tablet):
        self.tablets.remove(tablet)
        processes.stop(self.layout, "device-" + tablet.link)
        batch([f"netns del {tablet.space}"])
        self.layout.write(RECORD, [dataclasses.asdict(one) for one in self.tablets])


# --- what is proved -----------------------------------------------------------------------------------------------------
class Watched:
    """A connection that is used all the time; when it gave an answer for the last time."""
    def __init__(self, tablet, target):
        self.connection = Connection(tablet.space, target, 443)
        self.connection.socket.settimeout(2)
        self.last, self.running = time.monotonic(), True
        self.thread = threading.Thread(target=self.use, daemon=True)
        self.thread.start()

    def use(self):
        while self.running and self.connection.works():
            self.last = time.monotonic()
            time.sleep(0.02)

    def close(self):
        self.running = False
        self.thread.join()
        self.connection.close()


def analyser(ref, laboratory):
    load = next(load for load in ref.inventory()["workloads"] if f"lab/{laboratory}.lan" in load["called"])
    return places.global_addresses(load["namespace"], "eth0")[0]


def reaches(ref, tablet):
    return ref.call(os.path.join(LAB_FOLDER, "probe"), tablet.space, analyser(ref, tablet.laboratory), "tcp/443", "--timeout", "1",
                    check=False).returncode == 0


def exchange_rows(ref, row):
    """The new device's line in, that of the revoked one out."""
    path = os.path.join(ref.topology, "tablets.csv")
    with open(path, encoding="utf-8", newline="") as text:
        rows = list(csv.reader(text, delimiter=";"))
    kept = [one for one in rows if one[:2] not in (list(REVOKED[:2]), list(NEW[:2]))]
    with open(path, "w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=";", lineterminator="\n").writerows([*kept, row.split(";")])


def revoke(ref, tablet, there):
    """An apply takes it out: how long its connection went on after the node had forgotten it."""
    public = run(program(ref, "wg"), "pubkey", text=private_keys(ref)[1][f"{tablet.laboratory}/{tablet.name}"]).strip()
    node = f"{tablet.laboratory}-1"
    if public not in there.on(node, "wg", "show", "tablets-users", "peers"):
        raise reference.Failed(f"{tablet.path} is no peer of {node}")
    watched = Watched(tablet, analyser(ref, tablet.laboratory))
    time.sleep(0.2)
    applied = threading.Thread(target=ref.cloison, args=("apply", "--yes"))
    applied.start()
    hosts.until(f"{tablet.path} is no peer of {node} any more",
                lambda: public not in there.on(node, "wg", "show", "tablets-users", "peers"), 60)
    gone = time.monotonic()
    applied.join()
    time.sleep(LONGEST)
    watched.close()
    lived = watched.last - gone
    if lived > LONGEST:
        raise reference.Failed(f"the connection of {tablet.path} went on for {lived:.2f} s")
    address = places.plain(tablet.addresses[0])
    left = there.shell(node, f"conntrack -L -s {address} 2>/dev/null; conntrack -L -d {address} 2>/dev/null")
    if left.strip():
        raise reference.Failed(f"{node} still knows connections of {tablet.path}:\n{left}")
    if reaches(ref, tablet):
        raise reference.Failed(f"{tablet.path} was taken away, and still gets in")
    return lived


def prove(ref, say):
    bench, there = Bench(ref), hosts.Hosts(ref)
    bench.clear()
    os.mkdir(bench.folder, 0o700)
    for laboratory in sorted({one[0] for one in (*STAY, REVOKED)}):
        enroll(ref, laboratory, [name for lab, name, _ in (*STAY, REVOKED) if lab == laboratory],
               os.path.join(bench.folder, laboratory))
    said = enroll(ref, NEW[0], [NEW[1]], os.path.join(bench.folder, NEW[0]), "--new")
    row = next(line.strip() for line in said.splitlines() if line.strip().startswith(f"{NEW[0]};{NEW[1]};"))
    stay, revoked = [bench.add(*one) for one in STAY], bench.add(*REVOKED)
    for tablet in (*stay, revoked):
        hosts.until(f"{tablet.path} reaches its laboratory", lambda tablet=tablet: reaches(ref, tablet), 20)
    exchange_rows(ref, row)
    kept = Watched(stay[0], analyser(ref, stay[0].laboratory))
    lived = revoke(ref, revoked, there)
    kept.close()
    if time.monotonic() - kept.last > LONGEST + 2:
        raise reference.Failed(f"the connection of {stay[0].path} did not outlive the apply")
    bench.drop(revoked)
    new = bench.add(*NEW)
    hosts.until(f"{new.path} reaches its laboratory", lambda: reaches(ref, new), 20)
    bench.listen()
    say(f"{len(bench.tablets)} tablets are in; one that was taken away lost its connection after {max(lived, 0):.2f} s")
