#!/usr/bin/python3
"""The life of a reference network on real Keystone, Neutron, Nova and Glance.

    tests/openstack/lifecycle.py --state STATE_DIR --binary CLOISON [--full] [INVENTORY...]

For each inventory, in a project that also holds objects of others bearing our names:
apply, plan (nothing to do), flows added, changed and removed (only their rules move, new
before old), an object deleted, a rule added and an attribute changed behind our back (drift
names all three, apply mends them), destroy (nothing of ours is left). What is not ours must
be the same bytes afterwards. A canary stands in every secret, and in no output or file.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "stack"))
sys.dont_write_bytecode = True

from rest import Refused, call, login  # noqa: E402

# Inventory: (cloud of the test servers, overlays, the flow edits, the site's own name for a segment to tamper with)
INVENTORIES = {
    "pfi": {"cloud": "tester-vlan", "overlays": [],
            "flows": "flows.yaml",
            "change": ("id: PFI-2, from: paris.dmz, to: paris.app, ports: [internal-api]",
                       "id: PFI-2, from: paris.dmz, to: paris.app, ports: [tcp/3002]"),
            "remove": "PFI-5",
            "add": "  - {id: PFI-90, from: paris.app.engine, to: paris.data.redis, ports: [redis], purpose: Added by the test}\n",
            "changed_port": 3002},
    "labanalyse": {"cloud": "tester", "overlays": [],
                   "flows": "flows.yaml",
                   "change": ("id: F-003, from: cloud.app, to: cloud.data, ports: [postgresql]",
                              "id: F-003, from: cloud.app, to: cloud.data, ports: [tcp/5433]"),
                   "remove": "F-020",
                   "add": "  - {id: F-090, from: cloud.app.ipaas, to: cloud.data.postgres, ports: [tcp/9999], purpose: Added by the test}\n",
                   "changed_port": 5433},
    "audioprothese": {"cloud": "tester-appcred", "overlays": ["openstack.override.yaml"],
                      "flows": "flows.yaml",
                      "change": ("id: A-2, from: azure.edge, to: aks.openmrs, ports: [tcp/8080]",
                                 "id: A-2, from: azure.edge, to: aks.openmrs, ports: [tcp/8081]"),
                      "remove": "A-8",
                      "add": "  - {id: A-90, from: azure.edge, to: azure.data, ports: [tcp/9999], purpose: Added by the test}\n",
                      "changed_port": 8081},
}
RULES = {"security_group_rule", "address_group"}


class Failed(Exception):
    pass


def check(condition, message):
    if not condition:
        raise Failed(message)


class Cloud:
    """The test servers as the tester sees them, and as the administrator does."""

    def __init__(self, state):
        with open(os.path.join(state, "clouds.json"), encoding="utf-8") as file:
            self.clouds = json.load(file)
        self.state = state
        auth = self.clouds["clouds"]["tester"]["auth"]
        self.token = login(auth["auth_url"], auth["username"], auth["password"], auth["project_name"])
        self.network = self.clouds["endpoints"]["network"] + "/v2.0"
        self.made = []

    def get(self, path):
        return call("GET", self.network + path, token=self.token)[0]

    def post(self, path, body):
        return call("POST", self.network + path, body, token=self.token)[0]

    def put(self, path, body):
        return call("PUT", self.network + path, body, token=self.token)[0]

    def delete(self, path):
        return call("DELETE", self.network + path, token=self.token)[0]

    def snapshot(self):
        text = subprocess.run([os.path.join(HERE, "snapshot"), "--project", "cloison", self.state], check=True,
                              capture_output=True, text=True).stdout
        return [item for items in json.loads(text).values() for item in items]

    def remember(self, path, member, item):
        self.made.append((path, item[member]["id"]))
        return item[member]["id"]

    def make_foreign(self, names):
        """Objects of somebody else, some with the very names that ours will have."""
        network = self.remember("/networks", "network", self.post("/networks", {"network": {"name": names["network"]}}))
        subnet = self.remember("/subnets", "subnet", self.post("/subnets", {"subnet": {
            "network_id": network, "cidr": "10.250.0.0/24", "ip_version": 4, "name": names["subnet"]}}))
        group = self.remember("/security-groups", "security_group",
                              self.post("/security-groups", {"security_group": {"name": names["group"]}}))
        self.remember("/security-group-rules", "security_group_rule", self.post("/security-group-rules", {
            "security_group_rule": {"security_group_id": group, "direction": "ingress", "ethertype": "IPv4",
                                    "protocol": "tcp", "port_range_min": 22, "port_range_max": 22,
                                    "remote_ip_prefix": "192.0.2.0/24"}}))
        self.remember("/ports", "port", self.post("/ports", {"port": {
            "network_id": network, "name": names["port"], "fixed_ips": [{"subnet_id": subnet}],
            "security_groups": [group]}}))
        self.remember("/routers", "router", self.post("/routers", {"router": {"name": names["router"]}}))

    def remove_foreign(self):
        for path, identity in reversed(self.made):
            try:
                self.delete(f"{path}/{identity}")
            except Refused as error:
                print(f"  left {path}/{identity}: {error}")
        self.made = []

    def foreign(self):
        kept = {identity for _, identity in self.made}
        found = [item for item in self.snapshot() if item["id"] in kept]
        check(len(found) == len(kept), f"{len(kept) - len(found)} foreign objects are gone")
        return sorted(json.dumps(item, sort_keys=True) for item in found)

    def ours(self):
        return [item for item in self.snapshot() if "cloison " in json.dumps(item)]


class Network:
    """One inventory in a folder of its own, and cloison on it."""

    def __init__(self, name, cloud, binary):
        self.name, self.cloud, self.binary = name, cloud, binary
        self.row = INVENTORIES[name]
        self.folder = tempfile.mkdtemp(prefix=f"cloison-{name}-")
        self.topology = os.path.join(self.folder, name)
        shutil.copytree(os.path.join(SOURCE, "inventories", name), self.topology)
        self.outputs = []
        self.secrets = []
        self.environment = dict(os.environ, OS_CLIENT_CONFIG_FILE=self.write_clouds(), HOME=self.folder, NO_COLOR="1",
                                CLOISON_RESOLVER="127.0.0.1:9")
        for variable in [key for key in self.environment if key.startswith("OS_") and key != "OS_CLIENT_CONFIG_FILE"]:
            del self.environment[variable]

    def write_clouds(self):
        """The names that the inventory uses, each the same account of the test servers."""
        entry = dict(self.cloud.clouds["clouds"][self.row["cloud"]])
        entry["region_name"] = "RegionOne"
        for key in ("password", "application_credential_secret"):
            if key in entry["auth"]:
                self.secrets.append(entry["auth"][key])
        path = os.path.join(self.folder, "clouds.yaml")
        with open(path, "w", encoding="utf-8") as file:
            json.dump({"clouds": {cloud: entry for cloud in ("ovh-gra", "ovh-sbg")}}, file)  # JSON is YAML
        os.chmod(path, 0o600)
        return path

    def run(self, *words, expect=0, timeout=1500):
        overlays = [word for overlay in self.row["overlays"] for word in ("-f", os.path.join(self.topology, overlay))]
        arguments = [self.binary, *words, "-t", self.topology, *overlays]
        process = subprocess.Popen(arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                   text=True, env=self.environment)
        with open(f"/proc/{process.pid}/cmdline", "rb") as file:
            self.outputs.append(file.read().decode(errors="replace"))
        out, err = process.communicate(timeout=timeout)
        self.outputs += [out, err]
        if process.returncode != expect:
            raise Failed(f"cloison {' '.join(words)}: exit {process.returncode}, expected {expect}\n{out[-4000:]}\n{err[-6000:]}")
        return out

    def lines(self, *words, expect=0):
        return [json.loads(line) for line in self.run(*words, "--json", expect=expect).splitlines() if line.strip()]

    def edit_flows(self):
        path = os.path.join(self.topology, self.row["flows"])
        with open(path, encoding="utf-8") as file:
            text = file.read()
        old, new = self.row["change"]
        check(old in text, f"{self.name}: the flow to change is not there")
        text = text.replace(old, new)
        kept = [line for line in text.splitlines(True) if f"id: {self.row['remove']}," not in line]
        check(len(kept) == len(text.splitlines()) - 1, f"{self.name}: the flow to remove is not there")
        at = next(index for index, line in enumerate(kept) if line.startswith("flows:")) + 1
        kept.insert(at, self.row["add"])
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(kept)

    def refused_logins(self):
        """Wrong password, application credential and token, each a canary, with --debug: refused, and never shown."""
        good = self.environment["OS_CLIENT_CONFIG_FILE"]
        url = self.cloud.clouds["clouds"]["tester"]["auth"]["auth_url"]
        canary = "canary-5b1f0c-"
        entries = {
            "password": {"auth": {"auth_url": url, "username": "tester", "password": canary + "password", "project_name": "cloison",
                                  "user_domain_id": "default", "project_domain_id": "default"}},
            "credential": {"auth_type": "v3applicationcredential",
                           "auth": {"auth_url": url, "application_credential_id": "0" * 32,
                                    "application_credential_secret": canary + "credential"}},
            "token": {"auth_type": "v3token", "auth": {"auth_url": url, "token": canary + "token", "project_name": "cloison",
                                                       "project_domain_id": "default"}},
        }
        path = os.path.join(self.folder, "refused.yaml")
        self.environment["OS_CLIENT_CONFIG_FILE"] = path
        for name, entry in entries.items():
            entry["region_name"] = "RegionOne"
            with open(path, "w", encoding="utf-8") as file:
                json.dump({"clouds": {cloud: entry for cloud in ("ovh-gra", "ovh-sbg")}}, file)
            self.run("plan", "--debug", expect=1)
            self.run("apply", "--yes", "--debug", "--json", expect=1)
            self.secrets.append(canary + name)
        self.environment["OS_CLIENT_CONFIG_FILE"] = good

    def no_secret_anywhere(self):
        texts = {"output": "\n".join(self.outputs).encode()}
        for base, _, files in os.walk(self.topology):
            for file in files:
                with open(os.path.join(base, file), "rb") as handle:
                    texts[os.path.join(base, file)] = handle.read()
        for secret in self.secrets:
            for where, text in texts.items():
                check(secret.encode() not in text, f"a secret stands in {where}")
        for base, _, files in os.walk(os.path.join(self.topology, ".cloison")):
            for file in files:
                mode = os.stat(os.path.join(base, file)).st_mode & 0o777
                check(mode == 0o600, f"{file} has mode {mode:o}")
        return len(texts)


def changes(lines):
    return [line for line in lines if line.get("type") == "change"]


def tamper(cloud, network):
    """Deletes one object, adds a rule to a group of ours, changes an attribute; returns what drift must name."""
    state = [line for line in network.lines("state", "list") if line.get("type") == "resource"]
    by_kind = {}
    for row in state:
        by_kind.setdefault(row["kind"], []).append(row)
    rule = by_kind["security_group_rule"][0]
    cloud.delete(f"/security-group-rules/{rule['remote_id']}")
    group = by_kind["security_group"][-1]
    cloud.post("/security-group-rules", {"security_group_rule": {
        "security_group_id": group["remote_id"], "direction": "ingress", "ethertype": "IPv4", "protocol": "tcp",
        "port_range_min": 31337, "port_range_max": 31337, "remote_ip_prefix": "203.0.113.66/32"}})
    subnet = next(row for row in by_kind["subnet"])
    cloud.put(f"/subnets/{subnet['remote_id']}", {"subnet": {"dns_nameservers": ["192.0.2.53"]}})
    port = by_kind["port"][0]
    default = next(item for item in cloud.get("/security-groups?name=default")["security_groups"])
    cloud.put(f"/ports/{port['remote_id']}", {"port": {"security_groups": [default["id"]]}})
    router = by_kind["router"][0]
    cloud.put(f"/routers/{router['remote_id']}", {"router": {"name": "somebody-s-router"}})
    return [rule["address"], group["address"], subnet["address"], port["address"], router["address"]]


def live(name, cloud, binary):
    network = Network(name, cloud, binary)
    begun = time.monotonic()

    def told(text):
        print(f"  {name}: {text} ({time.monotonic() - begun:.0f} s)", flush=True)

    try:
        network.run("validate")
        network.refused_logins()
        planned = changes(network.lines("plan"))
        made = {line["address"]: line for line in planned}
        check(len(made) > 10, "the plan is nearly empty")
        names = {kind: next((line.get("name") or line["address"].rsplit(".", 1)[0] for line in planned if line["kind"] == full), "x")
                 for kind, full in (("network", "network"), ("subnet", "subnet"), ("group", "security_group"),
                                    ("port", "port"), ("router", "router"))}
        cloud.make_foreign(names)
        foreign = cloud.foreign()
        told(f"{len(made)} objects planned beside {len(foreign)} foreign ones")
        network.run("apply", "--yes", "--debug", "--ticket", "CHG-7", "--approved-by", "rssi@example.org")
        told("applied")
        network.run("plan", "--detailed-exitcode")
        network.run("drift")
        network.edit_flows()
        edited = changes(network.lines("plan"))
        check(edited, "the edited flows plan nothing")
        check({line["kind"] for line in edited} <= RULES,
              f"edited flows move more than rules: {sorted({line['kind'] for line in edited})}")
        steps = [line for line in network.lines("apply", "--yes") if line.get("type") == "step"]
        new_before_old(steps)
        network.run("plan", "--detailed-exitcode")
        told(f"flows edited: {len(edited)} rules moved, new before old")
        named = tamper(cloud, network)
        drift = network.run("drift", expect=2)
        for address in named:
            check(address in drift, f"drift does not name {address}:\n{drift}")
        network.run("apply", "--yes")
        network.run("plan", "--detailed-exitcode")
        network.run("drift")
        told(f"{len(named)} tamperings named by drift and mended")
        network.run("log", "--verify")
        check(cloud.foreign() == foreign, "foreign objects changed")
        network.run("destroy", "--yes")
        ours = cloud.ours()
        check(not ours, f"destroy left {len(ours)}: {json.dumps(ours)[:600]}")
        check(cloud.foreign() == foreign, "foreign objects changed by destroy")
        network.run("log", "--verify")
        texts = network.no_secret_anywhere()
        told(f"destroyed; foreign objects byte for byte; no secret in {texts} texts")
        shutil.rmtree(network.folder)
        return len(made)
    finally:
        cloud.remove_foreign()


def new_before_old(steps):
    """Every rule that a changed flow needs stands before the one that it replaces goes."""
    created = [index for index, step in enumerate(steps) if step.get("verb") == "create" and step.get("status") == "done"
               and step["kind"] == "security_group_rule"]
    removed = [index for index, step in enumerate(steps) if step.get("verb") == "remove" and step.get("status") == "started"
               and step["kind"] == "security_group_rule"]
    check(created and removed, "no rule was both added and removed")
    groups = {}
    for index in created:
        groups.setdefault(re.sub(r"\.rule/.*", "", steps[index]["address"]), []).append(index)
    for index in removed:
        group = re.sub(r"\.rule/.*", "", steps[index]["address"])
        late = [at for at in groups.get(group, []) if at > index]
        check(not late, f"{steps[index]['address']} went before a new rule of its group stood")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--state", required=True)
    parser.add_argument("--binary", required=True)
    parser.add_argument("inventories", nargs="*", default=[])
    arguments = parser.parse_args()
    cloud = Cloud(arguments.state)
    objects = 0
    failed = []
    for name in arguments.inventories or sorted(INVENTORIES):
        try:
            objects += live(name, cloud, os.path.abspath(arguments.binary))
        except Failed as error:
            failed.append(name)
            print(f"  {name}: FAILED: {error}", flush=True)
    count = len(arguments.inventories or INVENTORIES)
    print(f"{objects} objects over {count} inventories, {len(failed)} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
