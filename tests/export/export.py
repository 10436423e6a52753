#!/usr/bin/python3
"""`cloison export` from outside: what it writes against the official schemas and as readers of YAML 1.1 and 1.2 take it,
and its proof: policies that permit exactly the flows, and each change of them found or rightly passed over.

    tests/export/export.py CLOISON [--full]     150 changes of each network, or 2 500
"""
import json
import os
import pathlib
import random
import re
import subprocess
import sys
import tempfile

import jsonschema
import yaml

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
SOURCE = HERE.parents[1]
sys.path[:0] = [str(HERE), str(SOURCE / "tests/golden")]

import mutations  # noqa: E402
from schema_equivalence import CoreLoader  # noqa: E402
from semantics import World, pods_of  # noqa: E402

NOW = "2026-11-22T10:00:00Z"
SCHEMAS = {"Deployment": "deployment-apps", "Service": "service", "NetworkPolicy": "networkpolicy-networking",
           "PodDisruptionBudget": "poddisruptionbudget-policy", "ConfigMap": "configmap", "Namespace": "namespace"}
NETWORKS = {
    "orchard": ["-t", SOURCE / "tests/export/network"],
    "pfi": ["-t", SOURCE / "inventories/pfi", "-f", HERE / "images/pfi.override.yaml"],
    "labanalyse": ["-t", SOURCE / "inventories/labanalyse", "-f", HERE / "images/labanalyse.override.yaml"],
    "audioprothese": ["-t", SOURCE / "inventories/audioprothese", "-f", SOURCE / "inventories/audioprothese/openstack.override.yaml",
                      "-f", HERE / "images/audioprothese.override.yaml"],
}
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
problems = []


def expect(right, what):
    if not right:
        problems.append(what)
        print(f"--- {what}")


class Program:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder

    def run(self, *words):
        environment = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "LANG": "C.UTF-8", "CLOISON_NOW": NOW}
        return subprocess.run([self.binary, *map(str, words)], cwd=self.folder, env=environment, stdin=subprocess.DEVNULL,
                              capture_output=True, text=True, timeout=120)

    def export(self, kind, network, *more):
        done = self.run("export", kind, *NETWORKS[network], "-q", *more)
        expect(done.returncode == 0, f"{network}: export {kind} {more} left with {done.returncode}: {done.stderr[-400:]}")
        return done.stdout

    def check(self, network, place):
        """Status, and its lines of JSON by type."""
        done = self.run("export", "kubernetes", *NETWORKS[network], "--check", place, "--json")
        lines = {}
        for line in done.stdout.splitlines():
            one = json.loads(line)
            lines.setdefault(one["type"], []).append(one)
        return done.returncode, lines


def read(text, loader, many=True):
    return [one for one in yaml.load_all(text, Loader=loader) if one is not None] if many else yaml.load(text, Loader=loader)


def checked_documents(network, text):
    """What readers of both versions of YAML make of it, which must be the same."""
    documents = read(text, CoreLoader)
    expect(documents == read(text, yaml.SafeLoader), f"{network}: YAML 1.1 and 1.2 read different things")
    return documents


# --- Kubernetes --------------------------------------------------------------------------------------------------------
def validators():
    for kind, file in SCHEMAS.items():
        schema = json.loads((HERE / f"schemas/kubernetes/{file}-v1.json").read_text())
        yield kind, jsonschema.Draft7Validator(schema)


def check_kubernetes(network, text, counts):
    documents = checked_documents(network, text)
    expect("{{" not in text, f"{network}: Helm would fill in a template")
    by_kind = dict(validators())
    seen = set()
    for one in documents:
        about = one["metadata"]
        name = f"{network}: {one['kind']} {about.get('namespace', '')}/{about['name']}"
        errors = [error.message[:200] for error in by_kind[one["kind"]].iter_errors(one)]
        expect(not errors, f"{name}: {errors[:2]}")
        counts["documents"] += 1
        key = (one["kind"], about.get("namespace"), about["name"])
        expect(key not in seen, f"{name} is there twice")
        seen.add(key)
        check_names(name, one)
    check_contained(network, documents)
    return documents


