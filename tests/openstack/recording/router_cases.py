"""Routers, their interfaces, gateways and routes; floating addresses."""
from .network_cases import MARKER
from .world import why


@why("create, read, change and delete a router with an outer gateway")
def router(world):
    made = world.me.post("network", "/v2.0/routers", {"router": {
        "name": "edge", "description": MARKER}}).id()
    path = f"/v2.0/routers/{made}"
    world.me.put("network", path, {"router": {
        "external_gateway_info": {"network_id": world.outer}}})
    world.me.get("network", path)
    world.me.put("network", path, {"router": {"external_gateway_info": {}}})
    world.me.put("network", path, {"router": {
        "external_gateway_info": {"network_id": world.outer, "enable_snat": False}}})
    world.me.delete("network", path)
    world.me.get("network", path)


@why("a router made with its gateway in one call")
def router_gateway(world):
    made = world.router(external_gateway_info={"network_id": world.outer})
    world.me.get("network", f"/v2.0/routers/{made}")


@why("interfaces by subnet and by port; removal by subnet, by port, twice")
def router_interface(world):
    network = world.network()
    subnet = world.subnet(network)
    router_id = world.router()
    path = f"/v2.0/routers/{router_id}"
    world.attach(router_id, subnet)
    world.attach(router_id, subnet)
    world.me.get("network", f"/v2.0/ports?device_id={router_id}")
    world.me.put("network", path + "/remove_router_interface", {"subnet_id": subnet})
    world.me.put("network", path + "/remove_router_interface", {"subnet_id": subnet})
    port = world.port(network, name="leg", fixed_ips=[
        {"subnet_id": subnet, "ip_address": "10.9.0.254"}]).id()
    world.me.put("network", path + "/add_router_interface", {"port_id": port})
    world.me.get("network", f"/v2.0/ports/{port}")
    world.me.delete("network", f"/v2.0/ports/{port}")
    world.me.put("network", path + "/remove_router_interface", {"port_id": port})
    world.me.get("network", f"/v2.0/ports/{port}")


@why("a subnet without gateway address, and one whose gateway another port has")
def router_interface_gateway(world):
    network = world.network()
    router_id = world.router()
    subnet = world.subnet(network, gateway_ip=None)
    world.attach(router_id, subnet)
    second = world.subnet(network, "10.9.1.0/24")
    world.port(network, fixed_ips=[{"subnet_id": second, "ip_address": "10.9.1.1"}])
    world.attach(router_id, second)


@why("IPv6 subnets on a router: stateful DHCP, and a second one of the same network")
def router_interface_v6(world):
    network = world.network()
    router_id = world.router()
    modes = {"ipv6_ra_mode": "dhcpv6-stateful", "ipv6_address_mode": "dhcpv6-stateful"}
    world.attach(router_id, world.subnet(network, "2001:db8:9::/64", **modes))
    world.attach(router_id, world.subnet(network, "2001:db8:9:1::/64", **modes))
    world.attach(router_id, world.subnet(network, "10.9.0.0/24"))
    world.me.get("network", f"/v2.0/ports?device_id={router_id}")


@why("two subnets of different networks on one router overlap")
def overlapping_subnets_router(world):
    router_id = world.router()
    first, second = world.network(name="a"), world.network(name="b")
    world.attach(router_id, world.subnet(first, "10.9.0.0/16"))
    world.attach(router_id, world.subnet(second, "10.9.4.0/24"))


@why("deleting a router that still has an interface")
def in_use_router(world):
    router_id = world.router()
    world.attach(router_id, world.subnet(world.network()))
    world.me.delete("network", f"/v2.0/routers/{router_id}")


@why("static routes: set, replaced, cleared; the next hop must be on a connected subnet")
def routes(world):
    router_id = world.router()
    path = f"/v2.0/routers/{router_id}"

    def attempt(*table):
        world.me.put("network", path, {"router": {"routes": [
            {"destination": to, "nexthop": via} for to, via in table]}})
    attempt(("10.200.0.0/16", "10.9.0.9"))
    world.attach(router_id, world.subnet(world.network()))
    attempt(("10.200.0.0/16", "10.9.0.9"), ("10.201.0.0/16", "10.9.0.10"))
    attempt(("10.200.0.0/16", "10.9.0.1"))
    attempt(("10.200.0.0/16", "10.9.0.9"), ("10.200.0.0/16", "10.9.0.9"))
    attempt(("10.200.0.0/16", "10.9.0.9"), ("10.200.0.0/16", "10.9.0.10"))
    attempt(("10.200.0.77/16", "10.9.0.9"))
    attempt(("10.9.0.0/24", "10.9.0.9"))
    attempt(("x", "10.9.0.9"))
    world.me.get("network", path)
    attempt()


