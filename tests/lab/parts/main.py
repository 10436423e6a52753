"""The commands of the lab; `../run help` says what they are for."""
import asyncio
import ipaddress
import os
import shutil
import signal
import subprocess
import sys
import time

import description
import report
from faults import CARRIER, LOSS, SILENT
from lab import Lab, down
from layout import CONTROL, INTERNET, all_labs
from namespaces import Failure, run

NAME = os.environ.get("LAB") or "lab"
BEGUN = time.monotonic()


def say(text):
    print(f"lab {time.monotonic() - BEGUN:5.1f} s  {text}", file=sys.stderr, flush=True)


def words(arguments, least, most, usage):
    if not least <= len(arguments) <= most:
        raise Failure(f"usage: {usage}")
    return arguments + [None] * (most - len(arguments))


# --- the whole lab ----------------------------------------------------------------------------------------------------
def do_up(arguments):
    wanted, = words(arguments, 0, 1, "up [NETWORK]")
    report.summary(Lab.up(NAME, wanted, say), time.monotonic() - BEGUN)


def do_down(arguments):
    purge = arguments == ["--purge"]
    if arguments and not purge:
        raise Failure("usage: down [--purge]")
    if purge and [name for name in all_labs() if name != NAME]:
        raise Failure("other labs stand on the same root file system: " + " ".join(all_labs()))
    print(f"the lab '{NAME}' is down" if down(NAME, say) else f"there was no lab '{NAME}'")
    if purge:
        run(os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "rootfs"), "--purge")


def do_status(arguments):
    words(arguments, 0, 0, "status")
    sys.exit(0 if report.status(Lab.current(NAME)) else 1)


def do_networks(arguments):
    words(arguments, 0, 0, "networks")
    for name, about in description.available().items():
        print(f"{name:<12} {about}")


# --- one machine ------------------------------------------------------------------------------------------------------
def do_shell(arguments):
    lab = Lab.current(NAME)
    if not arguments:
        raise Failure("usage: shell MACHINE [COMMAND…]")
    name, command = arguments[0], arguments[1:] or ["bash", "--login"]
    sys.stdout.flush()
    machine = None if name in lab.network.infrastructure() else lab.network.machine(name)
    if not isinstance(machine, description.Host):
        # On this machine's own file system; what it lacks (tcpdump, iperf3, ovs-vsctl) is taken from the hosts'.
        there = ["ip", "netns", "exec", lab.layout.namespace(machine.name if machine else name)]
        os.execvp("ip", [*there, *([] if shutil.which(command[0]) else lab.workloads.in_root()), *command])
    entered = lab.machines.enter(machine, command)
    os.execvp(entered[0], entered)


def do_ssh(arguments):
    lab = Lab.current(NAME)
    if not arguments:
        raise Failure("usage: ssh HOST [COMMAND…]")
    host = lab.network.host(arguments[0])
    os.execvp("ip", ["ip", "netns", "exec", lab.layout.namespace(CONTROL), "ssh", "-i", lab.layout.path("id_ed25519"),
                     "-o", f"UserKnownHostsFile={lab.layout.path('known_hosts')}", "-o", "StrictHostKeyChecking=yes",
                     "-o", "IdentitiesOnly=yes", f"cloison@{host.address}", *arguments[1:]])


def do_address(arguments):
    name, *addresses = arguments or [""]
    lab = Lab.current(NAME)
    load = lab.network.machine(name)
    if not isinstance(load, description.Workload) or not addresses:
        raise Failure("usage: address WORKLOAD dhcp | none | ADDRESS/LENGTH… [via GATEWAY…]")
    split = addresses.index("via") if "via" in addresses else len(addresses)
    addresses, gateways = addresses[:split], addresses[split + 1:]
    dhcp = addresses == ["dhcp"]
    try:
        kept = [] if dhcp or addresses == ["none"] else [str(ipaddress.ip_interface(text)) for text in addresses]
        gateways = [str(ipaddress.ip_address(text)) for text in gateways]
    except ValueError as error:
        raise Failure(str(error)) from None
    with lab.layout.lock("cables"):
        lab.workloads.order(load, dhcp, kept, gateways)
    report.hand_over(lab)