def check_names(name, one):
    about = one["metadata"]
    pattern = SUBDOMAIN if one["kind"] in ("NetworkPolicy", "Deployment", "ConfigMap", "PodDisruptionBudget") else LABEL
    expect(pattern.fullmatch(about["name"]) and len(about["name"]) <= 253, f"{name}: a name that no cluster takes")
    if one["kind"] == "Service":
        expect(about["name"][0].isalpha(), f"{name}: a Service begins with a letter")
        names = [port["name"] for port in one["spec"]["ports"]]
        expect(len(set(names)) == len(names), f"{name}: two ports of one name")
    texts = list((about.get("labels") or {}).items())
    if one["kind"] == "Deployment":
        texts += one["spec"]["template"]["metadata"]["labels"].items()
        wanted = one["spec"]["selector"]["matchLabels"].items()
        expect(wanted <= one["spec"]["template"]["metadata"]["labels"].items(), f"{name}: it does not select its own pods")
    for key, value in texts:
        expect(isinstance(value, str) and VALUE.fullmatch(value), f"{name}: label {key}={value}")


def check_contained(network, documents):
    """Each pod is contained, and no secret is in any object."""
    expect(not any(one["kind"] == "Secret" for one in documents), f"{network}: a Secret")
    denied = {one["metadata"]["namespace"] for one in documents if one["kind"] == "NetworkPolicy"
              and one["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}}
    for one in documents:
        if one["kind"] != "Deployment":
            continue
        pod, name = one["spec"]["template"]["spec"], f"{network}: {one['metadata']['name']}"
        container = pod["containers"][0]
        inner = container["securityContext"]
        expect(pod["securityContext"]["runAsNonRoot"] is True and pod["automountServiceAccountToken"] is False and
               pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"} and
               inner == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}},
               f"{name} is not contained")
        expect(one["metadata"]["namespace"] in denied, f"{name}: its namespace is not closed")
        low = any(port["containerPort"] < 1024 for port in container.get("ports", []))
        expect(low == ("sysctls" in pod["securityContext"]), f"{name}: ports below 1024")


def check_orchard(documents):
    """What the fixture's texts would like to be more than, and what its keys come to."""
    def one(kind, space, name):
        return next(d for d in documents if d["kind"] == kind and d["metadata"].get("namespace") == space and d["metadata"]["name"] == name)
    space = "cloud-production-app"
    portal = one("Deployment", space, "portal")
    container = portal["spec"]["template"]["spec"]["containers"][0]
    data = one("ConfigMap", space, "portal")["data"]
    expect(data == {"GREETING": 'it\'s: "quoted"\n---\nkind: Secret # { .Release } ${HOME} $x', "NUMBER": "0755"}, f"variables: {data}")
    expect(container["args"] == ["--level=info", "$$(HOSTNAME) $${PATH} $$$$", "a: b\n- c", "file:portal.conf", "yes"],
           f"arguments: {container['args']}")
    keys = {env["name"]: env["valueFrom"]["secretKeyRef"] for env in container["env"]}
    expect(keys == {name: {"name": "portal", "key": name} for name in ("DB_PASSWORD", "LICENCE")}, f"secrets: {keys}")
    expect(container["readinessProbe"]["httpGet"] == {"path": '/health?deep=%7Bx%7D&a="b"', "port": 8443, "scheme": "HTTP"},
           f"probe: {container['readinessProbe']}")
    expect(container["startupProbe"]["failureThreshold"] == 3 and container["startupProbe"]["periodSeconds"] == 30, "startup")
    expect(container["resources"] == {"limits": {"cpu": "500m", "memory": "2Gi"}}, f"limits: {container['resources']}")
    spec = portal["spec"]
    expect(spec["strategy"] == {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 1}} and
           spec["minReadySeconds"] == 20 and spec["replicas"] == 3, "rolling update")
    pod = spec["template"]["spec"]
    expect(pod["securityContext"]["runAsUser"] == 10001 and pod["imagePullSecrets"] == [{"name": "portal-registry"}], "user, login")
    expect(pod["topologySpreadConstraints"][0]["topologyKey"] == "topology.kubernetes.io/zone", "spread")
    expect(portal["metadata"]["annotations"]["cloison/title"] == 'Portal: {"a": [1]} # no comment', "title")
    edge = one("Deployment", "cloud-production-dmz", "edge")["spec"]["template"]["spec"]
    expect([item["path"] for item in edge["volumes"][1]["secret"]["items"]] == ["tls-certificate", "tls-key"], "files of TLS")
    service = one("Service", "cloud-production-dmz", "edge")["spec"]
    expect(service["type"] == "LoadBalancer" and service["externalTrafficPolicy"] == "Local", "the public one")
    purposes = {d["metadata"]["annotations"].get("cloison/purpose") for d in documents if d["kind"] == "NetworkPolicy" and "annotations" in d["metadata"]}
    expect({'Patients: "read" results # always', "Proxy\t{ oops }"} <= purposes, f"purposes: {purposes}")
    names = {d["metadata"]["name"] for d in documents if d["kind"] == "NetworkPolicy"}
    expect("portal.f-003" in names and any(re.fullmatch(r"portal\.f-003\.x-[0-9a-f]{8}", name) for name in names), f"names: {sorted(names)[:9]}")


