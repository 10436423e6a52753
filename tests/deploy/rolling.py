#!/usr/bin/python3
"""Rolling updates of a real gateway behind real balancers, while another process loads it.

    tests/deploy/rolling.py [--full] [--keep] [--parts NAME,...]     after ./dev build cloison cloison_gateway cloison_load; needs root

Five hosts of the lab (tests/lab/networks/services.json) are two balancers and three machines; a client on their switch asks
without retries. What is counted comes from the client alone. The last line says how much that was.
"""
import argparse
import hashlib
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tarfile
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("CLOISON_BUILD", ROOT / "build/release"))
SIZES = {False: (1, 3000, 4), True: (5, 20000, 20)}  # runs, requests a run, MLLP sessions
NUMBERS = {"edge-1": 10, "edge-2": 11, "gateway-1": 21, "gateway-2": 22, "gateway-3": 23}
SHARED = "10.16.3.12"  # the balancers', by keepalived
DRAINS = {False: 6, True: 8}  # seconds, of which the agent may miss one: longer than the slowest request takes, which is 3
KILLS = {False: 1, True: 1000}  # instants at which cloison is killed, by name alone or each that there is
FAULTS = {False: ("unhealthy-after=4",), True: ("crash", "unhealthy", "unhealthy-after=4")}
PATIENCE = 300


class Failed(Exception):
    pass


def run(*words, check=True, **more):
    done = subprocess.run([str(word) for word in words], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
                          timeout=PATIENCE, **more)
    if check and done.returncode != 0:
        raise Failed(f"{' '.join(str(word) for word in words)}: status {done.returncode}\n{done.stdout[-3000:]}")
    return done


class Network:
    """The lab's hosts, with the addresses that an administrator has given them."""

    def __init__(self, name):
        self.name, self.environment = name, {**os.environ, "LAB": name}
        run(ROOT / "dev", "lab", "up", "services", env=self.environment)
        folder = pathlib.Path(os.environ.get("CLOISON_LAB_STATE", "/var/lib/cloison-lab"), name)
        self.inventory = json.loads((folder / "inventory.json").read_text(encoding="utf-8"))
        self.hosts = {host["name"]: host for host in self.inventory["hosts"]}
        # Ports without a tag, in the client's VLAN: this machine's kernel may have no VLANs of its own.
        for port in re.findall(r"Port (h\d+-lan0)", self.switch("show")):
            self.switch("set", "port", port, "tag=10")
        for host, number in NUMBERS.items():
            self.on(host, f"""
printf '[Match]\\nName=lan0\\n\\n[Network]\\nAddress=10.16.3.{number}/24\\n' >/etc/systemd/network/20-administrator-lan0.network
networkctl reload""")
        for number in NUMBERS.values():
            self.until(f"10.16.3.{number} answers", lambda address=f"10.16.3.{number}":
                       self.asked(f"import socket; socket.create_connection(('{address}', 22), 1)").returncode == 0)

    def on(self, host, command, check=True):
        return run(ROOT / "dev", "lab", "shell", host, "sh", "-c", command, env=self.environment, check=check).stdout

    def asked(self, program):
        """A few lines of Python where the client is."""
        return run("ip", "netns", "exec", f"{self.name}-client", sys.executable, "-c", program, check=False)

    def switch(self, *words):
        return run(ROOT / "dev", "lab", "shell", "lan", "ovs-vsctl", *words, env=self.environment).stdout

    def until(self, what, holds, seconds=30):
        end = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > end:
                raise Failed(f"not within {seconds} s: {what}")
            time.sleep(0.2)

    def down(self):
        run(ROOT / "dev", "lab", "down", env=self.environment, check=False)


def authority(folder):
    """A certificate authority of this run, and what it says of the balancers."""
    openssl = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60"]
    run(*openssl, "-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=Rolling")
    return lambda: run(*openssl, "-keyout", folder / "edge.key", "-out", folder / "edge.pem", "-subj", "/CN=gateway.test", "-CA",
                       folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", "subjectAltName=DNS:gateway.test", "-addext",
                       "basicConstraints=critical,CA:FALSE")


