"""Networks, subnets, ports; lists, pages, extensions, quotas."""
from .world import why

MARKER = "cloison 01J0000000000000000000TEST 1 vpc.prod"


@why("create, read, change and delete a network")
def network(world):
    made = world.me.post("network", "/v2.0/networks", {"network": {
        "name": "prod", "description": MARKER, "mtu": 1400}}).id()
    world.me.get("network", f"/v2.0/networks/{made}")
    world.me.put("network", f"/v2.0/networks/{made}", {"network": {"name": "production"}})
    world.me.get("network", "/v2.0/networks?name=production")
    world.me.delete("network", f"/v2.0/networks/{made}")
    world.me.get("network", f"/v2.0/networks/{made}")
    world.me.delete("network", f"/v2.0/networks/{made}")


@why("a network on a chosen VLAN, by a user whose cloud allows it (OVHcloud's vRack)")
def network_vlan(world):
    made = world.vlan.post("network", "/v2.0/networks", {"network": {
        "name": "vlan", "provider:network_type": "vlan",
        "provider:physical_network": "vrack", "provider:segmentation_id": 3999}}).id()
    world.vlan.get("network", f"/v2.0/networks/{made}")
    world.me.get("network", f"/v2.0/networks/{made}")
    world.vlan.post("network", "/v2.0/networks", {"network": {
        "name": "again", "provider:network_type": "vlan",
        "provider:physical_network": "vrack", "provider:segmentation_id": 3999}})


@why("values of provider attributes that do not exist")
def network_vlan_bad(world):
    def attempt(kind, physical, segment):
        world.vlan.post("network", "/v2.0/networks", {"network": {
            "name": "bad", "provider:network_type": kind,
            "provider:physical_network": physical, "provider:segmentation_id": segment}})
    attempt("vlan", "nowhere", 3999)
    attempt("vlan", "vrack", 5000)
    attempt("vrack", "vrack", 3999)


@why("attributes that a member may not set")
def forbidden_attribute(world):
    for attributes in ({"provider:network_type": "vlan", "provider:physical_network": "vrack",
                        "provider:segmentation_id": 3999},
                       {"router:external": True}, {"shared": True},
                       {"project_id": world.foreign_project}):
        world.me.post("network", "/v2.0/networks", {"network": {"name": "n", **attributes}})
    network = world.network()
    for attributes in ({"binding:host_id": "x"}, {"mac_address": "fa:16:3e:00:00:01"},
                       {"port_security_enabled": False}, {"device_owner": "network:dhcp"}):
        world.port(network, **attributes)
    world.me.put("network", f"/v2.0/networks/{network}", {"network": {
        "provider:segmentation_id": 7}})


@why("create, read, change and delete an IPv4 subnet")
def subnet_v4(world):
    network = world.network()
    made = world.me.post("network", "/v2.0/subnets", {"subnet": {
        "network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24", "name": "app",
        "description": MARKER, "gateway_ip": "10.9.0.1", "enable_dhcp": True,
        "allocation_pools": [{"start": "10.9.0.10", "end": "10.9.0.200"}],
        "dns_nameservers": ["192.0.2.53"],
        "host_routes": [{"destination": "10.0.0.0/8", "nexthop": "10.9.0.1"}]}}).id()
    world.me.get("network", f"/v2.0/subnets/{made}")
    world.me.put("network", f"/v2.0/subnets/{made}", {"subnet": {
        "dns_nameservers": ["192.0.2.54", "192.0.2.53"],
        "allocation_pools": [{"start": "10.9.0.20", "end": "10.9.0.200"}]}})
    world.me.delete("network", f"/v2.0/subnets/{made}")


@why("a subnet with nothing but what it must have, and one without gateway")
def subnet_defaults(world):
    network = world.network()
    world.subnet(network, "10.9.0.0/24")
    world.subnet(network, "10.9.1.0/24", gateway_ip=None, enable_dhcp=False)
    world.subnet(network, "10.9.2.0/31", gateway_ip=None, enable_dhcp=False)
    world.subnet(network, "10.9.3.1/32", enable_dhcp=False)


@why("IPv6 subnets: stateful DHCP, SLAAC, static")
def subnet_v6(world):
    network = world.network()
    for cidr, modes in (("2001:db8:9::/64", {"ipv6_ra_mode": "dhcpv6-stateful",
                                             "ipv6_address_mode": "dhcpv6-stateful"}),
                        ("2001:db8:9:1::/64", {"ipv6_ra_mode": "slaac",
                                               "ipv6_address_mode": "slaac"}),
                        ("2001:db8:9:2::/64", {"enable_dhcp": False})):
        world.subnet(network, cidr, **modes)
    world.me.post("network", "/v2.0/subnets", {"subnet": {
        "network_id": network, "ip_version": 6, "cidr": "2001:db8:9:3::/80",
        "ipv6_ra_mode": "slaac", "ipv6_address_mode": "slaac"}})
    world.me.post("network", "/v2.0/subnets", {"subnet": {
        "network_id": network, "ip_version": 6, "cidr": "2001:db8:9:4::/64",
        "ipv6_ra_mode": "slaac", "ipv6_address_mode": "dhcpv6-stateful"}})


