"""Closing is closing, also where addresses are translated: connections that stand end with their flow, others go on."""
import os
import socket

import yaml

import places
import reference  # also finds the lab's own modules
from namespaces import inside

OVERLAY = "closed.override.yaml"
CLOSED = ("F-1", "F-2", "F-5", "F-8")


def connections(there, topo):
    """(flow, source's namespace, address, port): for each kind of translation one that is closed, and some that stay."""
    shop = next(node for node in topo.nodes if node.key)

    def space(name):
        return next(source.space for source in there.sources if source.name.endswith(name))

    def address(path, kind="inner"):
        return next(target.asked for target in there.targets if target.name == path and target.kind == kind)
    client, web = f"{shop.key}-pc", f"{shop.network}.server.web"
    return [("F-1", space(client), address("central.app.server"), 443),
            ("F-2", space("central-pc"), address(f"{shop.network}.lan.till"), 7000),
            ("F-3", space("central.app.server"), address(web), 22),
            ("F-4", space(client), address(web, "real"), 5432),
            ("F-5", space(f"{shop.network}.office.desk"), address(f"{shop.network}.lan.till"), 9000),
            ("F-7", space(client), address("internet", "outside"), 443),
            ("F-8", space("neighbour"), address(web, "floating"), 443)]


def answers(connection):
    """Whether what is sent comes back."""
    try:
        connection.sendall(b"still there?\n")
        return bool(connection.recv(100))
    except OSError:
        return False


def prove(ref, say):
    topo = places.read(ref)
    opened = {}
    for flow, space, address, port in connections(places.Places(ref, topo), topo):
        with inside(space):
            opened[flow] = socket.create_connection((address, port), 3)
        opened[flow].settimeout(1)
        opened[flow].recv(200)  # who answers
        if not answers(opened[flow]):
            raise reference.Failed(f"{flow}: the connection does not stand at all")
    with open(os.path.join(ref.topology, OVERLAY), "w", encoding="utf-8") as out:
        yaml.safe_dump({"flows": [{"id": flow, "disabled": True} for flow in CLOSED]}, out)
    kept = list(ref.overlays)
    ref.overlays.append(OVERLAY)
    ref.cloison("apply", "--yes")
    ref.overlays = kept
    found = {flow: answers(connection) for flow, connection in opened.items()}
    for connection in opened.values():
        connection.close()
    wrong = [flow for flow, still in found.items() if still == (flow in CLOSED)]
    ref.cloison("apply", "--yes")
    if wrong:
        raise reference.Failed(f"connections of {', '.join(wrong)} are {'not ' if wrong[0] in CLOSED else ''}cut")
    say(f"{len(CLOSED)} flows closed: their connections ended, {len(found) - len(CLOSED)} others go on")