# --- Compose -----------------------------------------------------------------------------------------------------------
def interpolated(value):
    """As Compose fills in variables: `$$` is a dollar; what is left of `${…}` must be ours."""
    if isinstance(value, dict):
        return {key: interpolated(one) for key, one in value.items()}
    if isinstance(value, list):
        return [interpolated(one) for one in value]
    if not isinstance(value, str):
        return value
    def fill(found):
        text = found[0]
        if text == "$$":
            return "$"
        expect(re.fullmatch(r"\$\{[A-Za-z_][A-Za-z0-9_]*:\?\}", text), f"Compose would fill in {text}")
        return f"<{text[2:-3]}>"
    return re.sub(r"\$\$|\$\{[^}]*\}|\$.?", fill, value)


def check_compose(program, network, manifests, counts):
    spaces = {one["metadata"]["name"]: one["metadata"]["labels"]["cloison/environment"] for one in manifests if one["kind"] == "Namespace"}
    schema = json.loads((HERE / "schemas/compose/compose-spec.json").read_text())
    for environment in sorted(set(spaces.values())):
        text = program.export("compose", network, "--environment", environment)
        document = checked_documents(network, text)[0]
        errors = [error.message[:200] for error in jsonschema.Draft7Validator(schema).iter_errors(document)]
        expect(not errors, f"{network}: compose of {environment}: {errors[:2]}")
        counts["documents"] += 1
        filled = interpolated(document)
        for name, service in filled["services"].items():
            expect(service["read_only"] is True and service["cap_drop"] == ["ALL"] and
                   service["security_opt"] == ["no-new-privileges:true"] and "privileged" not in service, f"{network}: {name} is not contained")
            expect(set(service["networks"]) <= set(filled["networks"]), f"{network}: {name}: networks")
        check_pairs(network, filled, [one for one in manifests if spaces.get(one["metadata"].get("namespace")) == environment])
        if network == "orchard" and environment == "production":
            portal = filled["services"]["portal"]
            expect(portal["environment"] == {"GREETING": 'it\'s: "quoted"\n---\nkind: Secret # { .Release } ${HOME} $x', "NUMBER": "0755",
                                             "DB_PASSWORD": "<PORTAL_DB_PASSWORD>", "LICENCE": "<LICENCE>"}, f"variables: {portal['environment']}")
            expect(portal["command"][1] == "$(HOSTNAME) ${PATH} $$", f"arguments: {portal['command']}")
            expect(filled["secrets"]["edge-tls-certificate"] == {"file": "edge.pem"} and
                   filled["secrets"]["edge-tls-key"] == {"environment": "EDGE_KEY"}, "secrets")
            expect(filled["services"]["worker"]["depends_on"] == {"portal": {"condition": "service_healthy"}}, "order")
            expect([port["published"] for port in filled["services"]["edge"]["ports"]] == ["443"] and "ports" not in portal, "ports")


def check_pairs(network, compose, manifests):
    """Two containers share a network exactly where the policies of their pods name each other."""
    def identity(labels):
        return labels["app.kubernetes.io/name"], labels["app.kubernetes.io/instance"]
    host = {}
    for one in manifests:
        if one["kind"] == "Deployment":
            host[one["metadata"]["namespace"], identity(one["metadata"]["labels"])] = (
                one["metadata"]["annotations"]["cloison/host"], one["metadata"]["annotations"]["cloison/service"])
    wanted = set()
    for one in (one for one in manifests if one["kind"] == "NetworkPolicy" and one["spec"]["podSelector"]):
        mine = host[one["metadata"]["namespace"], identity(one["spec"]["podSelector"]["matchLabels"])]
        for rule in (one["spec"].get("ingress") or []) + (one["spec"].get("egress") or []):
            for peer in (rule.get("from") or []) + (rule.get("to") or []):
                if "podSelector" in peer:
                    space = peer["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"]
                    wanted.add(frozenset((mine, host[space, identity(peer["podSelector"]["matchLabels"])])))
    members = {}
    for service in compose["services"].values():
        for name in service["networks"]:
            members.setdefault(name, set()).add((service["labels"]["cloison.host"], service["labels"]["cloison.service"]))
    internal = {name for name, about in compose["networks"].items() if "driver_opts" not in about}
    got = {frozenset(members[name]) for name in internal}
    expect(all(len(members[name]) == 2 and compose["networks"][name]["internal"] is True for name in internal), f"{network}: a network of a pair")
    expect(got == {pair for pair in wanted if len(pair) == 2}, f"{network}: pairs of Compose and of policies differ")


