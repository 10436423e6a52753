"""Servers, flavors, images, zones and their limits."""
import base64

from .network_cases import MARKER
from .world import why

GONE = "00000000-0000-0000-0000-000000000000"


def leg(world, host=9, client=None):
    network = world.network(client)
    subnet = world.subnet(network, client=client)
    return world.port(network, client, fixed_ips=[
        {"subnet_id": subnet, "ip_address": f"10.9.0.{host}"}]).id()


def wanted(world, port, **more):
    return {"server": {"name": "web-1", "flavorRef": world.flavor, "imageRef": world.image,
                       "networks": [{"port": port}], "metadata": {"cloison": MARKER}, **more}}


def settled(world, server):
    world.me.poll("compute", f"/servers/{server}", lambda answer: answer.body[
        "server"]["status"] in ("ACTIVE", "ERROR")
        and answer.body["server"]["OS-EXT-STS:task_state"] is None)


@why("create a server on a port made before, read it when it is active, delete it")
def server(world):
    port = leg(world)
    made = world.me.post("compute", "/servers", wanted(
        world, port, availability_zone="nova-a", config_drive=True,
        user_data=base64.b64encode(b"#cloud-config\n").decode())).id()
    settled(world, made)
    world.me.get("compute", f"/servers/{made}")
    world.me.get("network", f"/v2.0/ports/{port}")
    world.me.get("compute", "/servers/detail")
    world.me.put("compute", f"/servers/{made}", {"server": {"name": "web-2"}})
    world.me.post("compute", f"/servers/{made}/metadata", {"metadata": {"more": "x"}})
    world.me.delete("compute", f"/servers/{made}")
    world.me.poll("compute", f"/servers/{made}", lambda answer: answer.status == 404)
    world.me.get("compute", f"/servers/{made}")
    world.me.delete("compute", f"/servers/{made}")
    # A port made before the server outlives it, unbound.
    world.me.get("network", f"/v2.0/ports/{port}")


@why("no networks named: Nova makes the port, and takes it along")
def server_own_port(world):
    network = world.network()
    world.subnet(network, "10.9.0.0/30")
    made = world.me.post("compute", "/servers", {"server": {
        "name": "web-1", "flavorRef": world.flavor, "imageRef": world.image,
        "availability_zone": "nova-a", "networks": [{"uuid": network}]}}).id()
    settled(world, made)
    world.me.get("network", f"/v2.0/ports?device_id={made}")
    world.me.delete("compute", f"/servers/{made}")
    world.me.poll("compute", f"/servers/{made}", lambda answer: answer.status == 404)
    world.me.get("network", f"/v2.0/ports?device_id={made}")


@why("image and flavor that do not exist")
def unknown_image_and_flavor(world):
    port = leg(world)
    world.me.post("compute", "/servers", wanted(world, port, imageRef=GONE))
    world.me.post("compute", "/servers", wanted(world, port, imageRef="debian-12"))
    world.me.post("compute", "/servers", wanted(world, port, flavorRef="no-such"))
    world.me.get("compute", "/flavors/no-such")
    world.me.get("image", f"/v2/images/{GONE}")


@why("bad values of a server")
def bad_server(world):
    port = leg(world)
    for change in ({"availability_zone": "nowhere"}, {"networks": [{"port": GONE}]},
                   {"networks": [{"uuid": GONE}]}, {"user_data": "not base64!"},
                   {"user_data": "A" * 65540}, {"name": ""}, {"name": "x" * 256},
                   {"metadata": {"k": "v" * 256}}, {"colour": "red"},
                   {"metadata": {f"k{i}": "v" for i in range(129)}}):
        world.me.post("compute", "/servers", wanted(world, port, **change))


@why("a port that a server already has; a port of another project")
def server_port_in_use(world):
    port = leg(world)
    made = world.me.post("compute", "/servers", wanted(world, port)).id()
    settled(world, made)
    world.me.post("compute", "/servers", wanted(world, port))
    foreign = leg(world, client=world.other)
    world.me.post("compute", "/servers", wanted(world, foreign))


@why("a port in use by a server: deleting it is allowed and takes it from the server")
def in_use_port(world):
    port = leg(world)
    made = world.me.post("compute", "/servers", wanted(world, port)).id()
    settled(world, made)
    world.me.delete("network", f"/v2.0/ports/{port}")
    world.me.get("compute", f"/servers/{made}/os-interface")


@why("a server of another project")
def foreign_server(world):
    port = leg(world, client=world.other)
    made = world.other.post("compute", "/servers", wanted(world, port)).id()
    world.other.poll("compute", f"/servers/{made}", lambda answer: answer.body[
        "server"]["status"] == "ACTIVE")
    world.me.get("compute", f"/servers/{made}")
    world.me.delete("compute", f"/servers/{made}")
    world.me.get("compute", "/servers/detail?all_tenants=1")


@why("more servers or cores than the quota allows")
def over_quota_server(world):
    port = leg(world)
    path = f"/os-quota-sets/{world.project}"
    world.admin.put("compute", path, {"quota_set": {"instances": 0, "cores": 1}})
    world.me.post("compute", "/servers", wanted(world, port))
    world.admin.put("compute", path, {"quota_set": {"instances": 9, "cores": 0}})
    world.me.post("compute", "/servers", wanted(world, port))
    world.admin.delete("compute", path)


@why("what a project may have: limits, and with their use")
def compute_quotas(world):
    world.me.get("compute", f"/os-quota-sets/{world.project}")
    world.me.get("compute", f"/os-quota-sets/{world.project}/detail")
    world.me.get("compute", "/limits")
    world.me.get("compute", f"/os-quota-sets/{world.foreign_project}")


@why("flavors and availability zones")
def flavors_and_zones(world):
    world.me.get("compute", "/flavors/detail")
    world.me.get("compute", "/flavors/detail?limit=2&sort_key=name", )
    world.me.get("compute", "/os-availability-zone")
    world.me.get("compute", "/os-availability-zone/detail")


@why("images: by name, also one that two images have; pages")
def images(world):
    world.me.get("image", "/v2/images?name=Debian%2012")
    world.me.get("image", "/v2/images?name=Rocky%20Linux%209")
    world.me.get("image", "/v2/images?name=none")
    page = world.me.get("image", "/v2/images?limit=2&sort=name:asc").body
    while "next" in page:
        page = world.me.get("image", page["next"]).body
    world.me.get("image", "/v2/images?limit=2&marker=" + GONE)


@why("servers in pages of one")
def server_pages(world):
    network = world.network()
    subnet = world.subnet(network)
    for host in (9, 10):
        port = world.port(network, fixed_ips=[
            {"subnet_id": subnet, "ip_address": f"10.9.0.{host}"}]).id()
        settled(world, world.me.post("compute", "/servers", wanted(
            world, port, name=f"web-{host}")).id())
    path = "/servers?limit=1&sort_key=display_name&sort_dir=asc"
    base = world.endpoints["compute"]
    while path:
        page = world.me.get("compute", path).body
        following = [link["href"] for link in page.get("servers_links", [])
                     if link["rel"] == "next"]
        path = following[0][len(base):] if following else None
    world.me.get("compute", "/servers?limit=1&marker=" + GONE)
