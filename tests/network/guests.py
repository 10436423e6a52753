"""A machine that a node runs by libvirt, made from a small image: it has the addresses, disks and size that the topology says,
what the flows permit reaches it and nothing else does, and what somebody does to it by hand is named and mended.
"""
import os
import socket
import subprocess
import time

import yaml

import drifted
import hosts
import places
import reference  # also finds the lab's own modules
from namespaces import inside

IMAGE = "tiny"
NODE, PATH, NAME = "central-1", "central.app.archive", "app_archive"
ADDRESS = f"central.node/{NODE}.guest/{NAME}"
IMAGES = "/var/lib/libvirt/images"
OVERLAY = "guest.override.yaml"
OPEN, SHUT = 443, 7000  # it answers on both; flow F-13 opens one from another segment, F-14 the other one inside its own


def give_image(ref):
    """What an administrator does before machines are declared: the image lies on the node."""
    made = ref.call(os.path.join(reference.SOURCE, "tests", "lab", "guest")).stdout.strip()
    there = hosts.Hosts(ref).lab.machines
    host = hosts.Hosts(ref).lab.network.host(NODE)
    with open(made, "rb") as image:
        subprocess.run(there.enter(host, ["sh", "-euc", f"mkdir -p {IMAGES}; cat > {IMAGES}/{IMAGE}.raw"]), stdin=image, check=True)


class Scene:
    def __init__(self, ref):
        self.ref, self.hosts, self.wrong = ref, hosts.Hosts(ref), []
        self.topo = places.read(ref)
        self.machine = next(machine for machine in self.topo.machines if machine.path == PATH)
        self.address = self.machine.addresses[0]
        self.spaces = {name: ref.space(name) for name in ("central-pc", "central-server", "shop-a-pc")}

    def shell(self, text):
        return self.hosts.shell(NODE, text)

    def expect(self, what, holds):
        if not holds:
            self.wrong.append(what)

    def opens(self, source, port, seconds=2):
        try:
            with inside(self.spaces[source]):
                socket.create_connection((self.address, port), seconds).close()
            return True
        except OSError:
            return False

    def tells(self, seconds=60):
        """What the machine says of itself, once it answers from where the flow permits it: word -> the rest."""
        until = time.monotonic() + seconds
        while True:
            try:
                with inside(self.spaces["central-pc"]):
                    connection = socket.create_connection((self.address, OPEN), 2)
                with connection:
                    connection.settimeout(2)
                    connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                    said = b""
                    while piece := connection.recv(4096):
                        said += piece
                words = [line.split(" ") for line in said.decode(errors="replace").partition("\r\n\r\n")[2].splitlines()]
                return {" ".join(line[:2]) if line[0] == "disk" else line[0]: line[2] if line[0] == "disk" else " ".join(line[1:])
                        for line in words}
            except OSError as error:
                if time.monotonic() > until:
                    raise reference.Failed(f"{PATH} does not answer: {error}") from None
                time.sleep(0.3)

    def overlay(self, host):
        """The host with this in it; None: without the host."""
        changed = {"sites": {"central": {"segments": {"app": {"hosts": {"archive": host}}}}}}
        if host is None:
            changed["flows"] = [{"id": flow, "disabled": True, "to": "central.office"} for flow in ("F-13", "F-14")]
        with open(os.path.join(self.ref.topology, OVERLAY), "w", encoding="utf-8") as out:
            yaml.safe_dump(changed, out)
        if OVERLAY not in self.ref.overlays:
            self.ref.overlays.append(OVERLAY)

    def mended(self):
        for text in drifted.mended(self.ref):
            self.wrong.append(text)


def as_declared(scene):
    said = scene.tells()
    scene.expect(f"it says {said}", said.get("host") == "archive" and said.get("disk vdb") == "1024" and said.get("boots") == "1"
                 and "ssh-" in said.get("keys", "") and 60_000 < int(said.get("memory", "0 kB").split()[0]) <= 131_072)
    scene.expect("its other port answers from another segment", not scene.opens("central-pc", SHUT))
    scene.expect("its other port does not answer within its own segment, where a flow opens it", scene.opens("central-server", SHUT))
    scene.expect("a machine of its own segment reaches it without a flow", not scene.opens("central-server", OPEN))
    scene.expect("a shop reaches it", not scene.opens("shop-a-pc", OPEN))


