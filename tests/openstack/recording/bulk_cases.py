"""Several objects in one call: all or none."""
from .world import why


@why("networks in bulk, and with one that is refused")
def bulk_networks(world):
    world.me.post("network", "/v2.0/networks", {"networks": [{"name": "a"}, {"name": "b"}]})
    world.me.post("network", "/v2.0/networks", {"networks": [
        {"name": "c"}, {"name": "d", "mtu": "x"}]})
    world.me.post("network", "/v2.0/networks", {"networks": []})
    world.me.get("network", f"/v2.0/networks?project_id={world.project}&fields=name")


@why("subnets in bulk, and with one that overlaps another")
def bulk_subnets(world):
    network = world.network()

    def of(cidr):
        return {"network_id": network, "ip_version": 4, "cidr": cidr}
    world.me.post("network", "/v2.0/subnets", {"subnets": [
        of("10.9.0.0/24"), of("10.9.1.0/24")]})
    world.me.post("network", "/v2.0/subnets", {"subnets": [
        of("10.9.2.0/24"), of("10.9.1.0/25")]})
    world.me.get("network", f"/v2.0/subnets?network_id={network}&fields=cidr")


@why("ports in bulk, and with one whose address is taken: none is made")
def bulk_ports(world):
    network = world.network()
    subnet = world.subnet(network)

    def of(name, host, **more):
        return {"network_id": network, "name": name, "fixed_ips": [
            {"subnet_id": subnet, "ip_address": f"10.9.0.{host}"}], **more}
    world.me.post("network", "/v2.0/ports", {"ports": [of("a", 10), of("b", 11)]})
    world.me.post("network", "/v2.0/ports", {"ports": [of("c", 12), of("d", 10)]})
    world.me.post("network", "/v2.0/ports", {"ports": [of("e", 13), of("f", 13)]})
    world.me.post("network", "/v2.0/ports", {"ports": [of("g", 14), of(
        "h", 15, security_groups=["00000000-0000-0000-0000-000000000000"])]})
    world.me.get("network", f"/v2.0/ports?network_id={network}&fields=name")


@why("groups in bulk, and with one that is refused")
def bulk_groups(world):
    world.me.post("network", "/v2.0/security-groups", {"security_groups": [
        {"name": "a"}, {"name": "b"}]})
    world.me.post("network", "/v2.0/security-groups", {"security_groups": [
        {"name": "c"}, {"name": "x" * 300}]})
    world.me.get("network", "/v2.0/security-groups?fields=name")


@why("rules in bulk: of two groups, and with one bad item")
def bulk_rules(world):
    first, second = world.group("a"), world.group("b")

    def of(group, port, **more):
        return {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4",
                "protocol": "tcp", "port_range_min": port, "port_range_max": port, **more}
    path = "/v2.0/security-group-rules"
    world.me.post("network", path, {"security_group_rules": [of(first, 1), of(first, 2)]})
    world.me.post("network", path, {"security_group_rules": [of(first, 3), of(second, 3)]})
    world.me.post("network", path, {"security_group_rules": [
        of(first, 4), of(first, 5, remote_ip_prefix="x")]})
    world.me.post("network", path, {"security_group_rules": [
        of(first, 6), of(first, 7, remote_group_id="00000000-0000-0000-0000-000000000000")]})
    world.me.get("network", f"{path}?security_group_id={first}&direction=ingress")


@why("routers, address groups and floating addresses in bulk")
def bulk_others(world):
    world.me.post("network", "/v2.0/routers", {"routers": [{"name": "a"}, {"name": "b"}]})
    world.me.post("network", "/v2.0/address-groups", {"address_groups": [
        {"name": "a", "addresses": ["10.0.0.0/8"]}, {"name": "b", "addresses": []}]})
    world.me.post("network", "/v2.0/address-groups", {"address_groups": [
        {"name": "c", "addresses": ["10.0.0.0/8"]}, {"name": "d", "addresses": ["x"]}]})
    world.me.get("network", "/v2.0/address-groups?fields=name")
    world.me.post("network", "/v2.0/floatingips", {"floatingips": [
        {"floating_network_id": world.outer}, {"floating_network_id": world.outer}]})
