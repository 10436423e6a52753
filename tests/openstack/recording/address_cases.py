"""Address groups."""
from .network_cases import MARKER
from .world import why

GROUPS = "/v2.0/address-groups"


@why("create, read, change and delete an address group; add and remove addresses")
def address_group(world):
    made = world.me.post("network", GROUPS, {"address_group": {
        "name": "peers", "description": MARKER,
        "addresses": ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"]}}).id()
    path = f"{GROUPS}/{made}"
    world.me.get("network", path)
    world.me.put("network", path, {"address_group": {"name": "friends"}})
    # The list stands alone here; inside "address_group" it is a 500.
    world.me.put("network", path + "/add_addresses", {"addresses": ["198.51.100.0/24"]})
    world.me.put("network", path + "/remove_addresses", {"addresses": ["10.0.0.0/8"]})
    world.me.put("network", path + "/add_addresses", {"address_group": {
        "addresses": ["10.0.0.0/8"]}})
    world.me.delete("network", path)
    world.me.get("network", path)


@why("addresses as the server writes them: host bits, bare addresses, capitals, none")
def host_bits_address_group(world):
    for addresses in (["10.1.2.3/8"], ["192.0.2.1"], ["2001:DB8:0::5/32"],
                      ["2001:db8::1/128"], []):
        world.me.post("network", GROUPS, {"address_group": {
            "name": "a", "addresses": addresses}})
    world.me.post("network", GROUPS, {"address_group": {"name": "a"}})


@why("addresses that are there already, are missing, twice, or are none")
def address_group_refused(world):
    made = world.me.post("network", GROUPS, {"address_group": {
        "name": "a", "addresses": ["10.0.0.0/8"]}}).id()
    path = f"{GROUPS}/{made}"
    for verb, addresses in (("add", ["10.0.0.0/8"]), ("remove", ["11.0.0.0/8"]),
                            ("add", ["12.0.0.0/8", "10.0.0.0/8"]), ("add", ["x"]),
                            ("add", ["13.0.0.0/8", "13.0.0.0/8"]), ("add", []),
                            ("remove", ["10.0.0.0/8", "11.0.0.0/8"])):
        world.me.put("network", f"{path}/{verb}_addresses", {"addresses": addresses})
    world.me.put("network", path, {"address_group": {"addresses": ["10.0.0.0/8"]}})
    world.me.post("network", GROUPS, {"address_group": {
        "name": "b", "addresses": ["10.0.0.0/8", "10.0.0.0/8"]}})
    world.me.get("network", path)


@why("a rule that names an address group, and the group's deletion meanwhile")
def in_use_address_group(world):
    made = world.me.post("network", GROUPS, {"address_group": {
        "name": "a", "addresses": ["10.0.0.0/8"]}}).id()
    group = world.group()
    body = {"security_group_rule": {
        "security_group_id": group, "direction": "ingress", "ethertype": "IPv4",
        "protocol": "tcp", "remote_address_group_id": made}}
    world.me.post("network", "/v2.0/security-group-rules", body)
    world.me.post("network", "/v2.0/security-group-rules", body)
    world.me.delete("network", f"{GROUPS}/{made}")
