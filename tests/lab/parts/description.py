"""Reads the description of a lab network (tests/lab/networks/NAME.json) and works out what it leaves open.

Every number is given by the order in the file: a host's management address, its block at each provider, the names of
the cables' far ends. The same file gives the same network, so a command can work it out again at any time.
"""
import dataclasses
import hashlib
import ipaddress
import json
import os
import re

from layout import CONTROL, HERE, INTERNET, SWITCHES
from namespaces import Failure

NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,40}[a-z0-9])?")
INTERFACE = re.compile(r"[a-z][a-z0-9]{0,8}")
MANAGEMENT = ipaddress.ip_network("10.255.0.0/16")
EXCHANGE = ("198.51.100.0/24", "2001:db8:ffff::/64")  # where providers, the Internet's services and ctl meet


@dataclasses.dataclass
class Cable:
    """A pair of virtual interfaces. `near` is the machine that it belongs to, `far` what it is plugged into."""
    kind: str  # management, underlay, uplink, trunk, access, port, wire, none
    what: str  # the word that `cut` knows it by
    near: tuple  # machine, interface
    far: tuple
    near_addresses: list = dataclasses.field(default_factory=list)
    far_addresses: list = dataclasses.field(default_factory=list)
    metric: int = 0
    vlan: int = 0
    site: str = ""

    @property
    def key(self):
        return "/".join(self.near)

    @staticmethod
    def card(lab, end):
        """The hardware address of one end, the same after each boot."""
        digest = hashlib.sha256("/".join((lab, *end)).encode()).hexdigest()
        return "02:" + ":".join(digest[i:i + 2] for i in range(0, 10, 2))


@dataclasses.dataclass
class Underlay:
    name: str
    number: int
    carrier_nat: bool
    metric: int
    ipv4: ipaddress.IPv4Network | None
    ipv6: ipaddress.IPv6Network | None
    subscribers: int = 0

    def exchange_addresses(self):
        return [f"{ipaddress.ip_network(net)[10 + self.number]}/{ipaddress.ip_network(net).prefixlen}" for net in EXCHANGE]

    def subscribe(self, where):
        """The next block: addresses with prefix length of the subscriber and of the provider."""
        number, self.subscribers = self.subscribers, self.subscribers + 1
        near, far = [], []
        if self.ipv4:
            if number >= self.ipv4.num_addresses // 4:
                raise Failure(f"{where}: {self.ipv4} of '{self.name}' has no block of four addresses left")
            far.append(f"{self.ipv4[4 * number + 1]}/30")
            near.append(f"{self.ipv4[4 * number + 2]}/30")
        if self.ipv6:
            block = ipaddress.ip_network((int(self.ipv6[0]) + ((number + 1) << 64), 64))
            far.append(f"{block[1]}/64")
            near.append(f"{block[2]}/64")
        return near, far


@dataclasses.dataclass
class Host:
    name: str
    site: str
    number: int
    sudo: bool
    called: list
    emulated: bool = False  # with a kernel of its own
    cables: list = dataclasses.field(default_factory=list)

    @property
    def address(self):
        block, number = divmod(self.number - 1, 250)
        return str(MANAGEMENT[256 * (block + 1) + number + 1])


@dataclasses.dataclass
class Workload:
    name: str
    site: str
    number: int
    called: list
    dhcp: bool
    addresses: list
    gateways: list
    listen: list | str
    cable: Cable | None = None