class Deployment:
    """One topology, changed as an administrator would, and applied by the program."""

    def __init__(self, folder, network, drain):
        self.folder, self.network, self.drain, self.certify = folder, network, drain, authority(folder)
        self.certify()
        self.settings = {"version": "1.0", "arguments": [], "watch": 2, "certificate": "edge.pem", "key": "edge.key", "artifact": "",
                         "together": True, "spare": "", "instances": 0}

    def artifact(self, version):
        path = self.folder / f"gateway-{version}.tar"
        if not path.exists():
            files = self.folder / version
            files.mkdir()
            shutil.copy(BUILD / "gateway", files / "gateway")
            (files / "version").write_text(f"{version}\n", encoding="utf-8")
            with tarfile.open(path, "w") as archive:
                for name in ("gateway", "version"):
                    archive.add(files / name, name)
        return path.name, hashlib.sha256(path.read_bytes()).hexdigest()

    def write(self, **changes):
        self.settings.update(changes)
        file, digest = self.artifact(self.settings["version"])
        spare = {self.settings["spare"]: ", spare: true"}
        nodes = {kind: "".join(f"\n      - {{address: {host['address']}, fingerprint: '{host['fingerprint']}'{spare.get(name, '')}}}"
                               for name, host in sorted(self.network.hosts.items()) if name.startswith(kind)) for kind in ("edge", "gateway")}
        several = self.settings["instances"]
        ports = ["3000", "2575", "3001", "2577"][:2 * max(several, 1)]
        words = ["--http", "{port}" if several else "3000", "--mllp", "{port.2}" if several else "2575", *self.settings["arguments"]]
        key = next(iter(self.network.hosts.values()))["key"]
        (self.folder / "topology.yaml").write_text(f"""
cloison: 1
name: services
environments: {{production: {{address_space: 10.16.0.0/12}}}}
providers: {{nodes: {{kind: node, user: cloison, key: file:{key}}}}}
zones: {{app: {{trust: internal}}}}
sites:
  here:
    provider: nodes
    segments:
      app:
        zone: app
        vlan: 10
        intra: allow
        cidr: 10.16.3.0/24
        hosts:
          gateway-1: {{address: 21}}
          gateway-2: {{address: 22}}
          gateway-3: {{address: 23}}
services:
  edge:
    kind: haproxy
    runs_on: {{site: here, segment: app, replicas: 2}}
    redundancy: vrrp
    listen: [https, tcp/2576]
    tls: {{min: "1.3", certificate: file:{self.settings["certificate"]}, key: file:{self.settings["key"]}}}
    update: {{watch: 1s}}
    nodes:{nodes["edge"]}
  gateway:
    artifact: {{{self.settings["artifact"] or "file: " + file}, sha256: {digest}, version: "{self.settings["version"]}"}}
    runs_on: [here.app.gateway-1, here.app.gateway-2, here.app.gateway-3]
    arguments: {json.dumps(words)}
    listen: [{", ".join("tcp/" + port for port in ports)}]
    behind: edge{f"{chr(10)}    instances: {several}" if several else ""}
    health: {{http: /health, interval: 1s, timeout: 2s, retries: 10}}
    update: {{watch: {self.settings["watch"]}s, drain: {self.drain}s, together: {str(self.settings["together"]).lower()}}}
    nodes:{nodes["gateway"]}
""", encoding="utf-8")

    def cloison(self, *words, check=True, **variables):
        return run("ip", "netns", "exec", self.network.inventory["control_namespace"], BUILD / "cloison", *words, cwd=self.folder, check=check,
                   env={**os.environ, **variables})

    def apply(self, check=True, **changes):
        self.write(**changes)
        return self.cloison("apply", "--yes", check=check, SSL_CERT_FILE=str(self.folder / "ca.pem"))

    def serves(self):
        """What each machine says that it is."""
        program = "import urllib.request; print(urllib.request.urlopen('http://10.16.3.{}:3000/version', timeout=3).read().decode())"
        return [self.network.asked(program.format(number)).stdout.strip().splitlines()[-1] for name, number in NUMBERS.items()
                if name.startswith("gateway")]


class Load:
    """The client, from before a change until after it."""

    def __init__(self, network, folder, requests, sessions):
        pause = "0" if requests >= SIZES[True][1] else "10"  # the small size leaves something of the processors to what changes
        self.output = (folder / "load.json").open("w+", encoding="utf-8")
        self.process = subprocess.Popen(
            ["ip", "netns", "exec", f"{network.name}-client", BUILD / "load", "--url", f"https://{SHARED}:443", "--ca", folder / "ca.pem",
             "--server-name", "gateway.test", "--requests", str(requests), "--concurrency", "32", "--kept", "16", "--pause-ms", pause, "--slow-share", "0.02", "--slow-ms",
             "3000", "--mllp", f"{SHARED}:2576", "--mllp-tls", "--mllp-sessions", str(sessions), "--mllp-interval-ms", "100",
             "--duration-at-least", "600"], stdout=self.output, stderr=subprocess.DEVNULL)
        time.sleep(2)

    def end(self, requests):
        """At least that many, and whatever it takes to see the change through."""
        time.sleep(2)
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(60)
        self.output.seek(0)
        said = json.loads(self.output.read())
        if said["requests"] < requests:
            raise Failed(f"only {said['requests']} requests were made: {json.dumps(said)[:1500]}")
        return said