def do_power(command):
    def act(arguments):
        lab = Lab.current(NAME)
        if not arguments:
            raise Failure(f"usage: {command} HOST…")
        hosts = [lab.network.host(name) for name in arguments]
        with lab.layout.lock():
            for host in hosts:
                getattr(lab, command)(host)
                print(f"{host.name} " + {"start": "is on", "kill": "is off", "reboot": "has booted again"}[command])
    return act


def do_report_power(arguments):
    """What `machine` tells: a host boots again, or is off."""
    lab = Lab.current(NAME)
    host = lab.network.host(arguments[1])
    (lab.booting_again if arguments[0] == "again" else lab.switched_off)(host)


# --- cables -----------------------------------------------------------------------------------------------------------
def do_cut(arguments):
    how, percent, rest = CARRIER, 0, []
    pending = list(arguments)
    while pending:
        word = pending.pop(0)
        if word == "--silent":
            how = SILENT
        elif word == "--loss":
            if not pending or not pending[0].isdigit() or not 0 < int(pending[0]) <= 100:
                raise Failure("--loss needs a number of percent, 1 to 100")
            how, percent = LOSS, int(pending.pop(0))
        else:
            rest.append(word)
    if not rest:
        raise Failure("usage: cut [--silent | --loss PERCENT] WHAT [MACHINE…]")
    lab = Lab.current(NAME)
    with lab.layout.lock("cables"):
        cables = lab.faults.cut(rest[0], rest[1:], how, percent)
    print(f"cut: {' '.join(cable.key for cable in cables)}")


def do_heal(arguments):
    lab = Lab.current(NAME)
    with lab.layout.lock("cables"):
        healed = lab.faults.heal(arguments[0] if arguments else None, arguments[1:])
    print(f"healed: {' '.join(cable.key for cable in healed) or 'nothing was cut'}")


def target(lab, name):
    """The address that a name stands for: the first that the machine has now, management apart."""
    try:
        return str(ipaddress.ip_address(name))
    except ValueError:
        pass
    if name == INTERNET:
        return lab.network.outside_addresses[0].partition("/")[0]
    machine = lab.network.machine(name)
    found = report.addresses_now(lab, machine.name)
    found.pop("mgmt0", None)
    for addresses in found.values():
        return addresses[0].partition("/")[0]
    raise Failure(f"{machine.name} has no address now")


def do_ping(arguments):
    import probing  # not needed by any other command
    start, end, what = words(arguments, 2, 3, "ping FROM TO [icmp | tcp/PORT | udp/PORT]")
    lab = Lab.current(NAME)
    if start not in lab.network.infrastructure():
        start = lab.network.machine(start).name
    address = target(lab, end)

    async def ask():
        return await probing.Prober().probe({"from": lab.layout.namespace(start), "to": address, "proto": what or "icmp"})
    result = asyncio.run(ask())
    print(f"{start} -> {end} ({address}) {result['proto']}: {result['verdict']} ({result['why']}, {result['ms']} ms)"
          + (f", {result['answer']}" if "answer" in result else ""))
    sys.exit(0 if result["verdict"] == "open" else 1)


COMMANDS = {
    "up": do_up, "down": do_down, "status": do_status, "networks": do_networks, "shell": do_shell, "ssh": do_ssh,
    "address": do_address, "start": do_power("start"), "kill": do_power("kill"), "reboot": do_power("reboot"),
    "cut": do_cut, "heal": do_heal, "ping": do_ping, "power": do_report_power,
}


def main():
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `lab status | head` is no error
    try:
        COMMANDS[sys.argv[1]](sys.argv[2:])
    except (Failure, subprocess.SubprocessError) as error:
        print(f"lab: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