@why("a CIDR with host bits is accepted and silently made a network address")
def host_bits_subnet(world):
    network = world.network()
    world.subnet(network, "10.9.0.77/24")


@why("bad values of a subnet")
def bad_subnet(world):
    network = world.network()

    def attempt(**more):
        world.me.post("network", "/v2.0/subnets", {"subnet": {
            "network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24", **more}})
    attempt(cidr="10.9.0.0/33")
    attempt(cidr="10.9.0.0")
    attempt(cidr="2001:db8::/64")
    attempt(gateway_ip="10.8.0.1")
    attempt(gateway_ip="10.9.0.0")
    attempt(allocation_pools=[{"start": "10.9.0.200", "end": "10.9.0.10"}])
    attempt(allocation_pools=[{"start": "10.8.0.2", "end": "10.8.0.9"}])
    attempt(gateway_ip="10.9.0.5", allocation_pools=[{"start": "10.9.0.2", "end": "10.9.0.9"}])
    attempt(dns_nameservers=["not-an-address"])
    attempt(host_routes=[{"destination": "10.0.0.0/8", "nexthop": "x"}])
    attempt(ip_version=5)


@why("two subnets of one network overlap")
def overlapping_subnets_network(world):
    network = world.network()
    world.subnet(network, "10.9.0.0/16")
    world.me.post("network", "/v2.0/subnets", {"subnet": {
        "network_id": network, "ip_version": 4, "cidr": "10.9.4.0/24"}})


@why("an attribute that cannot change, and one that does not exist")
def immutable_attribute(world):
    network = world.network()
    subnet = world.subnet(network)
    for change in ({"cidr": "10.8.0.0/24"}, {"network_id": network}, {"ip_version": 6},
                   {"colour": "red"}):
        world.me.put("network", f"/v2.0/subnets/{subnet}", {"subnet": change})
    port = world.port(network, fixed_ips=[{"ip_address": "10.9.0.9"}]).id()
    for change in ({"network_id": network}, {"mac_address": "fa:16:3e:00:00:01"}):
        world.me.put("network", f"/v2.0/ports/{port}", {"port": change})
    world.me.post("network", "/v2.0/networks", {"network": {"name": "n", "colour": "red"}})


@why("deleting a network that ports use")
def in_use_network(world):
    network = world.network()
    world.subnet(network)
    world.port(network, fixed_ips=[{"ip_address": "10.9.0.9"}])
    world.me.delete("network", f"/v2.0/networks/{network}")


@why("deleting a subnet that a port has an address in")
def in_use_subnet(world):
    network = world.network()
    subnet = world.subnet(network)
    world.port(network, fixed_ips=[{"subnet_id": subnet, "ip_address": "10.9.0.9"}])
    world.me.delete("network", f"/v2.0/subnets/{subnet}")


@why("deleting a network takes its subnets along when no port is left")
def network_takes_subnets(world):
    network = world.network()
    subnet = world.subnet(network)
    world.me.delete("network", f"/v2.0/networks/{network}")
    world.me.get("network", f"/v2.0/subnets/{subnet}")


@why("create, read, change and delete a port")
def port(world):
    network = world.network()
    subnet = world.subnet(network)
    group = world.group()
    made = world.port(network, name="web", description=MARKER, security_groups=[group],
                      fixed_ips=[{"subnet_id": subnet, "ip_address": "10.9.0.9"}],
                      allowed_address_pairs=[{"ip_address": "10.9.0.100"}]).id()
    world.me.get("network", f"/v2.0/ports/{made}")
    world.me.put("network", f"/v2.0/ports/{made}", {"port": {
        "security_groups": [], "allowed_address_pairs": [],
        "fixed_ips": [{"subnet_id": subnet, "ip_address": "10.9.0.10"},
                      {"subnet_id": subnet, "ip_address": "10.9.0.11"}]}})
    world.me.put("network", f"/v2.0/ports/{made}", {"port": {
        "device_id": "some-device", "device_owner": "compute:nova-a",
        "admin_state_up": False}})
    world.me.delete("network", f"/v2.0/ports/{made}")
    world.me.get("network", f"/v2.0/ports/{made}")