def told(what, said):
    mllp, versions = said["mllp"], {name: one["answers"] for name, one in said["versions"].items()}
    print(f"{what}: {said['requests']} requests, {said['failed']} failed, longest without an answer {said['longest_without_success_ms']:.0f} ms; "
          f"{mllp['messages_acknowledged']} messages, {mllp['messages_lost']} lost, {mllp['messages_resent']} sent again, "
          f"{mllp['sessions_ended']} sessions ended; versions {versions}", flush=True)
    if said["failed"] or mllp["messages_lost"]:
        print(json.dumps({"failures": said["failures"], "mllp": mllp})[:2000], flush=True)
    return said["failed"] + mllp["messages_lost"]


def updates(deployment, network, folder, full):
    runs, requests, sessions = SIZES[full]
    wrong = asked = 0
    for number in range(runs):
        version = f"1.{number + 1}"
        load = Load(network, folder, requests, sessions)
        deployment.apply(version=version)
        while load.process.poll() is None and not enough(load, requests):
            time.sleep(0.5)
        said = load.end(requests)
        wrong, asked = wrong + told(f"update to {version}", said), asked + said["requests"]
        if deployment.serves() != [version] * 3 or len(said["versions"]) < 2:
            raise Failed(f"after the update {deployment.serves()} is served; the client saw {said['versions']}")
    return wrong, asked


def enough(load, requests):
    """The load runs as long as the change takes; where that was short, it goes on for a while."""
    load.waited = getattr(load, "waited", 0) + 0.5
    return load.waited * 400 > requests  # a client makes several times as many


def balancers(deployment, network, folder, full):
    """A renewed certificate and another configuration, at both of them, under the same load."""
    _, requests, sessions = SIZES[full]
    load = Load(network, folder, requests, sessions)
    deployment.certify()
    deployment.apply()
    while not enough(load, requests):
        time.sleep(0.5)
    said = load.end(min(requests, 1000))
    serial = run("openssl", "x509", "-noout", "-serial", "-in", folder / "edge.pem").stdout
    shown = run("ip", "netns", "exec", f"{network.name}-client", "sh", "-c",
                f"openssl s_client -connect {SHARED}:443 -servername gateway.test </dev/null 2>/dev/null | openssl x509 -noout -serial").stdout
    if shown != serial:
        raise Failed(f"the balancer shows {shown}, not the renewed {serial}")
    return told("renewed certificate", said), said["requests"]


def failures(deployment, network, folder, full):
    """Releases that fail in each way: stopped at the first machine, put back, and nobody noticed."""
    _, requests, sessions = SIZES[full]
    before, wrong, asked = deployment.serves(), 0, 0
    for fault in FAULTS[full]:
        load = Load(network, folder, requests, sessions)
        done = deployment.apply(check=False, version=f"9.{fault[:2]}{len(fault)}", arguments=["--fault", fault], watch=8)
        said = load.end(200)
        if done.returncode == 0 or "CL5414" not in done.stdout or len(re.findall("not tried here", done.stdout)) != 2:
            raise Failed(f"{fault}: status {done.returncode}\n{done.stdout[-2000:]}")
        if deployment.serves() != before:
            raise Failed(f"{fault}: {deployment.serves()} is served")
        wrong, asked = wrong + told(f"a release that fails ({fault})", said), asked + said["requests"]
    return wrong, asked