# --- The proof ---------------------------------------------------------------------------------------------------------
def written(folder, documents):
    """One file that holds them all: JSON is YAML too."""
    place = folder / "changed.json"
    place.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": documents}, ensure_ascii=False))
    return place


def check_proof(program, network, documents, size, counts):
    folder = program.folder
    status, lines = program.check(network, written(folder, documents))
    about = lines["manifests"][0]
    expect(status == 0 and about["differences"] == 0, f"{network}: as exported: {status} {lines.get('policy_difference')}")
    print(f"{network}: {about['policies']} policies of {about['pods']} workloads, {about['pairs']} pairs: exactly the flows")
    counts["policies"] += about["policies"]
    counts["pairs"] += about["pairs"]
    changes = list(mutations.all_of(documents))
    chance = random.Random(7)
    if size is not None and len(changes) > size:
        chance.shuffle(changes)
        kinds = {}
        for what, made in changes:
            kinds.setdefault(what, []).append((what, made))
        # some of each kind before many of one
        changes = [one for row in zip(*(iter_padded(all_of_kind, len(changes)) for all_of_kind in kinds.values())) for one in row if one][:size]
    found = harmless = 0
    for what, made in changes:
        got = judged(program, network, documents, made, what)
        found += got is True
        harmless += got is False
    counts["found"] += found
    counts["harmless"] += harmless
    print(f"{network}: {len(changes)} changes: {found} found, {harmless} rightly passed over")


def iter_padded(items, length):
    yield from items
    yield from [None] * (length - len(items))


def judged(program, network, documents, made, what):
    """Whether the change alters what passes; the program must say the same, and in which way."""
    world = World(documents + made)
    before, after = world.permitted(documents), world.permitted(made)
    ours = {one.space for one in pods_of(documents)[0]} - {"another-namespace"}
    more = {key for key, permits in after.items() if key[0] in ours and permits - before[key]}
    less = {key for key, permits in before.items() if key[0] in ours and permits - after[key]}
    status, lines = program.check(network, written(program.folder, made))
    said = {(*one["pods"].split("/"), "Ingress" if one["inward"] else "Egress", one["what"]) for one in lines.get("policy_difference", [])}
    wanted = {(*key, "more") for key in more} | {(*key, "less") for key in less}
    unknown = bool(lines["manifests"][0]["not_understood"])
    expect(said == wanted, f"{network}: {what}: said {sorted(said - wanted)[:3]}, silent about {sorted(wanted - said)[:3]}")
    expect((status == 3) == bool(wanted or unknown), f"{network}: {what}: status {status}, {len(wanted)} differences")
    return bool(wanted) if not unknown or wanted else None


def check_same_bytes(program, network, text):
    expect(program.export("kubernetes", network) == text, f"{network}: another text the second time")
    place = program.folder / f"{network}-files"
    program.export("kubernetes", network, "-o", place)
    files = sorted(place.rglob("*.yaml"))
    expect("".join(file.read_text() for file in files) == text, f"{network}: files and stream differ")
    status, lines = program.check(network, place)
    expect(status == 0 and lines["manifests"][0]["differences"] == 0, f"{network}: the folder: {lines.get('policy_difference')}")
    before = {file: file.stat().st_mtime_ns for file in files}
    program.export("kubernetes", network, "-o", place)
    expect(before == {file: file.stat().st_mtime_ns for file in sorted(place.rglob('*.yaml'))}, f"{network}: the same files written anew")


def main():
    full = "--full" in sys.argv
    counts = dict.fromkeys(("documents", "policies", "pairs", "found", "harmless"), 0)
    with tempfile.TemporaryDirectory() as name:
        program = Program(sys.argv[1], pathlib.Path(name))
        for network in NETWORKS:
            text = program.export("kubernetes", network)
            documents = check_kubernetes(network, text, counts)
            if network == "orchard":
                check_orchard(documents)
            check_compose(program, network, documents, counts)
            check_same_bytes(program, network, text)
            check_proof(program, network, documents, 2500 if full else 150, counts)
    print(f"counted: {counts['documents']} documents against their schemas, {counts['policies']} policies and {counts['pairs']} pairs equal, "
          f"{counts['found']} changes found, {counts['harmless']} harmless, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
