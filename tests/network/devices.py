"""The lab's tablets: key pairs of those that were born with one, and which of them are there now."""
import dataclasses
import json
import os

from lab import Lab
from namespaces import run

RECORD = "tablets.json"


@dataclasses.dataclass
class Tablet:
    laboratory: str
    name: str
    beside: str
    file: str
    space: str
    link: str
    addresses: list

    @property
    def path(self):
        return f"lab/{self.laboratory}.tablets.{self.name}"


def private_keys(ref):
    """Of the devices that were born with one, as the test has given it to them: {"lyon-01/tablet-1": key}."""
    path = os.path.join(ref.folder, "private-keys.json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as text:
            return path, json.load(text)
    return path, {}


def keyed(ref, rows):
    """The rows of devices, with public keys of which somebody here has the private one."""
    wg, (path, keys) = program(ref, "wg"), private_keys(ref)
    for row in rows:
        private = keys.setdefault(f"{row['site']}/{row['name']}", run(wg, "genkey").strip())
        row["public_key"] = run(wg, "pubkey", text=private).strip()
    with open(path, "w", encoding="utf-8") as out:
        json.dump(keys, out)
    return rows


def program(ref, name):
    """Of the hosts' root file system: this machine may have no WireGuard."""
    return os.path.join(Lab.current(ref.lab).workloads.root, "usr/bin", name)


def places_of(ref):
    """(path, namespace, address, segment) of each tablet that is there."""
    for kept in Lab.current(ref.lab).layout.read(RECORD, []):
        tablet = Tablet(**kept)
        for address in tablet.addresses:
            yield tablet.path, tablet.space, address.partition("/")[0], f"lab/{tablet.laboratory}.tablets"