def kills(deployment, network, folder, full):
    """cloison ends at each durable commit of an update; the next run finishes it, and the service answers all the while."""
    _, requests, sessions = SIZES[full]
    wrong = asked = killed = 0
    for number in range(1, KILLS[full] + 1):
        at = number if full else 5  # in the middle of the update
        load = Load(network, folder, requests, sessions)
        version = f"2.{number}"
        deployment.write(version=version)
        first = deployment.cloison("apply", "--yes", check=False, CLOISON_TEST_KILL_AT_COMMIT=f"{'before' if number % 2 else 'after'}:{at}")
        was_killed = first.returncode == 137 or first.returncode == -9
        then = deployment.cloison("apply", "--yes", check=False)
        said = load.end(200)
        if then.returncode != 0 or deployment.serves() != [version] * 3:
            raise Failed(f"after kill -9 at commit {at}: status {then.returncode}, {deployment.serves()} is served\n{then.stdout[-2000:]}")
        killed += was_killed
        wrong, asked = wrong + told(f"kill -9 at commit {at} of an update" if was_killed else "an update to its end", said), asked + said["requests"]
        if not was_killed:
            break
    if not killed:
        raise Failed("nothing was killed")
    print(f"killed at {killed} commits, each update finished by the next run", flush=True)
    return wrong, asked


def expired(folder):
    """A certificate that was over long ago, for the same key."""
    config = folder / "expired.cnf"
    config.write_text(f"""[ca]
default_ca = here
[here]
database = {folder}/index
new_certs_dir = {folder}
certificate = {folder}/ca.pem
private_key = {folder}/ca.key
rand_serial = yes
default_md = sha256
policy = any
[any]
commonName = supplied
""", encoding="utf-8")
    (folder / "index").write_text("", encoding="utf-8")
    run("openssl", "req", "-new", "-key", folder / "edge.key", "-subj", "/CN=gateway.test", "-out", folder / "edge.csr")
    run("openssl", "ca", "-batch", "-config", config, "-startdate", "20200101000000Z", "-enddate", "20210101000000Z", "-in", folder / "edge.csr",
        "-notext", "-out", folder / "expired.pem")


SERVER = """
import http.server, ssl, sys
server = http.server.HTTPServer(('127.0.0.1', 8443), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('server.pem', 'server.key')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
"""


def refusals(deployment, network, folder, full):
    """What may not be deployed is refused with its reason, and what runs goes on; then it comes over HTTPS, signed."""
    _, requests, sessions = SIZES[full]
    expired(folder)
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "releases.key")
    run("openssl", "pkey", "-in", folder / "releases.key", "-pubout", "-out", folder / "releases.pem")
    run("openssl", "genpkey", "-algorithm", "ed25519", "-out", folder / "other.key")
    run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "60", "-keyout", folder / "server.key", "-out",
        folder / "server.pem", "-subj", "/CN=localhost", "-CA", folder / "ca.pem", "-CAkey", folder / "ca.key", "-addext", "subjectAltName=IP:127.0.0.1",
        "-addext", "basicConstraints=critical,CA:FALSE")
    name, _ = deployment.artifact("3.1")
    for key in ("releases", "other"):
        run("openssl", "pkeyutl", "-sign", "-rawin", "-inkey", folder / f"{key}.key", "-in", folder / name, "-out", folder / f"{key}.sig")
    server = subprocess.Popen(["ip", "netns", "exec", network.inventory["control_namespace"], sys.executable, "-c", SERVER], cwd=folder,
                              stderr=subprocess.DEVNULL)
    before = deployment.serves()
    load = Load(network, folder, requests, sessions)
    url = f"url: https://127.0.0.1:8443/{name}, public_key: file:releases.pem"
    try:
        for code, changes in (("CL5437", {"version": "3.1", "artifact": f"{url}, signature: file:other.sig"}),
                              ("CL5438", {"version": before[0], "artifact": "", "certificate": "expired.pem"}),
                              ("private key", {"certificate": "edge.pem", "key": "server.key"})):
            done = deployment.apply(check=False, **changes)
            if done.returncode == 0 or code not in " ".join(done.stdout.split()):
                raise Failed(f"{changes}: status {done.returncode}\n{done.stdout[-2000:]}")
            if deployment.serves() != before:
                raise Failed(f"{changes}: {deployment.serves()} is served")
        deployment.apply(version="3.1", artifact=f"{url}, signature: file:releases.sig", certificate="edge.pem", key="edge.key")
    finally:
        server.terminate()
        server.wait()
    if deployment.serves() != ["3.1"] * 3:
        raise Failed(f"{deployment.serves()} is served, not what came over HTTPS")
    said = load.end(200)
    deployment.settings["artifact"] = ""
    return told("another's signature, an expired certificate, another's key, and then a signed release over HTTPS", said), said["requests"]


