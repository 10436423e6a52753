"""Has Neutron's own code make rules of security groups, in the network namespace in which it is started.

Objects of its API come as JSON, one line for each set of them. They become rows of a database in memory; from these Neutron's
server code (securitygroups_rpc_base) tells its agent code (SecurityGroupAgentRpc) about the ports, their groups and members,
as it does over RPC, and that has IptablesFirewallDriver load the rules and address sets. One line of answer:
{"rules": [...]}, the rules as the API keeps and shows them, null for those that its own checks refuse and that are left out.
What Neutron logs as a warning or worse goes to standard error.
"""
import json
import logging
import sys

import neutron.db.migration.models.head  # noqa: F401  all tables
from neutron import privileged
from neutron.agent import securitygroups_rpc as agent_side
from neutron.api.rpc.handlers import securitygroups_rpc as server_side
from neutron.conf.agent import common as agent_settings
from neutron.db import allowedaddresspairs_db, db_base_plugin_v2, models_v2, portsecurity_db, securitygroups_rpc_base
from neutron.db.models import address_group, allowed_address_pair, securitygroup
from neutron.db.port_security import models as port_security
from neutron.extensions import securitygroup as extension
from neutron.objects import register_objects
from neutron.plugins.ml2 import db as ml2_db
from neutron_lib import context as neutron_context
from neutron_lib import exceptions
from neutron_lib.db import api as db_api
from neutron_lib.db import model_base
from neutron_lib.plugins import directory
from oslo_config import cfg

PROJECT = "4c1e41f1a8e74c3d9f6b0c2a7d5e8f90"
TABLES = (securitygroup.SecurityGroupRule, securitygroup.SecurityGroupPortBinding, allowed_address_pair.AllowedAddressPair,
          port_security.PortSecurityBinding, models_v2.IPAllocation, models_v2.Port, models_v2.Subnet, models_v2.Network,
          address_group.AddressAssociation, address_group.AddressGroup, securitygroup.SecurityGroup)


class Plugin(securitygroups_rpc_base.SecurityGroupServerRpcMixin, allowedaddresspairs_db.AllowedAddressPairsMixin,
             portsecurity_db.PortSecurityDbMixin, db_base_plugin_v2.NeutronDbPluginV2):
    """What ML2 is for security groups: devices are called by the beginnings of their ports' identifiers."""

    supported_extension_aliases = ["port-security"]

    def __init__(self):
        """Nothing of what the base sets up: no listeners, no address management, no quotas."""

    def get_ports_from_devices(self, context, devices):
        ports = ml2_db.get_ports_and_sgs(context, [device[len("tap"):] for device in devices])
        for port in ports:
            port["device"] = device_of(port)
        return ports


class Server:
    """The agent's server, in the same process: what goes over RPC takes the form that it has there."""

    def __init__(self):
        self.callback = server_side.SecurityGroupServerRpcCallback()

    def security_group_info_for_devices(self, context, devices):
        told = self.callback.security_group_info_for_devices(context, devices=devices, call_version="1.3")
        return json.loads(json.dumps(told, default=list))


def device_of(port):
    return "tap" + port["id"][:11]


def accepted_rule(plugin, given):
    """The rule as the API keeps it, or None where it refuses it."""
    rule = {"project_id": PROJECT, "tenant_id": PROJECT, **given}
    try:
        rule["protocol"] = extension.convert_protocol(rule["protocol"])
        rule["ethertype"] = extension.convert_ethertype_to_case_insensitive(rule["ethertype"])
        for name in ("port_range_min", "port_range_max"):
            rule[name] = extension.convert_validate_port_value(rule[name])
        rule["remote_ip_prefix"] = extension.convert_ip_prefix_to_cidr(rule["remote_ip_prefix"])
        plugin._make_canonical_ipv6_icmp_protocol(rule)
        plugin._make_canonical_port_range(rule)
        plugin._validate_port_range(rule)
        plugin._validate_ip_prefix(rule)
        plugin._validate_ethertype_and_protocol(rule)
    except exceptions.NeutronException:
        return None
    rule.pop("tenant_id")
    return rule


def store(context, plugin, given):
    """The objects as rows, instead of those before. The rules as they are kept, None for those that are refused."""
    kept = [accepted_rule(plugin, one) for one in given["security_group_rules"]]
    with db_api.CONTEXT_WRITER.using(context):
        session = context.session
        for table in TABLES:
            for row in session.query(table).all():
                session.delete(row)
            session.flush()
        session.add(models_v2.Network(id=given["networks"][0]["id"], project_id=PROJECT, name="n", admin_state_up=True, status="ACTIVE"))
        for one in given["subnets"]:
            session.add(models_v2.Subnet(id=one["id"], network_id=one["network_id"], ip_version=one["ip_version"], cidr=one["cidr"]))
        for one in given["security_groups"]:
            session.add(securitygroup.SecurityGroup(id=one["id"], project_id=PROJECT, name=one["name"], stateful=True))
        for one in given["address_groups"]:
            session.add(address_group.AddressGroup(id=one["id"], project_id=PROJECT, name=one["name"]))
            session.flush()
            for address in one["addresses"]:
                session.add(address_group.AddressAssociation(address_group_id=one["id"], address=address))
        session.flush()
        for rule in filter(None, kept):
            session.add(securitygroup.SecurityGroupRule(**rule))
        for one in given["ports"]:
            session.add(models_v2.Port(id=one["id"], project_id=PROJECT, name=one["name"], network_id=one["network_id"], mac_address=one["mac_address"],
                                       admin_state_up=True, status="ACTIVE", device_id="vm", device_owner=one["device_owner"]))
            session.flush()
            session.add(port_security.PortSecurityBinding(port_id=one["id"], port_security_enabled=one["port_security_enabled"]))
            for address in one["fixed_ips"]:
                session.add(models_v2.IPAllocation(port_id=one["id"], network_id=one["network_id"], **address))
            for pair in one["allowed_address_pairs"]:
                session.add(allowed_address_pair.AllowedAddressPair(port_id=one["id"], mac_address=pair["mac_address"], ip_address=pair["ip_address"]))
            for group in one["security_groups"]:
                session.add(securitygroup.SecurityGroupPortBinding(port_id=one["id"], security_group_id=group))
    return kept


def prepared():
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="neutron: %(message)s")
    agent_settings.register_root_helper(cfg.CONF)
    cfg.CONF([], project="neutron")
    cfg.CONF.set_override("firewall_driver", "iptables", group="SECURITYGROUP")
    cfg.CONF.set_override("lock_path", sys.argv[1], group="oslo_concurrency")
    for context in (privileged.default, privileged.namespace_cmd, privileged.conntrack_cmd):
        context.set_client_mode(False)  # it is root here, without a helper process
    db_api.get_context_manager().configure(connection="sqlite://")
    model_base.BASEV2.metadata.create_all(db_api.CONTEXT_WRITER.get_engine())
    register_objects()
    plugin = Plugin()
    directory.add_plugin("CORE", plugin)
    return plugin


def main():
    plugin = prepared()
    context = neutron_context.get_admin_context()
    agent = agent_side.SecurityGroupAgentRpc(context, Server())
    devices = []
    for line in sys.stdin:
        given = json.loads(line)
        agent.remove_devices_filter(devices)
        kept = store(context, plugin, given)
        devices = [device_of(port) for port in given["ports"]]
        agent.prepare_devices_filter(devices)
        print(json.dumps({"rules": kept}), flush=True)


if __name__ == "__main__":
    main()
