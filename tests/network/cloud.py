"""The simulated cloud as namespaces: a bridge for each network, a namespace with responders for each port, a router for each
router with its routes and floating addresses, and before each port the filter that its security groups describe.

A port that is a gateway of the topology is not a namespace of this file: it is the card `port0` of the lab's host, and its
filter sits in the namespace in which that card's cable ends.
"""
import ipaddress
import json
import os

import filters
import openstack
import reference  # also finds the lab's own modules
import processes
from layout import HERE as LAB_FOLDER
from layout import Layout
from namespaces import batch, firewall, names, run, settings
from workloads import ANY_PORT

SWITCHES, RESPONDERS, RECORD = "cloud", "cloud-responders", "cloud.json"
EXTERNAL = ipaddress.ip_network("198.51.100.0/24")  # the lab's Internet, and by chance the simulator's external network too
ROUTER = {"ipv4/ip_forward": 1, "ipv6/conf/all/forwarding": 1, "ipv4/conf/all/send_redirects": 0, "ipv4/conf/default/send_redirects": 0}
# Bridged packets of a gateway's cable are shown to the filter, which no bridge without connection tracking could do.
# Connections go by one gateway, by the other, and by the first again: what a port remembers of them may be old.
SHOWN = {"bridge/bridge-nf-call-iptables": 1, "bridge/bridge-nf-call-ip6tables": 1, "netfilter/nf_conntrack_tcp_be_liberal": 1}


def floating(address):
    """Where the lab has a floating address: the simulator counts from .2 on, where the lab's own machines are."""
    number = int(ipaddress.ip_address(address)) & 0xFF
    if number >= 100:
        raise reference.Failed(f"floating address {address}: the lab has places for a hundred")
    return str(EXTERNAL[128 + number])


def router_space(network):
    return "router-" + network.rpartition(".")[2]


def guest_name(port):
    """What the namespace of a port's machine is called in the lab."""
    return port.address.removesuffix(".port").partition(".")[2].replace(".", "-")


def guest_filter(cloud, port):
    """A port's filter in its machine's namespace, in place of the one before. It sees the port that was asked for, since it is before
    the redirection that answers for every port."""
    return ("table inet port\ndelete table inet port\n"
            f"table inet port {{\n{filters.chains(cloud, port)}"
            "  chain arrive {\n    type filter hook prerouting priority mangle\n    iifname \"eth0\" goto to_guest\n  }\n"
            "  chain leave {\n    type filter hook output priority filter\n    oifname \"eth0\" goto from_guest\n  }\n}\n")


