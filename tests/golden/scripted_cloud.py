#!/usr/bin/python3
"""A small OpenStack for golden sessions: Keystone, Neutron, Nova and Glance in memory, wrong on command.

    cloud start [SCRIPT]       starts it in the background, or gives the running one another script; the first start
                               writes ~/.config/openstack/clouds.yaml with the cloud `gra`
    cloud stop                 ends it; the next start takes up port and objects again
    cloud await METHOD PATH    waits until such a request has arrived (regex; at most 20 s)
    cloud call METHOD PATH [JSON]
                               one request of somebody else, with every right; `{NAME}` in PATH or JSON is the
                               identifier of the object of that name; prints nothing, fails on a refusal

    cloud token                a token, printed

It listens on 127.0.0.1, keeps its notes in ./.cloud, and ends when nobody asks for a minute. What the answers look
like was recorded from real servers (tests/conformance/openstack/recorded). A script is JSON; all of it may be left out:

    {"tls": true,                       # a certificate of its own; ./.cloud/authority.pem is what signed it
     "regions": ["One"],                # of the catalogue
     "lacks": ["compute"],              # services that the catalogue does not have
     "endpoints": {"network": "/proxy/network"},   # instead of ours; /proxy/... is the same again, as by a proxy
     "vlans": "vrack",                  # the physical network on which VLAN ids may be chosen; else nobody may
     "quota": {"network": 2},           # Neutron's and Nova's names
     "rules": [{"method": "POST", "path": "/networks", "body_has": "web",   # which requests (regexes)
                "skip": 1, "times": 1,                                       # let one pass, hit one; times 0: all
                "do": "answer", "status": 409, "headers": {}, "body": {}}]}

The first rule that fits and has hits left wins. What it may `do`:

    answer       `status`, `headers`, `body` (JSON, or a string as it is); nothing else happens
    close        nothing happens, and the connection ends without an answer
    lose         it happens, and the connection ends without an answer
    cut          it happens, and the answer ends in the middle
    silent       nothing happens, ever
    late         it happens, and the answer comes after `seconds`
    headers      an answer with 300 KiB of headers
    merge        it happens, and `body` is laid over the answer
"""
import json
import os
import re
import signal
import ssl
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

sys.dont_write_bytecode = True

from scripted_services import PROJECT, Neutron, Nova, Refused, identifier  # noqa: E402

NOTES = ".cloud"
IDLE_SECONDS = 60
LOGIN = {"username": "cloison", "password": "seven-grey-herons", "project_name": "lab"}