@why("routes added and removed one by one, without reading the whole table")
def routes_atomic(world):
    router_id = world.router()
    path = f"/v2.0/routers/{router_id}"
    world.attach(router_id, world.subnet(world.network()))
    route = {"destination": "10.200.0.0/16", "nexthop": "10.9.0.9"}
    for verb in ("add", "add", "remove", "remove"):
        world.me.put("network", f"{path}/{verb}_extraroutes", {"router": {"routes": [route]}})


@why("an interface that routes or floating addresses need")
def in_use_interface(world):
    network = world.network()
    subnet = world.subnet(network)
    router_id = world.router(external_gateway_info={"network_id": world.outer})
    path = f"/v2.0/routers/{router_id}"
    world.attach(router_id, subnet)
    world.me.put("network", path, {"router": {"routes": [
        {"destination": "10.200.0.0/16", "nexthop": "10.9.0.9"}]}})
    world.me.put("network", path + "/remove_router_interface", {"subnet_id": subnet})
    world.me.put("network", path, {"router": {"routes": []}})
    port = world.port(network, fixed_ips=[{"ip_address": "10.9.0.9"}]).id()
    world.me.post("network", "/v2.0/floatingips", {"floatingip": {
        "floating_network_id": world.outer, "port_id": port}})
    world.me.put("network", path + "/remove_router_interface", {"subnet_id": subnet})
    world.me.put("network", path, {"router": {"external_gateway_info": {}}})


@why("create, move, release and delete a floating address")
def floating_ip(world):
    network = world.network()
    subnet = world.subnet(network)
    router_id = world.router(external_gateway_info={"network_id": world.outer})
    world.attach(router_id, subnet)
    port = world.port(network, fixed_ips=[{"ip_address": "10.9.0.9"},
                                          {"ip_address": "10.9.0.10"}]).id()
    made = world.me.post("network", "/v2.0/floatingips", {"floatingip": {
        "floating_network_id": world.outer, "description": MARKER}}).id()
    path = f"/v2.0/floatingips/{made}"
    world.me.put("network", path, {"floatingip": {
        "port_id": port, "fixed_ip_address": "10.9.0.10"}})
    world.me.get("network", path)
    world.me.post("network", "/v2.0/floatingips", {"floatingip": {
        "floating_network_id": world.outer, "port_id": port,
        "fixed_ip_address": "10.9.0.10"}})
    world.me.put("network", path, {"floatingip": {"port_id": None}})
    world.me.delete("network", path)
    world.me.get("network", path)


@why("deleting a port releases its floating address, which stays")
def floating_ip_port_deleted(world):
    network = world.network()
    router_id = world.router(external_gateway_info={"network_id": world.outer})
    world.attach(router_id, world.subnet(network))
    port = world.port(network, fixed_ips=[{"ip_address": "10.9.0.9"}]).id()
    made = world.me.post("network", "/v2.0/floatingips", {"floatingip": {
        "floating_network_id": world.outer, "port_id": port}}).id()
    world.me.delete("network", f"/v2.0/ports/{port}")
    world.me.get("network", f"/v2.0/floatingips/{made}")


@why("floating addresses that cannot be: no router, IPv6, chosen address, inner network")
def floating_ip_refused(world):
    network = world.network()
    world.subnet(network)
    world.subnet(network, "2001:db8:9::/64")
    port = world.port(network, fixed_ips=[{"ip_address": "10.9.0.9"}]).id()
    port6 = world.port(network, fixed_ips=[{"ip_address": "2001:db8:9::9"}]).id()
    for attributes in ({"port_id": port}, {"port_id": port6},
                       {"floating_ip_address": "198.18.0.2"},
                       {"fixed_ip_address": "10.9.0.9"},
                       {"port_id": port, "fixed_ip_address": "10.9.0.99"},
                       {"floating_network_id": network}):
        world.me.post("network", "/v2.0/floatingips", {"floatingip": {
            "floating_network_id": world.outer, **attributes}})
