"""What a cloud's operator would have made: users, catalogue, outer network, flavors,
images and availability zones. Written once, then kept with the prepared databases."""
import base64
import os

from config import REGION, ZONES, compute_host
from daemons import run
from rest import Service, call, login

# name: (vCPUs, memory MiB, disk GiB)
FLAVORS = {
    "d2-2": (1, 2048, 25), "d2-4": (2, 4096, 50), "d2-8": (4, 8192, 50),
    "b2-7": (2, 7168, 50), "b2-15": (4, 15360, 100),
    "b3-8": (2, 8192, 50), "b3-16": (4, 16384, 100), "b3-32": (8, 32768, 200),
    "c3-4": (2, 4096, 50), "c3-8": (4, 8192, 100), "r3-16": (2, 16384, 50),
    "r3-32": (4, 32768, 100),
}
# The last two are what a reference by name must call ambiguous.
IMAGES = ("Debian 12", "Debian 13", "Ubuntu 24.04", "Rocky Linux 9", "Rocky Linux 9")
OUTER_V4 = "198.18.0.0/16"
OUTER_V6 = "2001:db8:ff00::/64"
# The project that the tests work in, and the role that may choose VLAN and physical
# network there, as OVHcloud lets every tenant do in its vRack.
PROJECT = "cloison"
VLAN_ROLE = "vrack"


def write_keys(layout):
    """The files that `keystone-manage fernet_setup` and `credential_setup` would write."""
    for repository in ("fernet", "credential"):
        folder = layout.path("data", "keystone", repository)
        os.makedirs(folder, exist_ok=True)
        for index in "01":
            with open(os.path.join(folder, index), "wb") as key:
                key.write(base64.urlsafe_b64encode(os.urandom(32)))


def bootstrap(layout, env):
    run(["/usr/bin/keystone-manage", "--config-file", layout.path("conf", "keystone.conf"),
         "bootstrap", "--bootstrap-username", "admin", "--bootstrap-project-name", "admin",
         "--bootstrap-role-name", "admin", "--bootstrap-service-name", "keystone",
         "--bootstrap-region-id", REGION,
         *(word for interface in ("public", "internal", "admin")
           for word in (f"--bootstrap-{interface}-url", layout.keystone))],
        {**env, "OS_BOOTSTRAP_PASSWORD": layout.secret["admin"]},
        layout.path("log", "keystone-bootstrap.out"))


def endpoints(layout):
    """Catalogue type -> (service name, URL)."""
    table = {"identity": ("keystone", layout.keystone),
             "network": ("neutron", layout.url("neutron"))}
    if layout.everything:
        table.update({"compute": ("nova", layout.url("nova", "/v2.1")),
                      "image": ("glance", layout.url("glance")),
                      "placement": ("placement", layout.url("placement"))})
    return table


def identity(layout):
    """Projects cloison and other, their users, the service user and the catalogue."""
    keystone = Service(layout.keystone, login(layout.keystone, "admin",
                                              layout.secret["admin"], "admin"))
    roles = {role["name"]: role["id"] for role in keystone.get("/roles")["roles"]}
    for name in ("service", VLAN_ROLE):
        if name not in roles:
            roles[name] = keystone.post("/roles", {"role": {"name": name}})["role"]["id"]

    def project(name):
        return keystone.post("/projects", {"project": {
            "name": name, "domain_id": "default"}})["project"]["id"]

    def grant(project_id, user_id, *names):
        for name in names:
            keystone.put(f"/projects/{project_id}/users/{user_id}/roles/{roles[name]}")

    def user(name, secret, project_id, *names):
        made = keystone.post("/users", {"user": {
            "name": name, "password": layout.secret[secret], "domain_id": "default",
            "default_project_id": project_id}})["user"]["id"]
        grant(project_id, made, *names)

    user("openstack", "service", project("service"), "admin", "service")
    cloison = project(PROJECT)
    user("tester", "tester", cloison, "member")
    user("vlan", "vlan", cloison, "member", VLAN_ROLE)
    user("other", "other", project("other"), "member")
    grant(cloison, keystone.get("/users?name=admin")["users"][0]["id"], "admin")
    for kind, (name, url) in endpoints(layout).items():
        if kind == "identity":
            continue
        service = keystone.post("/services", {"service": {"type": kind, "name": name}})
        for interface in ("public", "internal", "admin"):
            keystone.post("/endpoints", {"endpoint": {
                "service_id": service["service"]["id"], "interface": interface,
                "region_id": REGION, "url": url}})


def application_credential(layout):
    """Tester's application credential, as {id, secret}."""
    token = login(layout.keystone, "tester", layout.secret["tester"], PROJECT)
    keystone = Service(layout.keystone, token)
    me = call("GET", layout.keystone + "/auth/tokens", token=token,
              headers={"X-Subject-Token": token})[0]["token"]["user"]["id"]
    made = keystone.post(f"/users/{me}/application_credentials", {
        "application_credential": {"name": "cloison-tests", "roles": [{"name": "member"}]}})
    return {key: made["application_credential"][key] for key in ("id", "secret")}


def outer_network(layout, token):
    neutron = Service(layout.url("neutron", "/v2.0"), token)
    network = neutron.post("/networks", {"network": {
        "name": "Ext-Net", "router:external": True, "provider:network_type": "flat",
        "provider:physical_network": "public"}})["network"]["id"]
    for version, cidr in ((4, OUTER_V4), (6, OUTER_V6)):
        neutron.post("/subnets", {"subnet": {
            "name": f"Ext-Net-v{version}", "network_id": network, "ip_version": version,
            "cidr": cidr, "enable_dhcp": False}})


def flavors_and_images(layout, token):
    nova = Service(layout.url("nova", "/v2.1"), token)
    for name, (cpus, memory, disk) in FLAVORS.items():
        nova.post("/flavors", {"flavor": {"name": name, "vcpus": cpus, "ram": memory,
                                          "disk": disk}})
    glance = Service(layout.url("glance", "/v2"), token)
    for name in IMAGES:
        image = glance.post("/images", {"name": name, "disk_format": "raw",
                                        "container_format": "bare", "visibility": "public"})
        glance.put(f"/images/{image['id']}/file", raw=bytes(64 * 1024))


def zones(layout, token):
    """One host aggregate per zone; needs the computes' host mappings."""
    nova = Service(layout.url("nova", "/v2.1"), token)
    for zone in ZONES:
        made = nova.post("/os-aggregates", {"aggregate": {
            "name": zone, "availability_zone": zone}})["aggregate"]["id"]
        nova.post(f"/os-aggregates/{made}/action",
                  {"add_host": {"host": compute_host(zone)}})