def second_machine(deployment, network, folder, full):
    """A release that is well at the first machine and not at the second: both run the former one again. Then `rollback`, `status`, `deploy`."""
    _, requests, sessions = SIZES[full]
    deployment.apply(arguments=[], watch=2)
    before = deployment.serves()
    load = Load(network, folder, requests, sessions)
    network.on("gateway-2", "mkdir -p /etc/systemd/system/cloison-app-gateway.service.d; printf '[Service]\nExecStartPre=/bin/sh -c "
               "\"! grep -qx 4.0 /opt/cloison/gateway/current/version\"\n' >/etc/systemd/system/cloison-app-gateway.service.d/not-here.conf")
    done = deployment.apply(check=False, version="4.0")
    network.on("gateway-2", "rm -r /etc/systemd/system/cloison-app-gateway.service.d; systemctl daemon-reload")
    if done.returncode == 0 or "put back 4 of 4" not in done.stdout or deployment.serves() != before:
        raise Failed(f"a release that fails at the second machine: status {done.returncode}, {deployment.serves()} is served\n{done.stdout[-2500:]}")
    waved = deployment.cloison("deploy", "gateway", "--wave", "1,100%", "--yes")
    if deployment.serves() != ["4.0"] * 3 or "Wave 2 of 2" not in waved.stdout:
        raise Failed(f"deploy in waves: {deployment.serves()} is served\n{waved.stdout[-2000:]}")
    status = deployment.cloison("status", check=False)
    if status.returncode != 0 or "All are as declared, and well." not in status.stdout:
        raise Failed(f"status {status.returncode}\n{status.stdout[-2000:]}")
    if not full:
        return told("a release that fails at the second machine, then deployed in waves", said := load.end(200)), said["requests"]
    deployment.cloison("rollback", "gateway", "--yes")
    behind = deployment.cloison("status", "gateway", check=False)
    if deployment.serves() != before or behind.returncode != 2 or "3 not as declared" not in behind.stdout:
        raise Failed(f"rollback: {deployment.serves()} is served, status {behind.returncode}\n{behind.stdout[-2000:]}")
    deployment.apply()
    said = load.end(200)
    return told("a release that fails at the second machine, then deployed in waves, rolled back and deployed again", said), said["requests"]


def never_mixed(said, former, version):
    """Whether the last answer of the one came before the first of the other."""
    before, after = said["versions"].get(former), said["versions"].get(version)
    if not before or not after or before["last_s"] >= after["first_s"]:
        raise Failed(f"{former} and {version} served side by side: {said['versions']}")
    return after["first_s"] - before["last_s"]


def exclusive(deployment, network, folder, full):
    """No two releases side by side: what that interrupts is told beforehand, and counts for nothing."""
    _, requests, sessions = SIZES[full]
    former = deployment.serves()[0]
    deployment.write(version="5.0", together=False)
    planned = deployment.cloison("plan").stdout
    if "interrupts" not in planned:
        raise Failed(f"the plan does not tell the interruption\n{planned[-2000:]}")
    load = Load(network, folder, requests, sessions)
    deployment.apply()
    said = load.end(200)
    gap = never_mixed(said, former, "5.0")
    if deployment.serves() != ["5.0"] * 3:
        raise Failed(f"{deployment.serves()} is served")
    load = Load(network, folder, requests, sessions)
    done = deployment.apply(check=False, version="9.5", arguments=["--fault", "unhealthy"])
    back = load.end(200)
    if done.returncode == 0 or deployment.serves() != ["5.0"] * 3 or set(back["versions"]) - {"5.0"}:
        raise Failed(f"a release that fails: status {done.returncode}, {deployment.serves()} is served, {back['versions']}\n{done.stdout[-2500:]}")
    print(f"never side by side: {gap:.1f} s between {former} and 5.0, {said['failed']} of {said['requests']} requests met it; a release that fails came back "
          f"after {back['longest_without_success_ms']:.0f} ms", flush=True)
    deployment.apply(version="5.0", together=True, arguments=[])
    return 0, said["requests"] + back["requests"]