class Network:
    """What `lab up NAME` builds."""

    def __init__(self, name, raw):
        self.name, self.raw = name, raw
        known(raw, name, "about", "underlays", "internet", "sites")
        self.about = raw.get("about", "")
        self.hosts, self.workloads, self.switches, self.cables = {}, {}, {}, []
        self.underlays = {key: self._underlay(key, i, value) for i, (key, value) in
                          enumerate(raw.get("underlays", {}).items(), 1)}
        outside = known(raw.get("internet", {}), "internet", "addresses", "listen")
        self.outside_addresses = outside.get("addresses", ["198.51.100.80/32", "2001:db8:ffff::80/128"])
        self.outside_listen = outside.get("listen", ["tcp/7", "tcp/80", "tcp/443", "udp/7", "udp/53", "udp/123"])
        self.reserved = {CONTROL, INTERNET, SWITCHES, *self.underlays}
        if len(self.reserved) != 3 + len(self.underlays) or self.underlays.keys() & {"switch", "wire", "none"}:
            raise Failure(f"{name}: an underlay has a name that is taken: ctl, internet, lan, switch, wire, none")
        for number, site in enumerate(raw.get("sites", []), 1):
            known(site, f"site {number}", "name", "each", "hosts", "workloads")
            for key in self._keys(site, number):
                self._site(key, filled(site, key))
        self._uplinks()
        if not self.hosts:
            raise Failure(f"{name}: a lab needs hosts")

    # --- what others ask ------------------------------------------------------------------------------------------
    def machine(self, name):
        """A host or workload by its own name, or by one that `called` gives it."""
        for found in (*self.hosts.values(), *self.workloads.values()):
            if name == found.name or name in found.called:
                return found
        raise Failure(f"no host or workload is called '{name}'; there are: "
                      + " ".join([*self.hosts, *self.workloads]))

    def host(self, name):
        found = self.machine(name)
        if not isinstance(found, Host):
            raise Failure(f"'{found.name}' is a workload, not a host")
        return found

    def infrastructure(self):
        """Names of the namespaces that are neither hosts nor workloads."""
        sockets = any(cable.far[0] == SWITCHES for cable in self.cables)
        wires = [cable.far[0] for cable in self.cables if cable.kind == "wire"]
        return [CONTROL, INTERNET, *self.underlays, *([SWITCHES] if sockets else []), *wires]

    # --- reading --------------------------------------------------------------------------------------------------
    def _underlay(self, key, number, value):
        known(value, f"underlay '{key}'", "ipv4", "ipv6", "carrier_nat", "metric")
        named(key, "underlay")
        return Underlay(key, number, bool(value.get("carrier_nat")), value.get("metric", 100 * number),
                        ipaddress.ip_network(value["ipv4"]) if "ipv4" in value else None,
                        ipaddress.ip_network(value["ipv6"]) if "ipv6" in value else None)

    @staticmethod
    def _keys(site, number):
        if "each" not in site:
            return [site.get("name") or f"site-{number}"]
        each = site["each"]
        if isinstance(each, list):
            return each
        known(each, "each", "prefix", "count")
        return [f"{each['prefix']}{i:02}" for i in range(1, each["count"] + 1)]

    def _site(self, key, site):
        named(key, "site")
        for host in site.get("hosts", []):
            self._host(key, host)
        for workload in site.get("workloads", []):
            self._workload(key, workload)

    def _new_name(self, name, what):
        named(name, what)
        if name in self.reserved or name in self.hosts or name in self.workloads:
            raise Failure(f"{self.name}: two things are called '{name}'")
        return name

    def _host(self, site, raw):
        known(raw, f"host of site '{site}'", "name", "interfaces", "sudo", "called", "emulated")
        host = Host(self._new_name(raw["name"], "host"), site, len(self.hosts) + 1, raw.get("sudo", True),
                    as_list(raw.get("called", [])), raw.get("emulated", False))
        self.hosts[host.name] = host
        if host.number > 1000:
            raise Failure(f"{self.name}: more than 1000 hosts")
        far = (CONTROL, f"h{host.number}-mgmt0")
        self._add(host, Cable("management", "management", (host.name, "mgmt0"), far, [f"{host.address}/16"]))
        for interface, plug in raw.get("interfaces", {}).items():
            where = f"{host.name}, {interface}"
            if not INTERFACE.fullmatch(interface) or interface in ("mgmt0", "lo"):
                raise Failure(f"{where}: not a name for an interface here")
            near, end = (host.name, interface), f"h{host.number}-{interface}"
            if plug in self.underlays:
                underlay = self.underlays[plug]
                own, provider = underlay.subscribe(where)
                self._add(host, Cable("underlay", plug, near, (plug, end), own, provider, metric=underlay.metric))
            elif plug == "switch":
                self._add(host, Cable("trunk", interface, near, (SWITCHES, end), site=self._switch(site)))
            elif plug == "wire":
                self._add(host, Cable("wire", interface, near, (self._new_name(f"{host.name}-{interface}", "wire"), "wire")))
                self.reserved.add(f"{host.name}-{interface}")
            elif plug == "none":
                self._add(host, Cable("none", interface, near, (SWITCHES, end)))
            else:
                raise Failure(f"{where}: plugged into '{plug}', which is no underlay, nor 'switch', 'wire' or 'none'")

    def _workload(self, site, raw):
        where = f"workload of site '{site}'"
        known(raw, where, "name", "plug", "vlan", "address", "gateway", "listen", "called")
        address = raw.get("address", [])
        dhcp = address == "dhcp"
        load = Workload(self._new_name(raw["name"], "workload"), site, len(self.workloads) + 1,
                        as_list(raw.get("called", [])), dhcp, [] if dhcp else as_list(address), as_list(raw.get("gateway", [])),
                        raw.get("listen", "any"))
        self.workloads[load.name] = load
        plug, end = raw["plug"], f"w{load.number}-eth0"
        if plug == "switch":
            load.cable = Cable("access", "eth0", (load.name, "eth0"), (SWITCHES, end), vlan=raw.get("vlan", 0),
                               site=self._switch(site))
        elif plug in self.underlays:
            own, provider = self.underlays[plug].subscribe(load.name)
            load.cable = Cable("underlay", plug, (load.name, "eth0"), (plug, end), own, provider)
            load.addresses, load.gateways = own, [address.partition("/")[0] for address in provider]
        else:
            host, _, interface = plug.rpartition("/")
            if host not in self.hosts or not INTERFACE.fullmatch(interface):
                raise Failure(f"{load.name}: plugged into '{plug}', which is no underlay, nor 'switch', nor HOST/INTERFACE")
            load.cable = Cable("port", interface, (host, interface), (load.name, "eth0"))
            self._add(self.hosts[host], load.cable)
            return
        self.cables.append(load.cable)

    def _switch(self, site):
        return self.switches.setdefault(site, f"s{len(self.switches) + 1}") and site

    def _add(self, host, cable):
        if any(cable.near == other.near for other in host.cables):
            raise Failure(f"{cable.key} is plugged in twice")
        host.cables.append(cable)
        self.cables.append(cable)

    def _uplinks(self):
        for underlay in self.underlays.values():
            self.cables.append(Cable("uplink", underlay.name, (underlay.name, "exchange"),
                                     (INTERNET, f"p{underlay.number}"), underlay.exchange_addresses()))
        self.cables.append(Cable("uplink", "control", (CONTROL, "exchange"), (INTERNET, "p0"),
                                 [f"{ipaddress.ip_network(net)[2]}/{ipaddress.ip_network(net).prefixlen}" for net in EXCHANGE]))


