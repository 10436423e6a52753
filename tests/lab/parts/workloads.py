"""The machines behind the nodes: their addresses, the switches that they are plugged into, and what answers on them."""
import os

import processes
from layout import HERE, SWITCHES
from namespaces import batch, firewall, run

# Every port answers, by one program behind a redirection; so what a probe finds shut was shut on the way.
ANY_PORT = """
table inet answer {
  chain arrive {
    type nat hook prerouting priority dstnat
    meta l4proto { tcp, udp } redirect to :7
  }
  chain own {
    type nat hook output priority -100
    oifname "lo" meta l4proto { tcp, udp } redirect to :7
  }
}
"""


class Workloads:
    def __init__(self, layout, network, cables, root):
        self.layout, self.network, self.cables, self.root = layout, network, cables, root

    def make(self):
        """Namespaces for all; cables for those that are not plugged into a host (which brings its own), and returns the
        new ones."""
        loads = self.network.workloads.values()
        new = self.cables.make_spaces(load.name for load in loads)
        for load in loads:
            if load.name in new and load.listen == "any":
                firewall(self.layout.namespace(load.name), ANY_PORT)
        plugged = self.cables.plug([load.cable for load in loads if load.cable.kind != "port"])
        for load in loads:
            if load.cable in plugged:
                self.configure(load)
        return plugged

    # --- addresses --------------------------------------------------------------------------------------------------
    def wanted(self, load):
        """What was ordered by `lab address`, else what the description says: (dhcp, addresses, gateways)."""
        ordered = self.layout.read("addresses.json", {}).get(load.name)
        if ordered:
            return ordered["dhcp"], ordered["addresses"], ordered["gateways"]
        return load.dhcp, load.addresses, load.gateways

    def order(self, load, dhcp, addresses, gateways):
        orders = self.layout.read("addresses.json", {})
        orders[load.name] = {"dhcp": dhcp, "addresses": addresses, "gateways": gateways}
        self.layout.write("addresses.json", orders)
        self.configure(load)

    def configure(self, load):
        """Gives the interface its addresses, anew: after it was plugged in, ordered another one, or was healed."""
        space, client = self.layout.namespace(load.name), "dhcp-" + load.name
        processes.stop(self.layout, client)
        if "eth0" not in self.cables.interfaces(load.name):
            return
        dhcp, addresses, gateways = self.wanted(load)
        batch(["addr flush dev eth0 scope global permanent", "link set eth0 up",
               *(f"addr add {address} dev eth0 nodad" for address in addresses),
               *(f"route replace default via {gateway} dev eth0 onlink" for gateway in gateways)], space)
        if dhcp:
            # -A: how long it rests between attempts, as a node may get its DHCP server long after the workload began.
            processes.start(self.layout, client, [
                "ip", "netns", "exec", space, "udhcpc", "--foreground", "--interface", "eth0", "--script",
                os.path.join(HERE, "lease"), "--tryagain", "2", "--timeout", "1", "--retries", "3", "--release",
                "-x", f"hostname:{load.name}"], environment={"LEASE": self.lease(load)})

    def lease(self, load):
        return self.layout.path("daemons", f"dhcp-{load.name}.lease")

    def plugged_into(self, host):
        """Workloads whose cable came with the host's."""
        return [load for load in self.network.workloads.values() if load.cable.kind == "port"
                and load.cable.near[0] == host.name]

    # --- switches ---------------------------------------------------------------------------------------------------
    def start_switches(self):
        """One Open vSwitch, out of the hosts' root, in the namespace of all switches; a bridge of its own for each site."""
        if not self.network.switches or processes.running(self.layout, "switches"):
            return
        processes.start(self.layout, "switches", [
            "ip", "netns", "exec", self.layout.namespace(SWITCHES), *self.in_root()])

    def in_root(self):
        """Begins a command line that runs the switches, or a program of the hosts' root file system."""
        os.makedirs(self.layout.path("switches"), exist_ok=True)
        return ["unshare", "--mount", "--propagation", "private", os.path.join(HERE, "switches"), self.root,
                self.layout.path("switches")]

    def connect(self, cables):
        """Makes ports of switches for cables that were just plugged in. Open vSwitch would find a new device of an old
        name by itself, but leave it deaf to what is not for its own address: so the old port goes first."""
        ports = [cable for cable in cables if cable.kind in ("trunk", "access")]
        if not ports:
            return
        bridges = {self.network.switches[cable.site] for cable in ports}
        self.order_switches([word for bridge in sorted(bridges) for word in (
            "--", "--may-exist", "add-br", bridge, "--", "set", "bridge", bridge, "datapath_type=netdev")]
            + [word for cable in ports for word in ("--", "--if-exists", "del-port", cable.far[1])])
        self.order_switches([word for cable in ports for word in (
            "--", "add-port", self.network.switches[cable.site], cable.far[1],
            *([f"tag={cable.vlan}"] if cable.vlan else []))])

    def order_switches(self, words):
        run(*self.in_root(), "ovs-vsctl", "--retry", "--timeout=20", *words)

    # --- what answers -----------------------------------------------------------------------------------------------
    def start_responders(self):
        """One process that listens in all workloads and on the Internet."""
        if processes.running(self.layout, "responders"):
            return
        places = []
        for load in self.network.workloads.values():
            ports = ["tcp/7", "udp/7"] if load.listen == "any" else load.listen
            places.append(f"{self.layout.namespace(load.name)}={','.join(ports)}")
        places.append(f"{self.layout.namespace('internet')}={','.join(self.network.outside_listen)}")
        processes.start(self.layout, "responders", [os.path.join(HERE, "probe"), "listen", *places])