class Cloud:
    def __init__(self, script, base):
        self.lock = threading.Lock()
        self.neutron = Neutron()
        self.nova = Nova(self.neutron)
        self.tokens, self.arrived, self.last = set(), [], time.monotonic()
        self.base = base
        self.use(script)

    def use(self, script):
        self.script = script
        self.rules = [dict(rule) for rule in script.get("rules", [])]
        self.neutron.quota = script.get("quota", {})
        self.neutron.use_vlans(script.get("vlans"))

    def rule_for(self, method, path, body):
        for rule in self.rules:
            if not re.fullmatch(rule.get("method", ".*"), method) or not re.search(rule.get("path", ""), path) or \
                    not re.search(rule.get("body_has", ""), body):
                continue
            if rule.get("skip", 0) > 0:
                rule["skip"] -= 1
                continue
            if rule.get("times", 1) and rule.setdefault("left", rule.get("times", 1)) <= 0:
                continue
            rule["left"] = rule.get("left", 1) - 1
            return rule
        return None

    def named(self, text):
        """`{NAME}` -> identifier."""
        def one(found):
            everything = [*self.nova.servers.values(), *(o for objects in self.neutron.objects.values() for o in objects.values())]
            ids = [item["id"] for item in everything if found[1] in (item["name"], item.get("description", "").split(" ")[-1])]
            return ids[0] if ids else found[0]
        return re.sub(r"\{([^{}\":, ]+)\}", one, text)

    def catalogue(self):
        urls = {"identity": "/identity", "network": "/network", "compute": "/compute/v2.1", "image": "/image"}
        urls.update(self.script.get("endpoints", {}))
        return [{"type": kind, "name": kind, "endpoints": [{"interface": "public", "region": region, "url": self.base + path}
                                                           for region in self.script.get("regions", ["One"])]}
                for kind, path in urls.items() if kind not in self.script.get("lacks", [])]

    def log_in(self, auth):
        given = auth["identity"]
        who = given.get("password", {}).get("user", {})
        scope = auth.get("scope", {}).get("project", {})
        fits = who.get("name") == LOGIN["username"] and who.get("password") == LOGIN["password"]
        if not (fits or given.get("token", {}).get("id") in self.tokens) or PROJECT != scope.get("id", PROJECT):
            raise Refused(401, "", "The request you have made requires authentication.", "error")
        token = f"token-{len(self.tokens)}-{os.urandom(8).hex()}"
        self.tokens.add(token)
        return 201, {"token": {"expires_at": "2999-01-01T00:00:00.000000Z", "user": {"name": LOGIN["username"]},
                               "project": {"id": PROJECT, "name": LOGIN["project_name"]}, "catalog": self.catalogue()}}, {"X-Subject-Token": token}

    def answer(self, method, target, headers, body):
        """(status, body, headers); raises Refused."""
        path, _, query = target.removeprefix("/proxy").partition("?")
        query = urllib.parse.parse_qsl(query)
        service, _, rest = path.strip("/").partition("/")
        if path.endswith("/auth/tokens"):
            return self.log_in(body["auth"])
        if headers.get("X-Auth-Token") not in self.tokens and not headers.get("X-Somebody-Else"):
            raise Refused(401, "", "The request you have made requires authentication.", "error")
        parts = rest.split("/")[1:]  # without the version
        handler = {"network": self.network, "compute": self.compute, "image": self.image}.get(service)
        if not handler or not parts:
            raise Refused(404, "HTTPNotFound", "The resource could not be found.")
        return handler(method, parts, query, headers, body)

    def network(self, method, parts, query, headers, body):
        neutron, plural = self.neutron, parts[0].replace("-", "_")
        if plural == "extensions":
            return 200, {"extensions": [{"alias": alias} for alias in ("address-group", "extraroute-atomic", "port-security")]}, {}
        if plural == "quotas":
            return 200, {"quota": {one: {"limit": neutron.quota.get(one, -1), "reserved": 0, "used": neutron.used(many)}
                                   for many, one in neutron.SINGULAR.items()}}, {}
        if plural not in neutron.SINGULAR:
            raise Refused(404, "HTTPNotFound", "The resource could not be found.")
        one = neutron.SINGULAR[plural]
        if method == "GET" and len(parts) == 1:
            return 200, {plural: neutron.listed(plural, query, bool(headers.get("X-Somebody-Else")))}, {}
        if method == "GET":
            return 200, {one: neutron.find(plural, parts[1])}, {}
        if method == "POST" and one in body:
            return 201, {one: neutron.create(plural, body[one])}, {}
        if method == "POST":
            return 201, {plural: [neutron.create(plural, item) for item in body[plural]]}, {}
        if method == "PUT" and len(parts) == 3:
            return 200, neutron.act(parts[1], parts[2], body), {}
        if method == "PUT":
            return 200, {one: neutron.update(plural, parts[1], body[one], headers.get("If-Match"))}, {}
        neutron.delete(plural, parts[1])
        return 204, None, {}

    def compute(self, method, parts, query, headers, body):
        nova = self.nova
        if parts[0] == "flavors":
            return 200, {"flavors": nova.flavors()}, {}
        if parts[0] == "os-availability-zone":
            return 200, {"availabilityZoneInfo": [{"zoneName": "nova", "zoneState": {"available": True}}]}, {}
        if parts[0] == "limits":
            return 200, nova.limits(), {}
        if method == "POST":
            return 202, {"server": {"id": nova.create(body["server"])["id"]}}, {}
        if parts[1:] == ["detail"]:
            return 200, {"servers": list(nova.servers.values())}, {}
        if method == "DELETE":
            nova.delete(parts[1])
            return 204, None, {}
        if method == "PUT":
            nova.find(parts[1]).update(body["server"])
        return 200, {"server": nova.find(parts[1])}, {}

    def image(self, method, parts, query, headers, body):
        return 200, {"images": [{"id": identifier("image", "Debian 12"), "name": "Debian 12", "status": "active"}]}, {}