def as_list(value):
    return value if isinstance(value, list) else [value]


def named(name, what):
    if not NAME.fullmatch(name):
        raise Failure(f"'{name}' is no name for {what}: letters a-z, digits and hyphens")


def known(mapping, where, *keys):
    for key in mapping:
        if key not in keys:
            raise Failure(f"{where}: '{key}' means nothing here; known: {', '.join(keys)}")
    return mapping


def filled(value, key):
    """The same with {} replaced by the site's key."""
    if isinstance(value, dict):
        return {filled(k, key): filled(v, key) for k, v in value.items()}
    if isinstance(value, list):
        return [filled(item, key) for item in value]
    return value.replace("{}", key) if isinstance(value, str) else value


def available():
    """name -> what it is, of each description in the repository."""
    folder = os.path.join(HERE, "networks")
    found = {}
    for file in sorted(os.listdir(folder)):
        if file.endswith(".json"):
            with open(os.path.join(folder, file), encoding="utf-8") as text:
                found[file.removesuffix(".json")] = json.load(text).get("about", "")
    return found


def load(name):
    """A description by its name, or by the path of a file of one's own."""
    path = name if "/" in name else os.path.join(HERE, "networks", name + ".json")
    try:
        with open(path, encoding="utf-8") as text:
            raw = json.load(text)
    except FileNotFoundError:
        raise Failure(f"there is no network '{name}'; there are: {' '.join(available())}") from None
    except json.JSONDecodeError as error:
        raise Failure(f"{path}:{error.lineno}:{error.colno}: {error.msg}") from None
    try:
        return Network(os.path.basename(path).removesuffix(".json"), raw)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise Failure(f"{path}: {type(error).__name__}: {error}") from None
