"""Looks for each host's private keys everywhere but where they belong: on other hosts, in the state, in plans, in what the
program prints."""
import base64
import os
import subprocess

import reference
from hosts import until

BORN = ("/etc/cloison/private/", "/etc/swanctl/private/", "/etc/cloison/vpn.d/", "/etc/swanctl/conf.d/")


def shapes(key):
    """As `wg` or `openssl` write it, as hexadecimal digits, as bytes; a shared one is kept in such digits."""
    raw = bytes.fromhex(key.decode()) if set(key) <= set(b"0123456789abcdef") else base64.b64decode(key)
    return [key, raw.hex().encode(), raw]


def private_keys(hosts):
    """{host: [key]}: WireGuard's, of those for IPsec the line of the file that is all key, and shared ones."""
    return {name: hosts.shell(name, "cat /etc/cloison/private/*.key; sed -sn 2p /etc/swanctl/private/*.pem 2>/dev/null || true; "
                              "sed -sn 's/^    secret = 0x//p' /etc/cloison/vpn.d/*.swanctl 2>/dev/null || true").split() for name in hosts.names}


def files_of(folder):
    for path, _, names in os.walk(folder):
        for name in names:
            full = os.path.join(path, name)
            if os.path.isfile(full) and not os.path.islink(full):
                yield full


def said_by_the_program(ref, everything, hosts):
    """What it prints with all there is to say, and a plan that it saved; with a key that is born meanwhile if `everything`."""
    plan = os.path.join(ref.folder, "kept.plan")
    if everything:
        hosts.shell(hosts.names[-1], "rm /etc/cloison/private/*.key /etc/swanctl/private/cloison-*.pem")
    done = [ref.cloison("plan", "--json", "--debug", "-o", plan), ref.cloison("apply", "--yes", "--json", "--debug")]
    if everything:
        ref.cloison("plan", "--detailed-exitcode")
        asked_anew(hosts, hosts.names[-1])
    with open(plan, "rb") as saved:
        return {"plan file": saved.read(), **{f"output of {name}": (one.stdout + one.stderr).encode()
                                              for name, one in zip(("plan", "apply"), done)}}


def asked_anew(hosts, name):
    """Connections of a host end; they must stand again with the key that was born: strongSwan could have gone on with the lost one."""
    ended = hosts.shell(name, "for one in $(swanctl --list-sas --raw | sed -n 's/^list-sa event {\\([^ ]*\\) .*/\\1/p' | sort -u); do "
                        "swanctl --terminate --force --timeout 2 --ike \"$one\" >/dev/null; echo \"$one\"; done").split()
    if not ended:
        raise reference.Failed(f"{name} had no connection by IPsec")
    until(f"{name} is joined again with its new key", lambda: "ESTABLISHED" in hosts.shell(name, "swanctl --list-sas"), 30)


def keys_kept(ref, hosts, everything):
    """(what is wrong, how many places were searched). Everybody's disks are read, and what is in memory only by the host."""
    before = private_keys(hosts)
    spoken = said_by_the_program(ref, everything, hosts)
    keys = {name: {*before[name], *found} for name, found in private_keys(hosts).items()}
    if not all(keys.values()):
        raise reference.Failed(f"a host without a private key: {keys.keys()}")
    owners = {}  # nodes that stand in for each other have the key that a far end of somebody else's shares
    for owner, found in keys.items():
        for shape in (shape for key in found for shape in shapes(key.encode())):
            owners.setdefault(shape, set()).add(owner)
    wrong, searched = [], 0

    def search(where, data, allowed=None):
        nonlocal searched
        searched += 1
        wrong.extend(f"the private key of {' and '.join(sorted(who))} is in {where}" for shape, who in owners.items()
                     if allowed not in who and shape in data)
    for where, data in spoken.items():
        search(where, data)
    for path in files_of(ref.topology):
        search(path, read(path))
    for name in hosts.names:
        top = hosts.lab.machines.folder(hosts.lab.network.host(name), "upper")
        for path in files_of(top):
            search(f"{name}: {path.removeprefix(top)}", read(path), name if path.startswith(tuple(top + place for place in BORN)) else None)
        found = grep(hosts, name, [key for some in keys.values() for key in some])
        searched += 1
        wrong.extend(f"a private key is in {name}: {path}" for path in found)
    return wrong, searched


def read(path):
    with open(path, "rb") as data:
        return data.read()


def grep(hosts, name, keys):
    """Files in a host's memory that hold one of the keys; the keys go in by standard input, as they may nowhere else."""
    entered = hosts.lab.machines.enter(hosts.lab.network.host(name), ["grep", "-rlaFs", "-D", "skip", "-f", "-", "/run", "/tmp", "/dev/shm"])
    return subprocess.run(entered, input="\n".join(keys) + "\n", capture_output=True, text=True, check=False).stdout.split()