def merged(under, over):
    if isinstance(under, dict) and isinstance(over, dict):
        return {**under, **{name: merged(under.get(name), value) for name, value in over.items()}}
    return over


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    cloud = None

    def log_message(self, *words):
        pass

    def do_GET(self):
        cloud = self.cloud
        text = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        cloud.last = time.monotonic()
        if self.path.startswith("/-/"):
            return self.control(text)
        with cloud.lock:
            somebody_else = self.headers.get("X-Somebody-Else")
            if not somebody_else:
                cloud.arrived.append((self.command, self.path))
            rule = None if somebody_else else cloud.rule_for(self.command, self.path, text)
        do = rule.get("do", "answer") if rule else "pass"
        if do == "close":
            self.close_connection = True
            return None
        if do == "silent":
            return self.wait_for_the_client_to_leave()
        if do == "answer":
            return self.send(rule.get("status", 200), rule.get("body"), rule.get("headers", {}))
        if do == "headers":
            return self.send(200, {}, {f"X-Padding-{number}": "x" * 30000 for number in range(10)})
        status, body, headers = self.made(text)
        if do == "merge":
            body = merged(body, rule["body"])
        if do == "late":
            time.sleep(rule["seconds"])
        if do == "lose":
            self.close_connection = True
            return None
        return self.send(status, body, headers, cut=do == "cut")

    do_POST = do_PUT = do_DELETE = do_GET

    def made(self, text):
        with self.cloud.lock:
            try:
                status, body, headers = self.cloud.answer(self.command, self.path, self.headers, json.loads(text or "null"))
            except Refused as why:
                status, body, headers = why.status, why.body, {}
            return status, json.loads(json.dumps(body)), headers

    def wait_for_the_client_to_leave(self):
        self.close_connection = True
        self.connection.settimeout(IDLE_SECONDS)
        try:
            self.rfile.read(1)
        except OSError:
            pass

    def send(self, status, body, headers, cut=False):
        data = b"" if body is None else body.encode() if isinstance(body, str) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        try:
            self.end_headers()
            self.wfile.write(data[:len(data) // 2] if cut else data)
        except OSError:
            self.close_connection = True
        if cut:
            self.close_connection = True

    def control(self, text):
        cloud, what = self.cloud, self.path[3:]
        body = json.loads(text or "null")
        if what == "script":
            with cloud.lock:
                cloud.use(body)
        elif what == "await":
            until = time.monotonic() + 20
            while not any(re.fullmatch(body[0], method) and re.search(body[1], path) for method, path in list(cloud.arrived)):
                if time.monotonic() > until:
                    return self.send(404, "no such request came", {})
                time.sleep(0.02)
        elif what == "names":
            with cloud.lock:
                return self.send(200, [cloud.named(one) for one in body], {})
        return self.send(200, {}, {})


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64  # a full queue costs the client a second


def note(name):
    return os.path.join(NOTES, name)


def make_authority():
    """A certificate for 127.0.0.1, made on the spot and signed by itself."""
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=an authority of our own", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", note("key.pem"),
                    "-out", note("authority.pem")], check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                   stderr=subprocess.DEVNULL)


