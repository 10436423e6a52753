"""What the scripted cloud holds: networks and servers in memory, with what real servers refuse. See scripted_cloud.py.

The shape of objects and the words of refusals were recorded from real servers (tests/conformance/openstack/recorded).
"""
import hashlib
import ipaddress

PROJECT, OPERATOR = "b5f0e8a1c2d34e6f8091a2b3c4d5e6f7", "00000000000000000000000000000001"


def identifier(*words):
    digest = hashlib.sha256("\0".join(words).encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-8{digest[17:20]}-{digest[20:32]}"


class Refused(Exception):
    """An answer that says no."""

    def __init__(self, status, kind, message, member="NeutronError"):
        super().__init__(message)
        body = {"message": message, "code": status} if member != "NeutronError" else {"type": kind, "message": message, "detail": ""}
        self.status, self.body = status, {member: body}


def missing(kind, wanted):
    return Refused(404, f"{kind}NotFound", f"{kind} {wanted} could not be found.")


class Neutron:
    """Objects by plural and identifier; what refers to what is what Neutron refuses for."""

    SINGULAR = {"networks": "network", "subnets": "subnet", "routers": "router", "ports": "port", "security_groups": "security_group",
                "security_group_rules": "security_group_rule", "address_groups": "address_group", "floatingips": "floatingip"}
    TITLE = {"networks": "Network", "subnets": "Subnet", "routers": "Router", "ports": "Port", "security_groups": "SecurityGroup",
             "security_group_rules": "SecurityGroupRule", "address_groups": "AddressGroup", "floatingips": "FloatingIP"}

    def __init__(self):
        self.objects = {plural: {} for plural in self.SINGULAR}
        self.births = {}
        self.quota, self.vlans = {}, None
        outside = {"id": identifier("networks", "Ext-Net"), "name": "Ext-Net", "project_id": OPERATOR, "router:external": True,
                   "shared": False, "status": "ACTIVE", "subnets": [], "description": ""}
        self.objects["networks"][outside["id"]] = outside

    def find(self, plural, wanted):
        if wanted in self.objects[plural]:
            return self.objects[plural][wanted]
        raise missing(self.TITLE[plural], wanted)

    def used(self, plural):
        return sum(one["project_id"] == PROJECT for one in self.objects[plural].values())

    def born(self, plural, key):
        self.births[plural + key] = number = self.births.get(plural + key, 0) + 1
        return identifier(plural, key, str(number))

    def create(self, plural, wanted):
        allowed = self.quota.get(self.SINGULAR[plural], -1)
        if 0 <= allowed <= self.used(plural):
            raise Refused(409, "OverQuota", f"Quota exceeded for resources: ['{self.SINGULAR[plural]}'].")
        made = {"name": "", "description": "", "project_id": PROJECT, "tenant_id": PROJECT, "revision_number": 1, "tags": [], **wanted}
        getattr(self, "new_" + plural)(made)
        made["id"] = self.born(plural, made["description"] + made["name"] + str(made.get("security_group_id", "")))
        self.objects[plural][made["id"]] = made
        if plural == "security_groups":
            made["security_group_rules"] = [self.create("security_group_rules", {"security_group_id": made["id"], "direction": "egress",
                                                                                 "ethertype": family}) for family in ("IPv4", "IPv6")]
        return made

    def use_vlans(self, physical_network):
        self.vlans = physical_network
        outside = self.objects["networks"][identifier("networks", "Ext-Net")]
        outside.pop("provider:network_type", None)
        if physical_network:
            outside["provider:network_type"] = "flat"  # who may see this may choose

    def new_networks(self, one):
        asks = "provider:segmentation_id" in one
        if asks and not self.vlans:
            raise Refused(403, "PolicyNotAuthorized", "rule:create_network:provider:segmentation_id is disallowed by policy")
        if asks and one["provider:physical_network"] != self.vlans:
            raise Refused(400, "InvalidInput", f"Invalid input for operation: physical_network '{one['provider:physical_network']}' "
                                               "unknown for VLAN provider network.")
        if self.vlans and not asks:
            one.update({"provider:network_type": "vxlan", "provider:physical_network": None, "provider:segmentation_id": 7})
        one.update({"router:external": False, "shared": False, "status": "ACTIVE", "subnets": [], "port_security_enabled": True})

    def new_subnets(self, one):
        network = self.find("networks", one["network_id"])
        cidr = ipaddress.ip_network(one["cidr"])
        for other in self.objects["subnets"].values():
            if other["network_id"] == network["id"] and cidr.overlaps(ipaddress.ip_network(other["cidr"])):
                raise Refused(400, "InvalidInput", f"Invalid input for operation: Requested subnet with cidr: {cidr} for network: "
                                                   f"{network['id']} overlaps with another subnet.")
        for name, value in {"gateway_ip": str(cidr[1]), "dns_nameservers": [], "enable_dhcp": True, "ipv6_address_mode": None,
                            "ipv6_ra_mode": None, "allocation_pools": [{"start": str(cidr[2]), "end": str(cidr[-2])}]}.items():
            one.setdefault(name, value)

    def new_routers(self, one):
        one.setdefault("external_gateway_info", None)
        one.update({"routes": [], "status": "ACTIVE"})
        self.gateway(one)

    def gateway(self, router):
        wanted = router["external_gateway_info"]
        if not wanted:
            router["external_gateway_info"] = None
            return
        self.find("networks", wanted["network_id"])
        router["external_gateway_info"] = {"network_id": wanted["network_id"], "enable_snat": True, "external_fixed_ips": []}

    def new_ports(self, one):
        self.find("networks", one["network_id"])
        for name, value in {"fixed_ips": [], "security_groups": [], "allowed_address_pairs": [], "device_id": "", "device_owner": "",
                            "port_security_enabled": True, "status": "DOWN"}.items():
            one.setdefault(name, value)
        for group in one["security_groups"]:
            self.find("security_groups", group)
        self.addresses(one)

    def addresses(self, port):
        for address in port["fixed_ips"]:
            subnet = self.find("subnets", address["subnet_id"])
            if ipaddress.ip_address(address["ip_address"]) not in ipaddress.ip_network(subnet["cidr"]):
                raise Refused(400, "InvalidIpForSubnet", f"IP address {address['ip_address']} is not a valid IP for the specified subnet.")
            for other in self.objects["ports"].values():
                if other is not port and other.get("id") != port.get("id") and address in other["fixed_ips"]:
                    raise Refused(409, "IpAddressAlreadyAllocated",
                                  f"IP address {address['ip_address']} already allocated in subnet {address['subnet_id']}")

    def new_security_groups(self, one):
        one.update({"stateful": True, "shared": False})

    def new_security_group_rules(self, one):
        self.find("security_groups", one["security_group_id"])
        match = ("security_group_id", "direction", "ethertype", "protocol", "port_range_min", "port_range_max", "remote_ip_prefix",
                 "remote_group_id", "remote_address_group_id")
        for name in match:
            one.setdefault(name, None)
        for other in self.objects["security_group_rules"].values():
            if all(one[name] == other[name] for name in match):
                raise Refused(409, "SecurityGroupRuleExists", f"Security group rule already exists. Rule id is {other['id']}.")

    def new_address_groups(self, one):
        one.setdefault("addresses", [])

    def new_floatingips(self, one):
        self.find("networks", one["floating_network_id"])
        one.setdefault("port_id", None)
        one["floating_ip_address"] = f"198.51.100.{10 + len(self.objects['floatingips'])}"
        one["status"] = "ACTIVE"

    def update(self, plural, wanted, changes, revision):
        now = self.find(plural, wanted)
        if revision and revision != f"revision_number={now['revision_number']}":
            raise Refused(412, "RevisionNumberConstraintFailed",
                          f"Constrained to {revision.partition('=')[2]}, but current revision is {now['revision_number']}")
        changed = {**now, **changes}
        if plural == "ports":
            self.addresses(changed)
        if plural == "routers":
            self.gateway(changed)
        now.update(changed, revision_number=now["revision_number"] + 1)
        return now

    def delete(self, plural, wanted):
        one = self.find(plural, wanted)
        inside = {"networks": "network_id", "routers": "device_id"}.get(plural)
        holders = [port["id"] for port in self.objects["ports"].values()
                   if (inside and port[inside] == wanted) or (plural == "security_groups" and wanted in port["security_groups"]) or
                   (plural == "subnets" and any(address["subnet_id"] == wanted for address in port["fixed_ips"]))]
        if holders:
            raise Refused(409, f"{self.TITLE[plural]}InUse", f"{self.TITLE[plural]} {wanted} is in use: {', '.join(sorted(holders))}.")
        content = {"networks": ("subnets", "network_id"), "security_groups": ("security_group_rules", "security_group_id")}.get(plural)
        if content:
            for other in [other for other in self.objects[content[0]].values() if other[content[1]] == wanted]:
                del self.objects[content[0]][other["id"]]
        if plural == "ports":
            for address in self.objects["floatingips"].values():
                if address["port_id"] == wanted:
                    address["port_id"] = None
        del self.objects[plural][one["id"]]

    def act(self, wanted, verb, body):
        """What is neither a creation nor a change of attributes."""
        if verb.endswith("_addresses"):
            group = self.find("address_groups", wanted)
            left = [one for one in group["addresses"] if one not in body["addresses"]]
            group["addresses"] = sorted(left + (body["addresses"] if verb.startswith("add") else []))
            return {"address_group": group}
        router = self.find("routers", wanted)
        if verb.endswith("_extraroutes"):
            asked = body["router"]["routes"]
            router["routes"] = [one for one in router["routes"] if one not in asked] + (asked if verb.startswith("add") else [])
            return {"router": router}
        subnet = self.find("subnets", body["subnet_id"])
        leg = [port for port in self.objects["ports"].values() if port["device_id"] == wanted and
               any(address["subnet_id"] == subnet["id"] for address in port["fixed_ips"])]
        if verb.startswith("remove"):
            if not leg:
                raise Refused(404, "RouterInterfaceNotFoundForSubnet", f"Router {wanted} has no interface on subnet {subnet['id']}")
            del self.objects["ports"][leg[0]["id"]]
        elif leg:
            raise Refused(400, "BadRequest", f"Bad router request: Router already has a port on subnet {subnet['id']}.")
        else:
            self.create("ports", {"network_id": subnet["network_id"], "device_id": wanted, "device_owner": "network:router_interface",
                                  "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": subnet["gateway_ip"]}]})
        return {"id": wanted, "subnet_id": subnet["id"], "network_id": subnet["network_id"]}

    def listed(self, plural, query, everybody):
        """Of other projects a project sees only the external networks."""
        def fits(one):
            if not everybody and one["project_id"] != PROJECT and not one.get("router:external"):
                return False
            for name, value in query:
                if name in ("limit", "marker"):
                    continue
                has = one.get(name)
                if name == "fixed_ips":
                    has = [f"subnet_id={address['subnet_id']}" for address in one["fixed_ips"]]
                if not (value in has if isinstance(has, list) else value == (str(has).lower() if isinstance(has, bool) else has)):
                    return False
            return True
        return sorted((one for one in self.objects[plural].values() if fits(one)), key=lambda one: one["id"])


