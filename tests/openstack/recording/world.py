"""The projects, users and fixed objects that every case finds."""
import secrets
import urllib.parse

from rest import Service, login

from .session import Client

OWN, FOREIGN = "recorded", "recorded-foreign"


def why(text):
    """Marks a function as a case."""
    def mark(function):
        function.why = text
        return function
    return mark


class World:
    """`me` and `other` are members of two projects; `vlan` may also choose VLANs in mine;
    `admin` is the administrator. All are clients of session.py."""

    def __init__(self, clouds):
        self.endpoints = dict(clouds["endpoints"])
        auth = clouds["clouds"]["admin"]["auth"]
        self.auth_url = auth["auth_url"]
        self.admin = Client(self.endpoints, login(self.auth_url, auth["username"],
                                                  auth["password"], auth["project_name"]), "admin")
        self.keystone = Service(self.auth_url, self.admin.token)
        self.service_of_port = {
            str(urllib.parse.urlsplit(url).port): kind for kind, url in self.endpoints.items()}
        self.made = []
        self.password = secrets.token_hex(12)

    def clients(self):
        return (self.me, self.other, self.vlan, self.admin)

    def __enter__(self):
        self.forget(OWN, FOREIGN)
        roles = {role["name"]: role["id"] for role in self.keystone.get("/roles")["roles"]}

        def project(name):
            made = self.keystone.post("/projects", {"project": {
                "name": name, "domain_id": "default"}})["project"]["id"]
            self.made.append("/projects/" + made)
            return made

        def member(name, project_id, project_name, *names):
            user = self.keystone.post("/users", {"user": {
                "name": name, "password": self.password, "domain_id": "default",
                "default_project_id": project_id}})["user"]["id"]
            self.made.append("/users/" + user)
            for role in names:
                self.keystone.put(f"/projects/{project_id}/users/{user}/roles/{roles[role]}")
            return Client(self.endpoints, login(self.auth_url, name, self.password,
                                                project_name), name)
        self.project = project(OWN)
        self.foreign_project = project(FOREIGN)
        self.me = member("recorder", self.project, OWN, "member")
        self.vlan = member("recorder-vlan", self.project, OWN, "member", "vrack")
        self.other = member("recorder-other", self.foreign_project, FOREIGN, "member")
        self.outer = self.find("network", "/v2.0/networks?name=Ext-Net")
        self.image = self.find("image", "/v2/images?name=Debian%2012")
        self.flavor = next(flavor["id"] for flavor in self.me.get(
            "compute", "/flavors/detail").body["flavors"] if flavor["name"] == "d2-2")
        return self

    def __exit__(self, *failure):
        # Neutron made each project a default group as soon as it was looked at.
        for client in (self.me, self.other):
            project = self.project if client is self.me else self.foreign_project
            for group in self.admin.get("network", f"/v2.0/security-groups?project_id={project}"
                                        ).body["security_groups"]:
                self.admin.delete("network", f"/v2.0/security-groups/{group['id']}")
            self.admin.delete("network", f"/v2.0/quotas/{project}")
        for path in reversed(self.made):
            self.admin.delete("identity", path)
        self.made.clear()

    def forget(self, *names):
        """Removes what an interrupted recording left in Keystone."""
        for project in self.keystone.get("/projects")["projects"]:
            if project["name"] in names:
                self.admin.delete("identity", "/projects/" + project["id"])
        for user in self.keystone.get("/users")["users"]:
            if user["name"].startswith("recorder"):
                self.admin.delete("identity", "/users/" + user["id"])

    def find(self, service, path):
        found = next(value for value in self.me.get(service, path).body.values()
                     if isinstance(value, list))
        return found[0]["id"]

    # Objects that a case needs but does not speak of; recorded all the same, so that a
    # replay sees every id it needs.
    def network(self, client=None, name="n"):
        return (client or self.me).post("network", "/v2.0/networks", {
            "network": {"name": name}}).id()

    def subnet(self, network, cidr="10.9.0.0/24", client=None, **more):
        return (client or self.me).post("network", "/v2.0/subnets", {"subnet": {
            "network_id": network, "cidr": cidr,
            "ip_version": 6 if ":" in cidr else 4, **more}}).id()

    def router(self, client=None, **more):
        return (client or self.me).post("network", "/v2.0/routers", {
            "router": {"name": "r", **more}}).id()

    def port(self, network, client=None, **more):
        return (client or self.me).post("network", "/v2.0/ports", {
            "port": {"network_id": network, **more}})

    def group(self, name="g", client=None):
        return (client or self.me).post("network", "/v2.0/security-groups", {
            "security_group": {"name": name}}).id()

    def attach(self, router, subnet):
        return self.me.put("network", f"/v2.0/routers/{router}/add_router_interface",
                           {"subnet_id": subnet})

    def quota(self, **limits):
        """Sets limits of my project; the case ends with unlimited()."""
        self.admin.put("network", f"/v2.0/quotas/{self.project}", {"quota": limits})

    def unlimited(self):
        self.admin.delete("network", f"/v2.0/quotas/{self.project}")