def serve(script):
    try:
        with open(note("port"), encoding="utf-8") as file:
            port = int(file.read())
    except FileNotFoundError:
        port = 0
    server = Server(("127.0.0.1", port), Handler)
    scheme = "http"
    if script.get("tls"):
        make_authority()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(note("authority.pem"), note("key.pem"))
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        scheme = "https"
    port = server.server_address[1]
    base = f"{scheme}://127.0.0.1:{port}"
    Handler.cloud = cloud = Cloud(script, base)
    load_objects(cloud)
    for name, text in (("port", str(port)), ("pid", str(os.getpid())), ("base", base)):
        with open(note(name + ".new"), "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(note(name + ".new"), note(name))
    signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
    threading.Thread(target=end_when_idle, args=(server, cloud), daemon=True).start()
    server.serve_forever(0.05)
    with open(note("objects"), "w", encoding="utf-8") as file:
        json.dump([cloud.neutron.objects, cloud.neutron.births, cloud.nova.servers], file)
    os.remove(note("base"))


def load_objects(cloud):
    try:
        with open(note("objects"), encoding="utf-8") as file:
            cloud.neutron.objects, cloud.neutron.births, cloud.nova.servers = json.load(file)
    except FileNotFoundError:
        pass


def end_when_idle(server, cloud):
    while time.monotonic() - cloud.last < IDLE_SECONDS:
        time.sleep(1)
    server.shutdown()


def base():
    try:
        with open(note("base"), encoding="utf-8") as file:
            return file.read()
    except FileNotFoundError:
        return ""


def ask(method, path, body=None, headers=None):
    request = urllib.request.Request(base() + path, method=method, data=None if body is None else json.dumps(body).encode(),
                                     headers=headers or {})
    handlers = [urllib.request.ProxyHandler({})]
    if base().startswith("https"):
        handlers.append(urllib.request.HTTPSHandler(context=ssl.create_default_context(cafile=note("authority.pem"))))
    with urllib.request.build_opener(*handlers).open(request, timeout=30) as answer:
        return json.loads(answer.read() or b"null")


def write_clouds_file():
    lines = ["clouds:", "  gra:", "    auth:", f"      auth_url: {base()}/identity", f"      username: {LOGIN['username']}",
             f"      password: {LOGIN['password']}", f"      project_name: {LOGIN['project_name']}", "    region_name: One"]
    folder = os.path.expanduser("~/.config/openstack")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, "clouds.yaml"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def start(words):
    script = {}
    if words:
        with open(words[0], encoding="utf-8") as file:
            script = json.load(file)
    if base():
        ask("POST", "/-/script", script)
        return
    first = not os.path.exists(NOTES)
    os.makedirs(NOTES, exist_ok=True)
    child = subprocess.Popen([sys.executable, os.path.abspath(__file__), "serve", json.dumps(script)], stdin=subprocess.DEVNULL,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while not base():
        if child.poll() is not None:
            sys.exit("cloud: it did not start")
        time.sleep(0.01)
    if first:
        write_clouds_file()


def stop():
    with open(note("pid"), encoding="utf-8") as file:
        os.kill(int(file.read()), signal.SIGTERM)
    while base():
        time.sleep(0.01)


def token():
    who = {"name": LOGIN["username"], "password": LOGIN["password"]}
    body = {"auth": {"identity": {"methods": ["password"], "password": {"user": who}}}}
    request = urllib.request.Request(base() + "/identity/v3/auth/tokens", method="POST", data=json.dumps(body).encode())
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=30) as answer:
        return answer.headers["X-Subject-Token"]


def call(method, path, body=None):
    path, body = ask("POST", "/-/names", [path, body or ""])
    try:
        ask(method, path, json.loads(body) if body else None, {"X-Somebody-Else": "yes"})
    except urllib.error.HTTPError as why:
        sys.exit(f"cloud: {why.code} {why.read().decode()}")


def main(words):
    verb, rest = words[0] if words else "", words[1:]
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # meant for cloison, not for the cloud
    if verb == "serve":
        serve(json.loads(rest[0]))
    elif verb == "start":
        start(rest)
    elif verb == "stop":
        stop()
    elif verb == "await":
        ask("POST", "/-/await", rest)
    elif verb == "token":
        print(token())
    elif verb == "call":
        call(*rest)
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