def by_hand(scene, full):
    cases = (("ended", f"virsh -q destroy {NAME}", "does not run"),
             ("edited", f"virsh -q setvcpus {NAME} 2 --config --maximum", "was changed"),
             ("undefined", f"virsh -q destroy {NAME}; virsh -q undefine {NAME}", "does not know it"))
    for what, change, word in cases if full else cases[:1]:
        scene.shell(change)
        plan = drifted.Plan(scene.ref)
        said = plan.said(ADDRESS) if ADDRESS in plan.drift else ""
        scene.expect(f"{what} by hand: a plan says {said or sorted(plan.drift)}", word in said)
        scene.mended()
        boots = scene.tells().get("boots")  # and it has booted, before the next one
    scene.expect(f"it has booted {boots} times from its disk", boots == ("3" if full else "2"))


def changed(scene):
    """Its size changes in place, a replacement begins with a new disk, an image's name that is nowhere changes nothing."""
    larger = {"vm": {"memory": "192M", "disk": "2G"}}
    scene.overlay({"vm": {"disk": "2G"}})
    scene.ref.cloison("apply", "--yes")
    scene.expect("its second disk does not grow while it runs", "1 GiB" not in scene.shell(f"virsh -q domblkinfo {NAME} vdb --human | grep Capacity"))
    scene.overlay(larger)
    scene.ref.cloison("apply", "--yes")
    said = scene.tells()
    scene.expect(f"larger: it says {said}", said.get("boots") == "4" and said.get("disk vdb") == "2048"
                 and int(said["memory"].split()[0]) > 131_072)
    scene.ref.cloison("apply", "--yes", "--replace", ADDRESS)
    scene.expect("replaced: it has the disk that it had", scene.tells().get("boots") == "1")
    scene.expect("the former disk is not set aside", ".qcow2.removed-" in scene.shell(f"ls {IMAGES}"))
    scene.overlay({"vm": {"image": "nowhere"}})
    refused = scene.ref.cloison("apply", "--yes", statuses=(1,))
    scene.expect(f"an image that is not there: {refused.stdout}{refused.stderr}", "CL5421" in refused.stdout + refused.stderr)
    scene.overlay({"vm": {"memory": "192M", "disk": "1G"}})
    refused = scene.ref.cloison("apply", "--yes", statuses=(1,))
    scene.expect(f"a smaller disk: {refused.stdout}{refused.stderr}", "not made smaller" in " ".join((refused.stdout + refused.stderr).split()))
    scene.overlay(larger)
    scene.mended()
    scene.expect("a refused change restarted it", scene.tells().get("boots") == "1")


def after_boot(scene):
    scene.hosts.reboot([NODE])
    scene.hosts.wait_for_tunnels()
    scene.expect("it does not run after a boot of its node", scene.tells(120).get("host") == "archive")
    plan = drifted.Plan(scene.ref)
    scene.expect(f"after a boot a plan has {sorted({*plan.drift, *plan.changes})}", plan.status == 0)


def gone(scene):
    scene.overlay(None)
    scene.ref.cloison("apply", "--yes")
    scene.expect("it is still there", NAME not in scene.shell("virsh -q list --all --name"))
    scene.expect("its disks are not set aside", scene.shell(f"ls {IMAGES}").count(".data.qcow2.removed-") == 1)
    scene.shell(f"printf '<domain type=\"qemu\"><name>{NAME}</name><memory>32768</memory><os><type>hvm</type></os></domain>' > /tmp/own.xml; "
                "virsh -q define /tmp/own.xml")
    scene.ref.overlays.remove(OVERLAY)
    refused = scene.ref.cloison("apply", "--yes", statuses=(5,))  # its network is, it is not
    scene.expect(f"somebody else's machine: {refused.stdout}{refused.stderr}", "none of cloison's" in refused.stdout + refused.stderr)
    scene.shell(f"virsh -q undefine {NAME}")
    scene.mended()
    scene.expect("it does not begin anew", scene.tells().get("boots") == "1")


def prove(ref, full, say):
    scene, number = Scene(ref), 0
    try:
        number = parts(scene, full, say)
    finally:
        for text in scene.wrong:
            print(f"GUEST {text}")
    print(f"{number} parts about a machine, {len(scene.wrong)} wrong", flush=True)
    return not scene.wrong


def parts(scene, full, say):
    number = 0
    for name, part in (("as declared", as_declared), ("by hand", lambda it: by_hand(it, full)), ("changed", changed),
                       ("after a boot", after_boot), ("gone", gone)):
        if not full and part in (changed, after_boot, gone):
            continue
        before = len(scene.wrong)
        part(scene)
        number += 1
        say(f"a machine, {name}: {'as it should' if len(scene.wrong) == before else 'WRONG'}")
    return number