class Nova:
    FLAVORS = [("d2-2", 1, 2048, 25), ("d2-4", 2, 4096, 50), ("b3-8", 2, 8192, 50), ("b3-16", 4, 16384, 100)]

    def __init__(self, neutron):
        self.neutron, self.servers = neutron, {}

    def flavors(self):
        return [{"id": identifier("flavor", name), "name": name, "vcpus": cpu, "ram": memory, "disk": disk,
                 "OS-FLV-DISABLED:disabled": False} for name, cpu, memory, disk in self.FLAVORS]

    def create(self, wanted):
        allowed = self.neutron.quota.get("instances", -1)
        if 0 <= allowed <= len(self.servers):
            used = len(self.servers)
            raise Refused(403, "", f"Quota exceeded for instances: Requested 1, but already used {used} of {allowed} instances", "forbidden")
        flavor = [one for one in self.flavors() if one["id"] == wanted["flavorRef"]]
        if not flavor:
            raise Refused(400, "", f"Flavor {wanted['flavorRef']} could not be found.", "badRequest")
        server = {"id": self.neutron.born("servers", wanted["name"]), "name": wanted["name"], "status": "ACTIVE", "tenant_id": PROJECT,
                  "metadata": wanted.get("metadata", {}), "image": {"id": wanted["imageRef"]},
                  "flavor": {"original_name": flavor[0]["name"], "vcpus": flavor[0]["vcpus"], "ram": flavor[0]["ram"]},
                  "OS-EXT-AZ:availability_zone": wanted.get("availability_zone", "nova")}
        for port in wanted["networks"]:
            self.neutron.find("ports", port["port"]).update(device_id=server["id"], device_owner="compute:nova")
        self.servers[server["id"]] = server
        return server

    def find(self, wanted):
        if wanted not in self.servers:
            raise Refused(404, "", f"Instance {wanted} could not be found.", "itemNotFound")
        return self.servers[wanted]

    def delete(self, wanted):
        del self.servers[self.find(wanted)["id"]]
        for port in self.neutron.objects["ports"].values():
            if port["device_id"] == wanted:
                port.update(device_id="", device_owner="")

    def limits(self):
        quota = self.neutron.quota
        return {"limits": {"rate": [], "absolute": {
            "maxTotalInstances": quota.get("instances", -1), "totalInstancesUsed": len(self.servers),
            "maxTotalCores": quota.get("cores", -1), "totalCoresUsed": 0, "maxTotalRAMSize": -1, "totalRAMUsed": 0}}}
