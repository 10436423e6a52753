"""What a person and the tests are told about a lab: inventory, known hosts, the first screen, the status."""
import base64
import hashlib
import ipaddress
import json

import faults
import machines
import processes
from layout import CONTROL, INTERNET
from namespaces import names, run


def fingerprint(key):
    """As ssh-keygen -l prints it."""
    digest = hashlib.sha256(base64.b64decode(key)).digest()
    return "SHA256:" + base64.b64encode(digest).decode().rstrip("=")


def host_entry(lab, host):
    keys = {kind: machines.host_key(lab.machines, host, kind) for kind in machines.KEY_TYPES}
    underlays = {}
    for cable in host.cables:
        if cable.kind == "underlay":
            nat = lab.network.underlays[cable.what].carrier_nat
            entry = {"interface": cable.near[1], "addresses": cable.near_addresses, "metric": cable.metric,
                     "gateways": [address.partition("/")[0] for address in cable.far_addresses], "dialled": not nat}
            underlays[cable.what] = entry
    return {"name": host.name, "site": host.site, "called": host.called, "namespace": lab.layout.namespace(host.name),
            "address": host.address, "port": 22, "user": machines.USER, "sudo": host.sudo, "emulated": host.emulated,
            "key": lab.layout.path("id_ed25519"), "fingerprint": fingerprint(keys["ed25519"][1]),
            "fingerprints": {kind: fingerprint(key[1]) for kind, key in keys.items()}, "underlays": underlays,
            "trunks": [cable.near[1] for cable in host.cables if cable.kind == "trunk"],
            "ports": {cable.near[1]: cable.far[0] for cable in host.cables if cable.kind == "port"}}


def workload_entry(lab, load):
    dhcp, addresses, gateways = lab.workloads.wanted(load)
    plug = {"underlay": load.cable.far[0], "port": "/".join(load.cable.near)}.get(load.cable.kind, "switch")
    return {"name": load.name, "site": load.site, "called": load.called, "namespace": lab.layout.namespace(load.name),
            "plug": plug, "vlan": load.cable.vlan or None, "dhcp": dhcp, "addresses": addresses, "gateways": gateways,
            "listen": load.listen, "lease": lab.workloads.lease(load)}


def hand_over(lab):
    """inventory.json and known_hosts, for the tests and for `ssh`."""
    network, layout = lab.network, lab.layout
    layout.write("inventory.json", {
        "lab": layout.name, "network": network.name, "control_namespace": layout.namespace(CONTROL),
        "known_hosts": layout.path("known_hosts"), "key": layout.path("id_ed25519"), "user": machines.USER,
        "internet": {"namespace": layout.namespace(INTERNET), "listen": network.outside_listen,
                     "addresses": [address.partition("/")[0] for address in network.outside_addresses]},
        "providers": {name: {"namespace": layout.namespace(name), "carrier_nat": underlay.carrier_nat,
                             "exchange": underlay.exchange_addresses()} for name, underlay in network.underlays.items()},
        "hosts": [host_entry(lab, host) for host in network.hosts.values()],
        "workloads": [workload_entry(lab, load) for load in network.workloads.values()]})
    with open(layout.path("known_hosts"), "w", encoding="ascii") as out:
        for host in network.hosts.values():
            known = [host.address, *(address.partition("/")[0] for cable in host.cables if cable.kind == "underlay"
                                     and not network.underlays[cable.what].carrier_nat for address in cable.near_addresses)]
            for kind in machines.KEY_TYPES:
                out.write(f"{','.join(known)} {' '.join(machines.host_key(lab.machines, host, kind))}\n")


def summary(lab, seconds):
    """The first screen: what is there now, and what to try."""
    network, layout = lab.network, lab.layout
    prefix = "" if layout.name == "lab" else f"LAB={layout.name} "
    first = next((host for host in network.hosts.values() if any(c.kind == "underlay" for c in host.cables)),
                 next(iter(network.hosts.values())))
    last = list(network.hosts.values())[-1]
    print(f"\nThe lab '{layout.name}' is up in {seconds:.0f} s: network {network.name}, {counted(len(network.hosts), 'host')}, "
          f"{counted(len(network.workloads), 'workload')}.")
    print(f"  inventory    {layout.path('inventory.json')}")
    print(f"  known hosts  {layout.path('known_hosts')}")
    print(f"  cloison is run in the namespace {layout.namespace(CONTROL)}:  ip netns exec {layout.namespace(CONTROL)} "
          "build/release/cloison …\n\nTry:")

    def offer(command, comment):
        print(f"  {prefix + './dev lab ' + command:<58} # {comment}")
    offer("status", "who is there, and whether sshd answers")
    offer(f"ssh {first.name}", f"as {machines.USER}, who may use sudo")
    offer(f"shell {last.name} systemctl status", "as root, without sshd")
    underlay = next((c.what for c in first.cables if c.kind == "underlay"), None)
    if underlay:
        offer(f"ping {first.name} internet tcp/443", "is it reachable?")
        offer(f"cut {underlay} {first.name}", "the cable is out; `heal` puts it back")
        offer(f"ping {first.name} internet tcp/443", "and now?")
    offer(f"reboot {last.name}", "files and interfaces come back")
    offer("down", "takes all of it away")


def counted(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def addresses_now(lab, machine):
    """interface -> addresses that it has at this moment, link-local ones apart."""
    space = lab.layout.namespace(machine)
    if space not in names():
        return {}
    found = {}
    for link in json.loads(run("ip", "-n", space, "-j", "addr") or "[]"):
        addresses = [f"{entry['local']}/{entry['prefixlen']}" for entry in link.get("addr_info", [])
                     if not ipaddress.ip_address(entry["local"]).is_link_local and link["ifname"] != "lo"]
        if addresses:
            found[link["ifname"]] = addresses
    return found


def status(lab):
    network = lab.network
    answered = lab.machines.greeted(network.hosts.values(), 1.5)
    width = max(len(name) for name in (*network.hosts, *network.workloads))
    print(f"lab '{lab.layout.name}', network {network.name}: {network.about}\n")
    for host in network.hosts.values():
        system = lab.machines.system(host)
        state = f"pid {system}" if system else "off"
        sshd = "sshd answers" if host.name in answered else "no sshd" if system else ""
        print(f"{host.name:<{width}}  {state:<12} {sshd:<13} {shown(addresses_now(lab, host.name))}")
    for load in network.workloads.values():
        dhcp = "dhcp" if lab.workloads.wanted(load)[0] else "static"
        where = {"underlay": load.cable.far[0], "port": "/".join(load.cable.near)}.get(
            load.cable.kind, f"switch of {load.site}" + (f", VLAN {load.cable.vlan}" if load.cable.vlan else ""))
        print(f"{load.name:<{width}}  {'workload':<12} {dhcp:<13} {shown(addresses_now(lab, load.name)) or 'no address'}  ({where})")
    print()
    for name in ("responders", *(["switches"] if network.switches else [])):
        pid = processes.running(lab.layout, name)
        print(f"{name:<{width}}  {f'pid {pid}' if pid else 'ENDED: see ' + lab.layout.path('daemons', name + '.log')}")
    for key, fault in lab.faults.current().items():
        print(f"cut: {key}: {faults.said(fault)}")
    off = [host.name for host in network.hosts.values() if host.name not in answered]
    print(f"\n{len(network.hosts) - len(off)} of {counted(len(network.hosts), 'host')} answer"
          + (f"; not: {' '.join(off)}" if off else ""))
    return not off


def shown(addresses):
    return "  ".join(f"{interface} {' '.join(found)}" for interface, found in addresses.items())


