"""ML2 mechanism driver that answers at once for the agents nobody runs.

Any port with a host is bound to its first segment; router ports, gateway ports and
associated floating IPs become ACTIVE, as an L3 agent would report them.
"""
from neutron_lib import constants
from neutron_lib.api.definitions import portbindings
from neutron_lib.callbacks import events
from neutron_lib.callbacks import registry
from neutron_lib.callbacks import resources
from neutron_lib.plugins import constants as plugin_types
from neutron_lib.plugins import directory
from neutron_lib.plugins.ml2 import api


class Mechanism(api.MechanismDriver):

    @property
    def connectivity(self):
        return portbindings.CONNECTIVITY_L2

    def initialize(self):
        registry.subscribe(router_interface_up, resources.ROUTER_INTERFACE,
                           events.AFTER_CREATE)
        for moment in (events.AFTER_CREATE, events.AFTER_UPDATE):
            registry.subscribe(gateway_up, resources.ROUTER, moment)
            registry.subscribe(floating_ip_changed, resources.FLOATING_IP, moment)

    def bind_port(self, context):
        if context.segments_to_bind:
            context.set_binding(
                context.segments_to_bind[0][api.ID], portbindings.VIF_TYPE_OVS,
                {portbindings.CAP_PORT_FILTER: True},
                status=constants.PORT_STATUS_ACTIVE)


def port_up(context, port_id):
    directory.get_plugin().update_port_status(
        context.elevated(), port_id, constants.PORT_STATUS_ACTIVE)


def router_interface_up(resource, event, trigger, payload):
    port = payload.metadata.get('port')
    if port:
        port_up(payload.context, port['id'])


def gateway_up(resource, event, trigger, payload):
    router = payload.latest_state
    gateway = router.get('gw_port_id') if router else None
    if gateway:
        port_up(payload.context, gateway)


def floating_ip_changed(resource, event, trigger, payload):
    floating_ip = payload.latest_state
    status = (constants.FLOATINGIP_STATUS_ACTIVE if floating_ip.get('port_id')
              else constants.FLOATINGIP_STATUS_DOWN)
    directory.get_plugin(plugin_types.L3).update_floatingip_status(
        payload.context.elevated(), payload.resource_id or floating_ip['id'], status)
