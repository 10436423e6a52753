"""Configuration files of the services, written afresh at every start."""
import os

REGION = "RegionOne"
ZONES = ("nova-a", "nova-b", "nova-c")


class Layout:
    """Paths, ports and secrets of one state folder; `everything` adds Nova and its kin."""

    PORTS = ("mariadb", "keystone", "neutron", "placement", "glance", "nova",
             "amqp", "epmd", "distribution")

    def __init__(self, state, base_port, secrets, everything, token_ttl):
        self.state = state
        self.port = {name: base_port + i for i, name in enumerate(self.PORTS)}
        self.secret = secrets
        self.everything = everything
        self.token_ttl = token_ttl

    def path(self, *parts):
        return os.path.join(self.state, *parts)

    def url(self, service, suffix=""):
        return f"http://127.0.0.1:{self.port[service]}{suffix}"

    @property
    def keystone(self):
        return self.url("keystone", "/v3")

    def database(self, name):
        return (f"mysql+pymysql://openstack:{self.secret['database']}@127.0.0.1:"
                f"{self.port['mariadb']}/{name}?charset=utf8")

    @property
    def queue(self):
        return f"rabbit://openstack:{self.secret['amqp']}@127.0.0.1:{self.port['amqp']}//"


def write(layout, name, sections):
    """sections: list of (section, {key: value}); a section may come more than once."""
    text = "\n".join(
        f"[{section}]\n" + "".join(f"{key} = {value}\n" for key, value in values.items())
        for section, values in sections)
    path = layout.path("conf", name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as out:
        out.write(text)
    return path


def service_login(layout):
    return {"auth_type": "password", "auth_url": layout.keystone,
            "username": "openstack", "password": layout.secret["service"],
            "project_name": "service", "user_domain_id": "default",
            "project_domain_id": "default", "region_name": REGION}


def common(layout, name, transport):
    """Sections that every service but Keystone shares."""
    data = layout.path("data", name)
    os.makedirs(data, exist_ok=True)
    return [
        ("DEFAULT", {"log_file": layout.path("log", name + ".log"), "state_path": data,
                     "transport_url": transport}),
        ("oslo_concurrency", {"lock_path": layout.path("lock")}),
        ("oslo_messaging_notifications", {"driver": "noop"}),
        ("oslo_messaging_rabbit", {"rabbit_retry_interval": 1, "rabbit_retry_backoff": 1}),
        ("keystone_authtoken", {**service_login(layout),
                                "www_authenticate_uri": layout.keystone,
                                "service_token_roles": "service",
                                "service_token_roles_required": "true"}),
        ("database", {"connection": layout.database(name), "max_retries": -1,
                      "max_pool_size": 10, "max_overflow": 40}),
    ]


def keystone(layout):
    keys = layout.path("data", "keystone")
    write(layout, "keystone.conf", [
        ("DEFAULT", {"log_file": layout.path("log", "keystone.log")}),
        ("token", {"provider": "fernet", "expiration": layout.token_ttl}),
        ("fernet_tokens", {"key_repository": keys + "/fernet"}),
        # Without it Keystone looks into /etc/keystone, which a clean machine lacks.
        ("fernet_receipts", {"key_repository": keys + "/fernet"}),
        ("credential", {"key_repository": keys + "/credential"}),
        # Throw-away users: the cheapest hash makes a login take milliseconds.
        ("identity", {"password_hash_rounds": 4}),
        ("database", {"connection": layout.database("keystone"), "max_retries": -1}),
    ])


# Limits no test meets by accident; a test of limits sets a project's own by the API.
QUOTAS = {"network": 20000, "subnet": 20000, "subnetpool": 1000, "port": 100000,
          "router": 5000, "floatingip": 10000, "security_group": 20000,
          "security_group_rule": 200000, "rbac_policy": 1000}
COMPUTE_QUOTAS = {"instances": 2000, "cores": 20000, "ram": 40000000, "key_pairs": 1000,
                  "server_groups": 1000, "server_group_members": 1000}
PROVIDER_ATTRIBUTES = ("network_type", "physical_network", "segmentation_id")


def neutron(layout):
    write(layout, "neutron.conf", common(layout, "neutron", "fake://") + [
        ("DEFAULT", {
            "bind_host": "127.0.0.1", "bind_port": layout.port["neutron"],
            "core_plugin": "ml2", "service_plugins": "router",
            "api_paste_config": layout.path("conf", "neutron-paste.ini"),
            "api_workers": 2, "rpc_workers": 0, "rpc_state_report_workers": 0,
            "notify_nova_on_port_status_changes": "false",
            "notify_nova_on_port_data_changes": "false",
            "dhcp_agent_notification": "false",
            "pagination_max_limit": 1000}),
        ("ml2", {"type_drivers": "flat,vlan,vxlan", "tenant_network_types": "vxlan",
                 "mechanism_drivers": "agentless", "extension_drivers": "port_security"}),
        ("ml2_type_flat", {"flat_networks": "public"}),
        ("ml2_type_vlan", {"network_vlan_ranges": "vrack:1:4000"}),
        ("ml2_type_vxlan", {"vni_ranges": "1:32768"}),
        ("oslo_policy", {"policy_file": layout.path("conf", "neutron-policy.yaml")}),
        ("securitygroup", {"enable_security_group": "true"}),
        ("quotas", {"quota_" + name: limit for name, limit in QUOTAS.items()}),
    ])
    rules = {f"{verb}_network:provider:{attribute}": "rule:context_is_admin or role:vrack"
             for verb in ("create", "get") for attribute in PROVIDER_ATTRIBUTES}
    with open(layout.path("conf", "neutron-policy.yaml"), "w", encoding="ascii") as out:
        out.writelines(f'"{name}": "{rule}"\n' for name, rule in rules.items())
    write(layout, "neutron-paste.ini", paste_filters() + [
        ("composite:neutron", {"use": "egg:Paste#urlmap", "/": "versions", "/v2.0": "v2"}),
        ("composite:v2", {"use": "call:neutron.auth:pipeline_factory",
                          "keystone": "request_id errors token context extensions api"}),
        ("composite:versions", {"use": "call:neutron.auth:pipeline_factory",
                                "keystone": "list"}),
        ("app:list", {"paste.app_factory": "neutron.pecan_wsgi.app:versions_factory"}),
        ("app:api", {"paste.app_factory": "neutron.api.v2.router:APIRouter.factory"}),
        ("filter:context", {"paste.filter_factory":
                            "neutron.auth:NeutronKeystoneContext.factory"}),
        ("filter:extensions", {"paste.filter_factory":
                               "neutron.api.extensions:"
                               "plugin_aware_extension_middleware_factory"}),
    ])


def paste_filters():
    return [
        ("filter:request_id", {"paste.filter_factory": "oslo_middleware:RequestId.factory"}),
        ("filter:errors", {"paste.filter_factory": "oslo_middleware:CatchErrors.factory"}),
        ("filter:size", {"paste.filter_factory":
                         "oslo_middleware:RequestBodySizeLimiter.factory"}),
        ("filter:token", {"paste.filter_factory":
                          "keystonemiddleware.auth_token:filter_factory"}),
    ]


def placement(layout):
    write(layout, "placement/placement.conf", common(layout, "placement", "fake://") + [
        ("placement_database", {"connection": layout.database("placement")})])


def glance(layout):
    images = layout.path("data", "glance")
    paste = write(layout, "glance/glance-api-paste.ini", paste_filters() + [
        ("pipeline:glance-api-keystone", {"pipeline": "version token context root"}),
        ("composite:root", {"paste.composite_factory": "glance.api:root_app_factory",
                            "/": "list", "/v2": "v2"}),
        ("app:list", {"paste.app_factory": "glance.api.versions:create_resource"}),
        ("app:v2", {"paste.app_factory": "glance.api.v2.router:API.factory"}),
        ("filter:version", {"paste.filter_factory":
                            "glance.api.middleware.version_negotiation:"
                            "VersionNegotiationFilter.factory"}),
        ("filter:context", {"paste.filter_factory":
                            "glance.api.middleware.context:ContextMiddleware.factory"}),
    ])
    write(layout, "glance/glance-api.conf", common(layout, "glance", "fake://") + [
        ("DEFAULT", {"enabled_backends": "disk:file"}),
        ("glance_store", {"default_backend": "disk"}),
        ("disk", {"filesystem_store_datadir": images + "/images"}),
        ("os_glance_staging_store", {"filesystem_store_datadir": images + "/staging"}),
        ("os_glance_tasks_store", {"filesystem_store_datadir": images + "/tasks"}),
        ("paste_deploy", {"flavor": "keystone", "config_file": paste}),
    ])
    for folder in ("images", "staging", "tasks"):
        os.makedirs(os.path.join(images, folder), exist_ok=True)


def nova(layout):
    write(layout, "nova.conf", common(layout, "nova", layout.queue) + [
        ("DEFAULT", {
            "my_ip": "127.0.0.1", "enabled_apis": "osapi_compute",
            "osapi_compute_listen": "127.0.0.1",
            "osapi_compute_listen_port": layout.port["nova"],
            "osapi_compute_workers": 1, "use_cow_images": "false",
            # The small fake has 2 vCPUs, too few for the larger flavors.
            "compute_driver": "fake.FakeDriver"}),
        ("wsgi", {"api_paste_config": layout.path("conf", "nova-paste.ini")}),
        ("conductor", {"workers": 1}),
        ("scheduler", {"workers": 1}),
        ("vnc", {"enabled": "false"}),
        ("glance", {"api_servers": layout.url("glance")}),
        ("quota", COMPUTE_QUOTAS),
        ("api_database", {"connection": layout.database("nova_api")}),
        ("neutron", service_login(layout)),
        ("placement", service_login(layout)),
        ("service_user", service_login(layout)),
    ])
    for zone in ZONES:
        write(layout, f"compute-{zone}.conf", [("DEFAULT", {
            "host": compute_host(zone), "state_path": layout.path("data", zone),
            "log_file": layout.path("log", f"compute-{zone}.log")})])
        os.makedirs(layout.path("data", zone), exist_ok=True)
    write(layout, "nova-paste.ini", paste_filters() + [
        ("composite:osapi_compute", {"use": "call:nova.api.openstack.urlmap:urlmap_factory",
                                     "/": "versions", "/v2.1": "version", "/v2.1/+": "v21"}),
        ("composite:v21", {"use": "call:nova.api.auth:pipeline_factory_v21",
                           "keystone": "id faults size token context api"}),
        ("pipeline:versions", {"pipeline": "faults list"}),
        ("pipeline:version", {"pipeline": "id faults one"}),
        ("app:list", {"paste.app_factory":
                      "nova.api.openstack.compute.versions:Versions.factory"}),
        ("app:one", {"paste.app_factory":
                     "nova.api.openstack.compute.versions:VersionsV2.factory"}),
        ("app:api", {"paste.app_factory": "nova.api.openstack.compute:APIRouterV21.factory"}),
        ("filter:id", {"paste.filter_factory":
                       "nova.api.compute_req_id:ComputeReqIdMiddleware.factory"}),
        ("filter:faults", {"paste.filter_factory": "nova.api.openstack:FaultWrapper.factory"}),
        ("filter:context", {"paste.filter_factory":
                            "nova.api.auth:NovaKeystoneContext.factory"}),
    ])


def compute_host(zone):
    return "compute-" + zone.removeprefix("nova-")


def mariadb(layout):
    data = layout.path("data", "mysql")
    write(layout, "my.cnf", [("mariadbd", {
        "datadir": data, "socket": layout.path("db.sock"), "bind-address": "127.0.0.1",
        "port": layout.port["mariadb"], "tmpdir": layout.path("tmp"),
        "pid-file": layout.path("tmp", "mariadb.pid"), "aria-log-dir-path": data,
        "skip-name-resolve": 1, "skip-log-bin": 1, "max_connections": 600,
        "character-set-server": "utf8mb4", "collation-server": "utf8mb4_general_ci",
        "performance-schema": "off", "innodb_flush_log_at_trx_commit": 0,
        "innodb_doublewrite": 0, "innodb_buffer_pool_size": "192M",
        "innodb_log_file_size": "32M"})])


def rabbitmq(layout):
    with open(layout.path("conf", "rabbitmq.conf"), "w", encoding="ascii") as out:
        out.write(f"listeners.tcp.1 = 127.0.0.1:{layout.port['amqp']}\n"
                  "default_user = openstack\n"
                  f"default_pass = {layout.secret['amqp']}\n"
                  "loopback_users = none\n")
    with open(layout.path("conf", "rabbitmq-plugins"), "w", encoding="ascii") as out:
        out.write("[].\n")
    cookie = layout.path("home", ".erlang.cookie")
    if not os.path.exists(cookie):
        with open(cookie, "w", encoding="ascii") as out:
            out.write(layout.secret["amqp"])
        os.chmod(cookie, 0o400)


def write_all(layout):
    mariadb(layout)
    keystone(layout)
    neutron(layout)
    if layout.everything:
        rabbitmq(layout)
        placement(layout)
        glance(layout)
        nova(layout)
