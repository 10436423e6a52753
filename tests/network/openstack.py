"""Reads the simulated OpenStack as an administrator would: the objects that `cloison sandbox list` shows, by kind and id.

The simulator's own file is not opened, and nothing of the program's sources is used: what comes out of here is what a
platform that only knows these objects would build.
"""
import dataclasses
import ipaddress
import json

KINDS = ("network", "subnet", "router", "router_interface", "router_route", "security_group", "security_group_rule",
         "address_group", "port", "floating_ip", "server")


class Unreadable(Exception):
    """An object that this reader does not understand; passing it over would prove too much."""


def value(text):
    """One attribute as `list` writes it: true, 7, 10.0.0.0/8, "text", [a, b], {x, y}."""
    found, rest = _value(text.strip())
    if rest.strip():
        raise Unreadable(f"what is this behind a value: {rest}")
    return found


def _value(text):
    if text[:1] in "[{":
        end, items, text = {"[": "]", "{": "}"}[text[0]], [], text[1:].lstrip()
        while not text.startswith(end):
            item, text = _value(text)
            items.append(item)
            text = text.lstrip()
            if text.startswith(","):
                text = text[1:].lstrip()
            elif not text.startswith(end):
                raise Unreadable(f"a list that does not end: {text}")
        return (items if end == "]" else tuple(items)), text[1:]
    if text.startswith('"'):
        found, length = json.JSONDecoder().raw_decode(text)
        return found, text[length:]
    length = next((i for i, letter in enumerate(text) if letter in ",]}"), len(text))
    word = text[:length].strip()
    return ({"true": True, "false": False}.get(word, int(word) if word.isdigit() else word)), text[length:]


@dataclasses.dataclass
class Object:
    kind: str
    id: str
    address: str
    attributes: dict

    def __getitem__(self, key):
        return self.attributes[key]

    def get(self, key, default=None):
        return self.attributes.get(key, default)


class Cloud:
    """All objects, by kind and id, and what is asked of them."""

    def __init__(self, lines):
        self.objects = {kind: {} for kind in KINDS}
        for line in lines:
            event = json.loads(line)
            if event.get("what") != "listed":
                continue
            if event["kind"] not in self.objects:
                raise Unreadable(f"a kind that nothing is built from: {event['kind']}")
            read = {key: value(text) for key, text in event["attributes"].items()}
            self.objects[event["kind"]][event["id"]] = Object(event["kind"], event["id"], event.get("address", ""), read)

    def all(self, kind):
        return sorted(self.objects[kind].values(), key=lambda found: (found.address, found.id))

    def subnets(self, network):
        return [subnet for subnet in self.all("subnet") if subnet["network"] == network.id]

    def fixed(self, port):
        """(subnet, address) of each address of a port."""
        return [(self.objects["subnet"][subnet], address) for subnet, address in port["fixed_ips"]]

    def behind(self, floating_ip):
        """The address of its port that a floating address, which is of IPv4, stands for."""
        port = self.objects["port"][floating_ip["port"]]
        return next(address for _, address in self.fixed(port) if "." in address)

    def groups_of(self, port):
        return [self.objects["security_group"][group] for group in port["security_groups"]]

    def rules_of(self, group):
        return [rule for rule in self.all("security_group_rule") if rule["group"] == group.id]

    def members(self, group_id):
        """Prefixes that a rule's remote group stands for: the addresses of its ports, and those that they may hold."""
        found = []
        for port in self.all("port"):
            if group_id in port["security_groups"]:
                found += [address for _, address in port["fixed_ips"]] + own_pairs(port)
        return found

    def interfaces(self, router):
        """The subnets that a router has its foot in."""
        return [self.objects["subnet"][face["subnet"]] for face in self.all("router_interface") if face["router"] == router.id]

    def routes(self, router):
        return [(route["to"], route["via"]) for route in self.all("router_route") if route["router"] == router.id]

    def router_of(self, port):
        """The router that a floating address of this port passes: that of the port's first subnet."""
        subnet = port["fixed_ips"][0][0]
        return next((self.objects["router"][face["router"]] for face in self.all("router_interface")
                     if face["subnet"] == subnet), None)


def own_pairs(port):
    """Addresses beside its own that a port may send from: `allowed_address_pairs`, without their hardware addresses."""
    return [str(ipaddress.ip_network(pair[0] if isinstance(pair, tuple) else pair, strict=False))
            for pair in port.get("allowed_addresses", [])]
