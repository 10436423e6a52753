"""Logging in, and what a service says to a bad token."""
from .world import OWN, why


def password(world, secret=None, project=OWN):
    return {"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": "recorder", "domain": {"id": "default"},
            "password": secret or world.password}}},
        "scope": {"project": {"name": project, "domain": {"id": "default"}}}}}


@why("a login with a password; the answer carries catalogue and expiry")
def token_password(world):
    world.me.post("identity", "/auth/tokens", password(world), token="")


@why("a login with an application credential, which carries its project itself")
def token_application_credential(world):
    token = world.me.get("identity", "/auth/tokens", record=False,
                         headers={"X-Subject-Token": world.me.token}).body["token"]
    made = world.me.post("identity", f"/users/{token['user']['id']}/application_credentials", {
        "application_credential": {"name": "c", "roles": [{"name": "member"}]}},
        record=False).body["application_credential"]
    world.me.post("identity", "/auth/tokens", {"auth": {"identity": {
        "methods": ["application_credential"],
        "application_credential": {"id": made["id"], "secret": made["secret"]}}}}, token="")


@why("a wrong password")
def token_wrong_password(world):
    world.me.post("identity", "/auth/tokens", password(world, "wrong"), token="")


@why("a project that does not exist, or is not the user's: the answer is the same")
def token_unknown_project(world):
    world.me.post("identity", "/auth/tokens", password(world, None, "nowhere"), token="")


@why("an application credential that does not exist")
def token_unknown_credential(world):
    world.me.post("identity", "/auth/tokens", {"auth": {"identity": {
        "methods": ["application_credential"],
        "application_credential": {"id": "0" * 32, "secret": "wrong"}}}}, token="")


@why("a token that the services do not know, or no longer")
def token_invalid(world):
    world.me.get("network", "/v2.0/networks", token="gone")
    world.me.get("compute", "/servers/detail", token="gone")
    world.me.get("image", "/v2/images", token="gone")
    world.me.get("identity", "/projects", token="gone")


@why("no token at all")
def token_missing(world):
    world.me.get("network", "/v2.0/networks", token="")
    world.me.get("compute", "/servers/detail", token="")


@why("version documents, which need no token")
def versions(world):
    world.me.get("network", "/", token="")
    world.me.get("compute", "/", token="")
    world.me.get("image", "/", token="")