class CloudInLab:
    def __init__(self, ref, cloud):
        self.ref, self.cloud, self.layout = ref, cloud, Layout(ref.lab)
        self.description = self.layout.read("network.json")["description"]
        self.bridges = {network.id: f"n{i}" for i, network in enumerate(cloud.all("network"), 1)}
        self.plugs, self.spaces, self.points = 0, [], []

    @classmethod
    def read(cls, ref):
        listed = ref.cloison("sandbox", "list", "--verbose", "--json").stdout
        return cls(ref, openstack.Cloud(listed.splitlines()))

    # --- building ---------------------------------------------------------------------------------------------------
    def build(self):
        """Anew each time: what was built before goes first."""
        self.remove()
        self.make_space(SWITCHES)
        batch((line for bridge in self.bridges.values() for line in
               (f"link add name {bridge} type bridge", f"link set {bridge} up")), self.space(SWITCHES))
        for port in self.cloud.all("port"):
            gateway = self.host_of(port)
            if gateway:
                self.cable_of(port, gateway)
            elif not port.address.endswith(".virtual.port"):  # its address is on the card of the one that serves
                self.guest(port)
        for number, router in enumerate(self.cloud.all("router"), 1):
            self.router(number, router)
        self.forget_neighbours()
        loads = [f"{self.space(point['name'])}=tcp/7,udp/7" for point in self.points if not point["host"]]
        processes.start(self.layout, RESPONDERS, [os.path.join(LAB_FOLDER, "probe"), "listen", *loads])
        self.layout.write(RECORD, {"spaces": self.spaces, "points": self.points})

    def remove(self):
        kept = self.layout.read(RECORD, {"spaces": []})
        processes.stop(self.layout, RESPONDERS)
        there = names()
        batch(f"netns del {self.space(name)}" for name in kept["spaces"] if self.space(name) in there)
        for host in self.description["sites"][0]["hosts"]:
            if "port0" in host["interfaces"]:
                batch(["link del net"], self.space(f"{host['name']}-port0"), force=True)

    def forget_neighbours(self):
        """The same addresses have new cards now, and who knew the old ones would ask again only after seconds."""
        for name in ("ctl", "internet", *self.description["underlays"]):
            batch(["neigh flush dev exchange"], self.space(name))
        for point in self.points:
            if point["host"]:
                batch(["neigh flush dev port0"], self.space(point["name"]))

    def space(self, name):
        return self.layout.namespace(name)

    def make_space(self, name):
        self.spaces.append(name)
        self.layout.write(RECORD, {"spaces": self.spaces, "points": []})  # what fails half-way is taken away the next time too
        run("ip", "netns", "add", self.space(name))
        batch(["link set lo up"], self.space(name))

    def plug(self, name, interface, network_id):
        """A cable from a namespace into a network's bridge."""
        self.plugs += 1
        batch([f"link add name p{self.plugs} type veth peer name {interface} netns {self.space(name)}",
               f"link set p{self.plugs} master {self.bridges[network_id]} up"], self.space(SWITCHES))

    # --- ports ------------------------------------------------------------------------------------------------------
    def host_of(self, port):
        """The lab's host whose card this port is: that which is called like the port's gateway."""
        path = port.address.removesuffix(".port")
        for site in self.description["sites"]:
            for host in site.get("hosts", []):
                if path == host.get("called") and "port0" in host["interfaces"]:
                    return host["name"]
        return None

    def floating_of(self, port):
        return next((floating(found["address"]) for found in self.cloud.all("floating_ip") if found.get("port") == port.id), None)

    def remember(self, port, name, host):
        self.points.append({"name": name, "host": host, "path": port.address.removesuffix(".port"),
                            "addresses": [address for _, address in self.cloud.fixed(port)], "floating": self.floating_of(port)})

    def guest(self, port):
        name = guest_name(port)
        self.make_space(name)
        self.plug(name, "eth0", port["network"])
        lines = ["link set eth0 up"]
        for subnet, address in self.cloud.fixed(port):
            lines.append(f"addr add {address}/{ipaddress.ip_network(subnet['cidr']).prefixlen} dev eth0 nodad")
            if subnet.get("gateway"):
                lines.append(f"route replace default via {subnet['gateway']} dev eth0 onlink")
        batch(lines, self.space(name))
        firewall(self.space(name), guest_filter(self.cloud, port) + ANY_PORT)
        self.remember(port, name, False)

    def cable_of(self, port, host):
        """What a gateway's card is plugged into. Its own address is the administrator's business: see `card_files`."""
        socket = f"{host}-port0"
        self.plug(socket, "net", port["network"])
        batch(["link set net master socket up"], self.space(socket))
        settings(self.space(socket), SHOWN)
        card = json.loads(run("ip", "-n", self.space(host), "-j", "link", "show", "port0"))[0]["address"]
        firewall(self.space(socket), "table inet port\ndelete table inet port\n"
                 f"table inet port {{\n{filters.chains(self.cloud, port)}"
                 "  chain pass {\n    type filter hook forward priority filter\n"
                 f"    ether saddr {card} goto from_guest\n    goto to_guest\n  }}\n}}\n")
        self.remember(port, host, True)

    # --- routers ----------------------------------------------------------------------------------------------------
    def router(self, number, router):
        name = router_space(router.address.removesuffix(".router"))
        self.make_space(name)
        settings(self.space(name), ROUTER)
        lines = []
        for i, subnet in enumerate(self.cloud.interfaces(router), 1):
            self.plug(name, f"i{i}", subnet["network"])
            lines += [f"addr add {subnet['gateway']}/{ipaddress.ip_network(subnet['cidr']).prefixlen} dev i{i} nodad",
                      f"link set i{i} up"]
        lines += [f"route replace {target} via {via}" for target, via in self.cloud.routes(router)]
        batch(lines, self.space(name))
        if router.get("external_network"):
            self.outside(name, number, router)

    def outside(self, name, number, router):
        """The external gateway: an address of its own, under which all leave that have no floating one."""
        own = str(EXTERNAL[240 + number])
        ours = [(floating(found["address"]), self.cloud.behind(found)) for found in self.cloud.all("floating_ip")
                if found.get("port") and self.cloud.router_of(self.cloud.objects["port"][found["port"]]) is router]
        batch([f"link add name c{number} type veth peer name ext netns {self.space(name)}",
               f"link set c{number} master exchange up"], self.space("internet"))
        routes = [f"route replace {self.description['underlays'][underlay]['ipv4']} via {provider['exchange'][0].partition('/')[0]}"
                  for underlay, provider in self.ref.inventory()["providers"].items() if not provider["carrier_nat"]]
        batch([f"addr add {own}/{EXTERNAL.prefixlen} dev ext", *(f"addr add {address}/32 dev ext" for address, _ in ours),
               "link set ext up", *routes, f"route replace default via {EXTERNAL[1]}"], self.space(name))
        arrive = [f"ip daddr {address} dnat to {inner}" for address, inner in ours]
        leave = [f"oifname \"ext\" ip saddr {inner} snat to {address}" for address, inner in ours]
        leave.append(f"oifname \"ext\" snat to {own}")
        firewall(self.space(name), "table ip nat {\n  chain arrive {\n    type nat hook prerouting priority dstnat\n    "
                 + "\n    ".join(arrive) + "\n  }\n  chain leave {\n    type nat hook postrouting priority srcnat\n    "
                 + "\n    ".join(leave) + "\n  }\n}\n")


def card_files(ref):
    """What the platform would tell each gateway's card by DHCP, as the administrator's own file on the host. While the program
    does not make gateways, the host has two ways out, and is told that its VPC is behind this one."""
    locked = ref.locked()
    nets = [ipaddress.ip_network(text) for found in locked["cidr"].values() for text in found]
    for host in ref.inventory()["hosts"]:
        addresses = [ipaddress.ip_address(text) for path in host["called"] for text in locked["address"].get(path, [])]
        if not addresses:
            continue
        lines, routes = ["[Match]", "Name=port0", "", "[Network]", "IPv6AcceptRA=no"], []
        for address in addresses:
            inside = sorted((net for net in nets if net.version == address.version and address in net), key=lambda net: net.prefixlen)
            vpc, segment = inside[0], inside[-1]
            lines.append(f"Address={address}/{segment.prefixlen}")
            routes += ["", "[Route]", f"Gateway={segment[1]}", "Metric=1024"]
            if "gateway-nodes" not in ref.features:
                routes += ["", "[Route]", f"Destination={vpc}", f"Gateway={segment[1]}"]
        ref.lab_command("shell", host["name"], "sh", "-ec", "printf %s \"$1\" >\"$2\"; networkctl reload", "sh",
                        "\n".join(lines + routes) + "\n", "/etc/systemd/network/10-administrator-port0.network")