@why("a port with defaults: the project's default group")
def port_defaults(world):
    network = world.network()
    world.subnet(network, "10.9.0.0/30")
    world.port(network)
    world.port(network)


@why("an address that another port has, and addresses outside the subnet")
def address_allocated(world):
    network = world.network()
    subnet = world.subnet(network)
    world.port(network, fixed_ips=[{"subnet_id": subnet, "ip_address": "10.9.0.9"}])
    for address in ("10.9.0.9", "10.9.0.1", "10.9.1.9", "10.9.0.255", "10.9.0.0", "x"):
        world.port(network, fixed_ips=[{"subnet_id": subnet, "ip_address": address}])
    world.port(network, fixed_ips=[{"ip_address": "10.8.0.9"}])


@why("address pairs: unknown shape, whole range, the port's own address")
def address_pairs(world):
    network = world.network()
    subnet = world.subnet(network)

    def attempt(pairs):
        made = world.port(network, allowed_address_pairs=pairs,
                          fixed_ips=[{"subnet_id": subnet, "ip_address": "10.9.0.9"}])
        if made.status == 201:
            world.me.delete("network", f"/v2.0/ports/{made.id()}", record=False)
    attempt([{"ip_address": "10.9.0.0/24"}])
    attempt([{"ip_address": "10.9.0.9"}])
    attempt([{"ip_address": "10.9.0.100/24"}])
    attempt([{"ip_address": "0.0.0.0/0"}])
    attempt([{"ip_address": "10.9.0.100"}, {"ip_address": "10.9.0.100"}])
    attempt([{"ip_address": "x"}])
    attempt([{"ip_address": f"10.9.0.{i}"} for i in range(100, 111)])