def spare(deployment, network, folder, full):
    """A machine that runs only while the others change."""
    _, requests, sessions = SIZES[full]
    deployment.apply(spare="gateway-3")
    idle = lambda: network.on("gateway-3", "systemctl is-active cloison-app-gateway || true").strip()
    if idle() != "inactive":
        raise Failed(f"the spare machine's service is {idle()}")
    load = Load(network, folder, requests, sessions)
    network.on("gateway-3", "journalctl --rotate >/dev/null 2>&1; date +%s >/run/since")
    deployment.apply(version="6.0")
    said = load.end(200)
    began = network.on("gateway-3", "journalctl -q -o cat --since @$(cat /run/since) -t gateway | grep -c listens || true").strip()
    status = deployment.cloison("status", check=False)
    if idle() != "inactive" or began != "1" or status.returncode != 0 or "spare" not in status.stdout:
        raise Failed(f"the spare machine's service is {idle()}, began {began} times\n{status.stdout[-1500:]}")
    wrong = told("an update with one more meanwhile", said)
    deployment.apply(spare="")
    if deployment.serves() != ["6.0"] * 3:
        raise Failed(f"{deployment.serves()} is served")
    return wrong, said["requests"]


def instances(deployment, network, folder, full):
    """Two on each machine, behind the same balancers; and one again."""
    _, requests, sessions = SIZES[full]
    deployment.apply(instances=2)
    load = Load(network, folder, requests, sessions)
    deployment.apply(version="7.0")
    said = load.end(200)
    units = network.on("gateway-1", "systemctl list-units --plain --no-legend 'cloison-app-gateway@*' | wc -l").strip()
    ports = network.on("gateway-1", "ss -Htln | grep -cE ':(3000|3001|2575|2577) '").strip()
    if deployment.serves() != ["7.0"] * 3 or units != "2" or ports != "4":
        raise Failed(f"{deployment.serves()} is served, {units} units at {ports} ports")
    wrong = told("an update of two on each machine", said)
    deployment.apply(instances=0)
    left = network.on("gateway-1", "ls /etc/systemd/system | grep -c 'cloison-app-gateway@' || true").strip()
    if deployment.serves() != ["7.0"] * 3 or left != "0":
        raise Failed(f"{deployment.serves()} is served, {left} units are left")
    return wrong, said["requests"]


def a_balancer_lost(deployment, network, folder, full):
    """The address that both share moves; what it cost is told, and counts for nothing: a lost machine takes its connections along."""
    _, requests, sessions = SIZES[full]
    load = Load(network, folder, requests, sessions)
    holder = next(name for name in ("edge-1", "edge-2") if f" {SHARED}/" in network.on(name, "ip -o address show"))
    other = "edge-2" if holder == "edge-1" else "edge-1"
    network.on(holder, "systemctl stop cloison-app-edge")
    network.until(f"{other} has the address", lambda: f" {SHARED}/" in network.on(other, "ip -o address show"))
    time.sleep(3)
    deployment.apply()
    said = load.end(200)
    if not 0 < said["longest_without_success_ms"] < 5000:
        raise Failed(f"{holder} lost: {said['longest_without_success_ms']} ms without an answer")
    print(f"{holder} lost: {said['failed']} of {said['requests']} requests failed, {said['longest_without_success_ms']:.0f} ms without an answer", flush=True)
    return 0, said["requests"]


# In the order in which they run; the small size leaves out what takes long and what others show too: a release that is deployed in waves is an update.
PARTS = (updates, balancers, failures, second_machine, kills, refusals, exclusive, spare, instances, a_balancer_lost)
ONLY_FULL = (updates, balancers, kills, spare, instances)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("--parts", help="only these, in this order")
    arguments = parser.parse_args()
    network = None
    with tempfile.TemporaryDirectory(prefix="cloison-rolling-") as folder:
        try:
            network = Network(f"r{os.getpid() % 1000000}")
            deployment = Deployment(pathlib.Path(folder), network, DRAINS[arguments.full])
            print(deployment.apply().stdout.splitlines()[-3], flush=True)
            wrong = asked = 0
            chosen = arguments.parts.split(",") if arguments.parts else [part.__name__ for part in PARTS if arguments.full or part not in ONLY_FULL]
            for name in chosen:
                part = next(one for one in PARTS if one.__name__ == name)
                failed, requests = part(deployment, network, pathlib.Path(folder), arguments.full)
                wrong, asked = wrong + failed, asked + requests
            deployment.apply(version="1.0", arguments=[])
            left = deployment.cloison("plan", "--detailed-exitcode", check=False)
            if left.returncode != 0:
                raise Failed(f"a plan has something to do:\n{left.stdout[-2000:]}")
            print(f"counted: {asked} requests under changes, {wrong} failed or lost")
            return 1 if wrong else 0
        except Failed as why:
            print(f"FAILED {why}", file=sys.stderr)
            return 1
        finally:
            if network and not arguments.keep:
                network.down()


if __name__ == "__main__":
    sys.exit(main())
