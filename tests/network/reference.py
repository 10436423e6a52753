"""A reference network in a lab of its own: the lab, a copy of the inventory with the override for that lab, the program.

Nodes are the lab's hosts and real; OpenStack is simulated (`--sandbox=ovh`), and tests/network/cloud.py builds what it
holds. The program runs where the lab's administrator sits, in the namespace LAB-ctl.
"""
import csv
import json
import os
import secrets
import shutil
import subprocess
import sys

import yaml

HERE = os.path.dirname(os.path.abspath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
TOPOLOGIES = os.path.join(SOURCE, "tests", "lab", "topologies")
LAB_STATE = os.environ.get("CLOISON_LAB_STATE") or "/var/lib/cloison-lab"
OVERRIDE = "lab.override.yaml"
VENDOR, SUPPORT = "vendor-1", "198.51.100.20"  # a far end that is not ours, and a machine of its own
OPERATOR = "198.51.100.2"  # LAB-ctl on the lab's Internet
# What the override can say only if the program's language has it; see `spoken`.
FEATURES = {"node-public": ("public",), "node-ports": ("ports",), "gateway-nodes": ("interface", "uplink", "nodes")}

sys.path.insert(0, os.path.join(SOURCE, "tests", "lab", "parts"))

import devices  # noqa: E402  it needs the lab's own modules

# The inventory has IPv4 only; with this beside it, everything has both.
IPV6 = {"environments": {"production": {"address_space": ["10.0.0.0/10", "fd12::/44"]},
                         "preproduction": {"address_space": ["10.64.0.0/10", "fd12:0:10::/44"]},
                         "sandbox": {"address_space": ["10.128.0.0/10", "fd12:0:20::/44"]}},
        "address_pools": {"sites": {"cidr": ["10.16.0.0/12", "fd12:0:8::/48"]}}}

# Machines at ports of the central nodes, two at one and one at the other: what passes between them is the nodes' to say.
BENCH = {"bench": {"zone": "app", "vlan": 140, "cidr": "auto/24", "hosts": {
    name: {"vm": {"image": "debian-12"}} for name in ("one", "two", "three")}}}
INSIDE = [{"id": "F-901", "from": "central.bench.one", "to": "central.bench.two", "ports": ["https", "ping"]},
          {"id": "F-902", "from": "central.bench.one", "to": "central.bench.three", "ports": ["tcp/9000", "ping"]}]


class Failed(Exception):
    """What went wrong, for the person at the terminal."""


def outer(host, underlay="fibre", version=4):
    return next(text.partition("/")[0] for text in host["underlays"][underlay]["addresses"] if (":" in text) == (version == 6))


class Reference:
    """The inventory LabAnalyse; or one of tests/lab/topologies, which have nodes alone and no cloud."""

    def __init__(self, lab, folder, binary, without=(), ipv6=False, overlays=(), name="labanalyse"):
        self.lab, self.folder, self.binary = lab, os.path.abspath(folder), os.path.abspath(binary)
        self.name, self.topology = name, os.path.join(self.folder, name)
        self.has_cloud = name == "labanalyse"
        self.source = os.path.join(SOURCE, "inventories", name) if self.has_cloud else os.path.join(TOPOLOGIES, name)
        self.features, self.ipv6 = self.spoken() - set(without), ipv6
        self.overlays = [OVERRIDE, *map(os.path.abspath, overlays)]

    # --- the lab ----------------------------------------------------------------------------------------------------
    def call(self, *argv, text=None, check=True):
        done = subprocess.run(argv, input=text, stdin=None if text is not None else subprocess.DEVNULL, capture_output=True,
                              text=True, check=False, env={**os.environ, "LAB": self.lab, "NO_COLOR": "1", "VENDOR_PSK": self.vendor_key()})
        if check and done.returncode != 0:
            raise Failed(f"{' '.join(argv)}: status {done.returncode}\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
        return done

    def vendor_key(self):
        """The key shared with the vendor: made once, given to the program by its environment alone."""
        path = os.path.join(self.folder, "vendor.psk")
        if not os.path.exists(path):
            os.makedirs(self.folder, exist_ok=True)
            with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w", encoding="ascii") as out:
                out.write(secrets.token_urlsafe(33))
        with open(path, encoding="ascii") as text:
            return text.read()

    def lab_command(self, *arguments, text=None):
        return self.call(os.path.join(SOURCE, "tests", "lab", "run"), *arguments, text=text).stdout

    def inventory(self):
        with open(os.path.join(LAB_STATE, self.lab, "inventory.json"), encoding="utf-8") as text:
            return json.load(text)

    def space(self, machine):
        return f"{self.lab}-{machine}"

    def up(self):
        """The lab `labanalyse`; where the language cannot give a node's port to a segment yet, the machines that would be
        on such ports are on the site's switch, in the same VLAN."""
        described = os.path.join(SOURCE, "tests", "lab", "networks", "labanalyse.json") if self.has_cloud else os.path.join(self.source, "lab.json")
        with open(described, encoding="utf-8") as text:
            raw = json.load(text)
        if "node-ports" not in self.features:
            for site in raw["sites"]:
                for load in site.get("workloads", []):
                    if "/" in load["plug"]:
                        load.update({"plug": "switch", "vlan": 210})
        raw["sites"].append({"name": "vendor", "hosts": [{"name": VENDOR, "interfaces": {"wan0": "fibre"}}],
                             "workloads": [{"name": "vendor-support", "plug": f"{VENDOR}/port1", "called": "vendor.support"}]})
        if os.path.exists(os.path.join(LAB_STATE, self.lab, "inventory.json")):
            return  # `lab up` would wait for nodes whose filters are shut to it
        shutil.rmtree(self.topology, ignore_errors=True)  # what was applied to a lab that is gone
        os.makedirs(self.folder, exist_ok=True)
        path = os.path.join(self.folder, f"{self.name}.json")
        with open(path, "w", encoding="utf-8") as out:
            json.dump(raw, out, indent=1)
        self.lab_command("up", path)

    # --- the topology -----------------------------------------------------------------------------------------------
    def spoken(self):
        """Those of FEATURES that this program's language has, by its own schema."""
        parts = json.loads(subprocess.run([self.binary, "schema"], capture_output=True, text=True, check=True).stdout)
        blocks = [keys for keys in properties(parts)]
        node = [keys for keys in blocks if "trunk" in keys and "fingerprint" in keys]
        gateway = [keys for keys in blocks if "replicas" in keys and "vpc" in keys and "segment" in keys]
        found = set()
        for name, keys in FEATURES.items():
            candidates = gateway if name.startswith("gateway") else node
            if any(set(keys) <= set(block) for block in candidates):
                found.add(name)
        return found

    def write_topology(self):
        """The inventory and its override; a lock file and a state that are there already stay."""
        shutil.copytree(self.source, self.topology, dirs_exist_ok=True)
        inventory = self.inventory()
        hosts = {host["name"]: host for host in inventory["hosts"]}
        if self.has_cloud:
            kept = self.write_laboratories(hosts)
            self.keep_rows("tablets.csv", lambda row: row if row["site"] in kept else None, devices.keyed)
            override = self.override(inventory, hosts)
        else:
            override = self.small_override(inventory, hosts)
        with open(os.path.join(self.topology, OVERRIDE), "w", encoding="utf-8") as out:
            yaml.safe_dump(override, out, sort_keys=False, width=140)

    def keep_rows(self, name, change, changed=lambda _, rows: rows):
        path = os.path.join(self.topology, name)
        with open(path, encoding="utf-8", newline="") as text:
            rows = list(csv.DictReader(text, delimiter=";"))
        kept = changed(self, [row for row in map(change, rows) if row])
        with open(path, "w", encoding="utf-8", newline="") as out:
            writer = csv.DictWriter(out, rows[0].keys(), delimiter=";")
            writer.writeheader()
            writer.writerows(kept)
        return kept

    def write_laboratories(self, hosts):
        """Only the laboratories that the lab has, where it has them. Returns their names."""
        def here(row):
            host = hosts.get(row["name"] + "-1")
            return host and {**row, "node_address": outer(host), "public_ip": outer(host), "fingerprint": host["fingerprint"]}
        return {row["name"] for row in self.keep_rows("labs.csv", here)}

    def small_override(self, inventory, hosts):
        """Where the nodes are in this lab; those of a `for_each` have it from their file."""
        with open(os.path.join(self.topology, "topology.yaml"), encoding="utf-8") as text:
            raw = yaml.safe_load(text)
        sites = {}
        for name, site in raw["sites"].items():
            if "for_each" in site:
                self.keep_rows(site["for_each"]["csv"], lambda row: {
                    **row, "address": outer(hosts[row["name"] + "-1"]), "fingerprint": hosts[row["name"] + "-1"]["fingerprint"]})
                continue
            nodes = site["nodes"] if isinstance(site["nodes"], list) else [site["nodes"]]
            sites[name] = {"nodes": [{**node, "address": outer(hosts[node["name"]]), "fingerprint": hosts[node["name"]]["fingerprint"],
                                      "public": {"fibre": outer(hosts[node["name"]])}} for node in nodes]}
        key = {"key": f"file:{inventory['key']}"}
        return {"providers": {name: dict(key) for name, entry in raw["providers"].items() if entry["kind"] == "node"}, "sites": sites}

    def override(self, inventory, hosts):
        """All that this lab has otherwise than the inventory says."""
        central = [host for host in inventory["hosts"] if host["site"] == "central"]
        if "node-public" not in self.features:
            central = central[:1]  # one `public:` for a whole site leads to one node
        nodes = [{"name": host["name"], "address": outer(host), "fingerprint": host["fingerprint"], "trunk": "lan0"}
                 for host in central]
        if "node-public" in self.features:
            for node, host in zip(nodes, central):
                node["public"] = {"fibre": outer(host)}
        if "node-ports" in self.features:
            for node, ports in zip(nodes, (("port1", "port2"), ("port1",))):
                node["ports"] = dict.fromkeys(ports, "bench")
        lab_node = {"name": "{{name}}-1", "address": "{{node_address}}", "fingerprint": "{{fingerprint}}", "trunk": "lan0"}
        if "node-ports" in self.features:
            lab_node["ports"] = {"port1": "local"}
        sites = {"central": {"nodes": nodes, "underlays": {"fibre": {"public": outer(central[0])}}, "segments": BENCH},
                 "lab": {"nodes": [lab_node]}}
        if "gateway-nodes" in self.features:
            sites["cloud"] = {"gateways": {"hub": {"interface": "port0", "uplink": "wan0", "nodes": [
                {"address": outer(hosts[name]), "fingerprint": hosts[name]["fingerprint"], "public": outer(hosts[name])}
                for name in ("hub-1", "hub-2")]}}}
        found = {"providers": {"nodes": {"key": f"file:{inventory['key']}"}},
                 "groups": {"operators": {"cidrs": [f"{OPERATOR}/32"]}},
                 "management": {"from": ["admins", "operators"]}, "sites": sites,
                 "links": {"vendor-vpn": {"peer": outer(hosts[VENDOR])}},
                 # Its maintenance has no end here, so that there is something to ask for at any time.
                 "flows": [{"id": "F-030", "starts": None, "expires": None}, *INSIDE]}
        return {**found, **IPV6} if self.ipv6 else found

    # --- the program ------------------------------------------------------------------------------------------------
    def command(self, *words):
        """The command line that runs it where the administrator sits."""
        overlays = [word for name in self.overlays for word in ("--overlay", os.path.join(self.topology, name))]
        return ["ip", "netns", "exec", self.space("ctl"), self.binary, *words, "--topology", self.topology, *overlays,
                *(["--sandbox=ovh"] if self.has_cloud else []), "--no-input"]

    def cloison(self, *words, statuses=(0,)):
        done = self.call(*self.command(*words), check=False)
        if done.returncode not in statuses:
            raise Failed(f"cloison {' '.join(words)}: status {done.returncode}\n{done.stdout[-6000:]}{done.stderr[-6000:]}")
        return done

    def locked(self):
        """What stands in cloison.lock: {"address": {path: [addresses]}, "cidr": {path: [prefixes]}}."""
        found = {"address": {}, "cidr": {}}
        with open(os.path.join(self.topology, "cloison.lock"), encoding="utf-8") as text:
            for line in text:
                words = line.split()
                if words and words[0] in found and len(words) == 4:
                    found[words[0]].setdefault(words[2].rstrip(":"), []).append(words[3])
        return found


def properties(schema):
    """The names of keys of each block of a JSON Schema."""
    if isinstance(schema, dict):
        if isinstance(schema.get("properties"), dict):
            yield schema["properties"].keys()
        for value in schema.values():
            yield from properties(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from properties(value)