@why("references to objects that do not exist")
def missing_reference(world):
    gone = "00000000-0000-0000-0000-000000000000"
    world.me.post("network", "/v2.0/subnets", {"subnet": {
        "network_id": gone, "ip_version": 4, "cidr": "10.9.0.0/24"}})
    world.port(gone)
    network = world.network()
    subnet = world.subnet(network)
    world.port(network, security_groups=[gone])
    world.port(network, fixed_ips=[{"subnet_id": gone}])
    group = world.group()
    rule = {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4"}
    for change in ({"security_group_id": gone}, {"remote_group_id": gone},
                   {"remote_address_group_id": gone}):
        world.me.post("network", "/v2.0/security-group-rules", {
            "security_group_rule": {**rule, **change}})
    router = world.router()
    world.attach(router, gone)
    world.attach(gone, subnet)
    world.me.post("network", "/v2.0/routers", {"router": {
        "external_gateway_info": {"network_id": gone}}})
    world.me.post("network", "/v2.0/floatingips", {"floatingip": {
        "floating_network_id": gone}})
    world.me.post("network", "/v2.0/floatingips", {"floatingip": {
        "floating_network_id": world.outer, "port_id": gone}})


@why("objects of another project: they look as if they were not there")
def foreign_project(world):
    network = world.network(world.other)
    subnet = world.subnet(network, client=world.other)
    group = world.group(client=world.other)
    world.me.get("network", f"/v2.0/networks/{network}")
    world.me.put("network", f"/v2.0/networks/{network}", {"network": {"name": "mine"}})
    world.me.delete("network", f"/v2.0/networks/{network}")
    world.me.get("network", f"/v2.0/networks?id={network}")
    world.me.post("network", "/v2.0/subnets", {"subnet": {
        "network_id": network, "ip_version": 4, "cidr": "10.8.0.0/24"}})
    world.port(network)
    world.me.post("network", "/v2.0/security-group-rules", {"security_group_rule": {
        "security_group_id": group, "direction": "ingress"}})
    world.attach(world.router(), subnet)
    # The outer network is visible, but not ours to change.
    world.me.put("network", f"/v2.0/networks/{world.outer}", {"network": {"name": "mine"}})
    world.me.delete("network", f"/v2.0/networks/{world.outer}")
    world.port(world.outer)


@why("a change that names a revision which is no longer the current one")
def stale_revision(world):
    network = world.network()
    path = f"/v2.0/networks/{network}"
    world.me.put("network", path, {"network": {"name": "m"}},
                 headers={"If-Match": "revision_number=1"})
    world.me.put("network", path, {"network": {"name": "l"}},
                 headers={"If-Match": "revision_number=1"})
    world.me.delete("network", path, headers={"If-Match": "revision_number=1"})
    world.me.put("network", path, {"network": {"name": "l"}}, headers={"If-Match": "nonsense"})


@why("a child raises its parent's revision")
def revision_through_child(world):
    network = world.network()
    world.subnet(network)
    world.me.get("network", f"/v2.0/networks/{network}?fields=revision_number")
    group = world.group()
    world.me.post("network", "/v2.0/security-group-rules", {"security_group_rule": {
        "security_group_id": group, "direction": "ingress"}})
    world.me.get("network", f"/v2.0/security-groups/{group}?fields=revision_number")


@why("a list in pages of two, and a marker that does not exist")
def pages(world):
    for name in "abcde":
        world.network(name=name)
    path = f"/v2.0/networks?project_id={world.project}&limit=2&sort_key=name&sort_dir=asc&fields=id&fields=name"
    while path:
        page = world.me.get("network", path).body
        following = [link["href"] for link in page.get("networks_links", [])
                     if link["rel"] == "next"]
        path = following[0].partition("127.0.0.1")[2].partition("/")[2] if following else None
        path = path and "/" + path
    world.me.get("network",
                 "/v2.0/networks?limit=2&marker=00000000-0000-0000-0000-000000000000")
    world.me.get("network", "/v2.0/networks?limit=-1")
    world.me.get("network", "/v2.0/networks?sort_key=name")
    world.me.get("network", "/v2.0/networks?sort_key=colour&sort_dir=asc")


@why("filters: several values, none found, unknown name (ignored: the whole list comes)")
def filters(world):
    world.network(name="a")
    world.network(name="b")
    for query in ("name=a&name=b&fields=name", "name=c&fields=name",
                  f"colour=red&project_id={world.project}&fields=name", "description=&name=a"):
        world.me.get("network", "/v2.0/networks?" + query)


@why("the longest name and description, and one character more")
def description_length(world):
    for kind, path in (("network", "networks"), ("router", "routers"),
                       ("security_group", "security-groups"),
                       ("address_group", "address-groups")):
        for name, length in (("name", 255), ("name", 256), ("description", 255),
                             ("description", 256)):
            world.me.post("network", "/v2.0/" + path, {kind: {
                "name": "n", name: "x" * length}})
    world.me.post("network", "/v2.0/networks", {"network": {"name": "café \u202e\n☂"}})


@why("bodies that are no JSON, no object, without the resource")
def malformed(world):
    for text in ("{", "[]", "{}", '{"network": []}', '{"network": {"name": 1}}',
                 '{"network": {"admin_state_up": "perhaps"}}'):
        world.me.call("POST", "network", "/v2.0/networks", raw=text)
    world.me.get("network", "/v2.0/colours")
    world.me.get("network", "/v2.0/networks/not-an-id")


@why("what a project may have: limits, and with their use")
def quotas(world):
    world.network()
    world.me.get("network", f"/v2.0/quotas/{world.project}")
    world.me.get("network", f"/v2.0/quotas/{world.project}/details.json")
    world.me.get("network", f"/v2.0/quotas/{world.foreign_project}")
    world.me.put("network", f"/v2.0/quotas/{world.project}", {"quota": {"network": 1}})


@why("more than the quota allows: single, and in bulk, where none is made")
def over_quota(world):
    try:
        network = world.network()
        group = world.group()
        world.quota(network=1, subnet=0, port=0, router=0, security_group=1,
                    security_group_rule=2, floatingip=0)
        world.me.post("network", "/v2.0/networks", {"network": {"name": "n"}})
        world.me.post("network", "/v2.0/subnets", {"subnet": {
            "network_id": network, "ip_version": 4, "cidr": "10.9.0.0/24"}})
        world.port(network)
        world.me.post("network", "/v2.0/routers", {"router": {"name": "r"}})
        world.me.post("network", "/v2.0/security-groups", {"security_group": {"name": "h"}})
        world.me.post("network", "/v2.0/security-group-rules", {"security_group_rules": [
            {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4",
             "protocol": "tcp", "port_range_min": port, "port_range_max": port}
            for port in range(1, 4)]})
        world.me.post("network", "/v2.0/floatingips", {"floatingip": {
            "floating_network_id": world.outer}})
        world.me.get("network", f"/v2.0/security-groups/{group}")
    finally:
        world.unlimited()


@why("the extensions that the server offers, and one by its alias")
def extensions(world):
    world.me.get("network", "/v2.0/extensions")
    world.me.get("network", "/v2.0/extensions/address-group")
    world.me.get("network", "/v2.0/extensions/colours")
    world.me.get("network", "/v2.0/availability_zones")


@why("tags: set afterwards, for they are refused at creation")
def tags(world):
    world.me.post("network", "/v2.0/networks", {"network": {"name": "n", "tags": ["a"]}})
    network = world.network()
    world.me.put("network", f"/v2.0/networks/{network}/tags", {"tags": ["a", "b"]})
    world.me.get("network", f"/v2.0/networks/{network}")
    world.me.get("network", "/v2.0/networks?tags=a&fields=name")
