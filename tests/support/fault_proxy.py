#!/usr/bin/python3
"""HTTP proxy before real servers that loses, holds, cuts and forges on command.

    fault_proxy.py (--state STATE_DIR | --service NAME=URL...) --out FOLDER [--plan FILE]
                   [--tls CERTIFICATE KEY] [--die-with-parent]

Every service gets a port of its own on 127.0.0.1. URLs of the real servers that stand in
answers (catalogue, links, Location) are rewritten, so that a client stays on the proxy.
With --state (a folder of tests/openstack/up) the services come from there, and FOLDER gets
clouds.yaml, clouds.json and env with the proxy's login URL. FOLDER/proxy.json is written
last: {"control": URL, "pid", "services": {name: URL}}; the same line goes to stdout.

A rule says which requests it is for, and what happens to them:

    {"service": "network|compute", "method": "POST",  # one name, or several between bars
     "path": "/ports", "body": "web",       # regexes
     "skip": 2, "times": 1,                 # let two pass, hit one; times 0: all
     "do": "deliver-hang", "seconds": 30,   # what happens, see below
     "run": {"before_answer": {"signal": "KILL", "pid": 4711}}}

Everything but "do" or "run" may be left out. The first matching rule with hits left wins.

    pass               nothing but what "run" says
    hang               never forwarded; silent until the client leaves (or "seconds" pass)
    reset              never forwarded; connection reset
    status             never forwarded; answers "status", "headers", "answer" (a string or
                       JSON; defaults below)
    hold               kept until POST /release, then forwarded
    delay              forwarded after "seconds"
    deliver-hang       forwarded, the answer kept back like hang
    deliver-reset      forwarded, then connection reset
    deliver-truncate   forwarded; answer cut after "bytes" of its body (default: half)
    deliver-status     forwarded; but the client gets "status" like above
    deliver-body       forwarded; the answer's body replaced by "answer"
    deliver-hold       forwarded; the answer kept until POST /release
    deliver-delay      forwarded; answered "seconds" later
    deliver-drip       forwarded; answered a byte at a time, "seconds" between them

"run" has commands for three instants: before_forward (arrived, nothing sent on),
after_forward (sent on in full, nothing of the answer read), before_answer (answer complete,
nothing of it passed on). Each is an argv list, or {"signal": NAME, "pid": N} (or "pidfile").
The proxy waits for it and goes on, even if the client is dead by then: what it had sent
arrives after its death.

Control port, HTTP and JSON:

    GET  /count      {"arrived", "forwarded", "answered", "faults", "by": {"network POST": n}}
    GET  /log        [{"number", "service", "method", "path", "forwarded", "status", "fault",
                     "milliseconds"}], ?since=NUMBER for later ones only
    GET  /rules      the rules with "id" and "hits"
    POST /rules      one rule or a list; answers {"ids": [...]}
    DELETE /rules    all of them; /rules/ID one
    GET  /held       requests that hold or deliver-hold keep, as in the log
    POST /release    lets them all go on; /release/NUMBER one
    POST /reset      no rules, counters at zero, log empty, everything released
    POST /quit       ends the proxy

Headers and bodies are never logged: they hold passwords and tokens.
"""
import argparse
import asyncio
import ctypes
import json
import os
import re
import signal
import socket
import ssl
import struct
import sys
import time
import urllib.parse

DEFAULTS = {
    401: ({}, {"error": {"code": 401, "title": "Unauthorized",
                         "message": "The request you have made requires authentication."}}),
    429: ({"Retry-After": "1"}, {"overLimit": {"code": 429, "message": "Too many requests.",
                                               "retryAfter": "1"}}),
}
REASONS = {200: "OK", 400: "Bad Request", 401: "Unauthorized", 403: "Forbidden",
           404: "Not Found", 409: "Conflict", 429: "Too Many Requests",
           500: "Internal Server Error", 502: "Bad Gateway", 503: "Service Unavailable",
           504: "Gateway Time-out"}
ACTIONS = ("pass", "hang", "reset", "status", "hold", "delay", "deliver-hang",
           "deliver-reset", "deliver-truncate", "deliver-status", "deliver-body",
           "deliver-hold", "deliver-delay", "deliver-drip")
INSTANTS = ("before_forward", "after_forward", "before_answer")
HOP = {"connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding",
       "upgrade", "content-length"}
LIMIT = 1 << 20


class BadRule(ValueError):
    pass


class Rule:
    KEYS = {"service", "method", "path", "body", "skip", "times", "do", "seconds", "status",
            "headers", "bytes", "run", "answer"}

    def __init__(self, number, said):
        if not isinstance(said, dict) or (unknown := set(said) - self.KEYS):
            raise BadRule(f"not a rule, or unknown keys: {sorted(unknown)}"
                          if isinstance(said, dict) else "not a rule")
        self.id = number
        self.said = said
        self.action = said.get("do", "pass")
        self.run = said.get("run", {})
        if self.action not in ACTIONS:
            raise BadRule(f"do: {self.action}; known: {', '.join(ACTIONS)}")
        if set(self.run) - set(INSTANTS):
            raise BadRule(f"run: {sorted(self.run)}; known: {', '.join(INSTANTS)}")
        self.path = re.compile(said.get("path", ""))
        self.body = re.compile(said.get("body", "").encode())
        self.skip = said.get("skip", 0)
        self.times = said.get("times", 1)
        self.hits = 0

    def take(self, request):
        """Whether the rule is for this request, which counts as one of its matches."""
        said = self.said
        if request.service not in said.get("service", request.service).split("|") \
                or request.method not in said.get("method", request.method).split("|") \
                or not self.path.search(request.path) \
                or not self.body.search(request.body) \
                or (self.times and self.hits >= self.times):
            return False
        if self.skip > 0:
            self.skip -= 1
            return False
        self.hits += 1
        return True


class Request:
    def __init__(self, number, service, method, path, headers, body):
        self.number = number
        self.service = service
        self.method = method
        self.path = path
        self.headers = headers
        self.body = body
        self.begun = time.monotonic()
        self.forwarded = False
        self.status = None
        self.fault = None

    def shown(self):
        return {"number": self.number, "service": self.service, "method": self.method,
                "path": self.path, "forwarded": self.forwarded, "status": self.status,
                "fault": self.fault,
                "milliseconds": round((time.monotonic() - self.begun) * 1000)}


class Reset(Exception):
    """The client's connection ends here, with a reset."""


async def read_head(reader):
    """First line and headers as (line, [(name, value)]); None at the end of the stream."""
    try:
        head = await reader.readuntil(b"\r\n\r\n")
    except (asyncio.IncompleteReadError, ConnectionError):
        return None
    lines = head.decode("latin-1").split("\r\n")
    pairs = [line.partition(":") for line in lines[1:] if line]
    return lines[0], [(name.strip(), value.strip()) for name, _, value in pairs]


def header(headers, name):
    return next((value for key, value in headers if key.lower() == name), None)


async def read_body(reader, headers, until_end):
    """A message's body; `until_end`: without a length it ends with the connection."""
    if "chunked" in (header(headers, "transfer-encoding") or "").lower():
        body = b""
        while True:
            size = int((await reader.readline()).partition(b";")[0], 16)
            if size == 0:
                while (await reader.readline()).strip():
                    pass
                return body
            body += await reader.readexactly(size)
            await reader.readline()
    length = header(headers, "content-length")
    if length is not None:
        return await reader.readexactly(int(length))
    return await reader.read() if until_end else b""


class Proxy:
    def __init__(self, services, tls):
        self.upstream = {name: urllib.parse.urlsplit(url) for name, url in services.items()}
        self.tls = tls
        self.rules = []
        self.next_rule = 1
        self.url = {}
        self.rewrites = []
        self.done = asyncio.Event()
        self.clear()

    def clear(self):
        self.log = []
        self.arrived = self.forwarded = self.answered = self.faults = 0
        self.by = {}
        self.held = {}

    def add_rules(self, said):
        made = [Rule(self.next_rule + index, one)
                for index, one in enumerate(said if isinstance(said, list) else [said])]
        self.next_rule += len(made)
        self.rules += made
        return [rule.id for rule in made]

    async def listen(self):
        scheme = "https" if self.tls else "http"
        for name, upstream in self.upstream.items():
            server = await asyncio.start_server(
                lambda reader, writer, name=name: self.serve(name, reader, writer),
                "127.0.0.1", 0, limit=LIMIT, ssl=self.tls)
            port = server.sockets[0].getsockname()[1]
            self.url[name] = f"{scheme}://127.0.0.1:{port}{upstream.path}"
            root = f"{scheme}://127.0.0.1:{port}"
            self.rewrites.append((f"{upstream.scheme}://{upstream.netloc}".encode(),
                                  root.encode()))
            # A server that builds links from the Host header knows nothing of our TLS.
            if self.tls:
                self.rewrites.append((f"http://127.0.0.1:{port}".encode(), root.encode()))
        control = await asyncio.start_server(self.control, "127.0.0.1", 0, limit=LIMIT)
        return f"http://127.0.0.1:{control.sockets[0].getsockname()[1]}"

    def rewritten(self, data):
        for old, new in self.rewrites:
            data = re.sub(re.escape(old) + rb"(?!\d)", new, data)
        return data

    async def serve(self, service, reader, writer):
        """One client connection, request by request."""
        try:
            while (head := await read_head(reader)) is not None:
                line, headers = head
                method, target, _ = line.split(" ", 2)
                if (header(headers, "expect") or "").lower() == "100-continue":
                    writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
                body = await read_body(reader, headers, until_end=False)
                request = Request(self.arrived + 1, service, method, target, headers, body)
                self.arrived += 1
                key = f"{service} {method}"
                self.by[key] = self.by.get(key, 0) + 1
                self.log.append(request)
                await self.handle(request, reader, writer)
                if (header(headers, "connection") or "").lower() == "close":
                    break
        except Reset:
            reset(writer)
            return
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError,
                ValueError):
            pass
        finally:
            writer.close()

    async def handle(self, request, reader, writer):
        rule = next((rule for rule in self.rules if rule.take(request)), None)
        said = rule.said if rule else {}
        action = rule.action if rule else "pass"
        if rule:
            request.fault = action
            self.faults += 1
        await self.run(rule, "before_forward", request)
        if action == "hang":
            return await silent(reader, said)
        if action == "reset":
            raise Reset
        if action == "status":
            return await self.answer(request, writer, *forged(said))
        if action == "hold":
            await self.hold(request)
        if action == "delay":
            await asyncio.sleep(said.get("seconds", 1))
        try:
            status, reason, headers, body = await self.forward(request, rule)
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            return await self.answer(request, writer, 502, "Bad Gateway", [],
                                     f"fault_proxy: {error}\n".encode())
        await self.run(rule, "before_answer", request)
        await self.deliver(request, said, action, reader, writer,
                           status, reason, headers, body)

    async def deliver(self, request, said, action, reader, writer, status, reason, headers,
                      body):
        """Passes an answer on, as the rule wants it."""
        if action == "deliver-hang":
            return await silent(reader, said)
        if action == "deliver-reset":
            raise Reset
        if action == "deliver-status":
            status, reason, headers, body = forged(said)
        if action == "deliver-body":
            body = as_bytes(said.get("answer", ""))
        if action == "deliver-hold":
            await self.hold(request)
        if action == "deliver-delay":
            await asyncio.sleep(said.get("seconds", 1))
        if action == "deliver-truncate":
            writer.write(head_bytes(status, reason, headers, len(body)))
            writer.write(body[:said.get("bytes", len(body) // 2)])
            await writer.drain()
            request.status = status
            raise ConnectionAbortedError
        if action == "deliver-drip":
            for byte in head_bytes(status, reason, headers, len(body)) + body:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(said.get("seconds", 0.01))
            request.status = status
            self.answered += 1
            return None
        return await self.answer(request, writer, status, reason, headers, body)

    async def answer(self, request, writer, status, reason, headers, body):
        without = request.method == "HEAD" or status in (204, 304)
        writer.write(head_bytes(status, reason, headers, None if without else len(body)))
        if not without:
            writer.write(body)
        await writer.drain()
        request.status = status
        self.answered += 1

    async def forward(self, request, rule):
        """Sends the request on and reads the whole answer."""
        upstream = self.upstream[request.service]
        reader, writer = await asyncio.open_connection(
            upstream.hostname, upstream.port or 80, limit=LIMIT)
        try:
            lines = [f"{request.method} {request.path} HTTP/1.1"]
            lines += [f"{name}: {value}" for name, value in request.headers
                      if name.lower() not in HOP and name.lower() != "expect"
                      and name.lower() != "accept-encoding"]
            lines += [f"Content-Length: {len(request.body)}", "Connection: close", "", ""]
            writer.write("\r\n".join(lines).encode("latin-1") + request.body)
            await writer.drain()
            self.forwarded += 1
            request.forwarded = True
            await self.run(rule, "after_forward", request)
            head = await read_head(reader)
            if head is None:
                raise ConnectionError("the server closed without an answer")
            line, headers = head
            _, status, *reason = line.split(" ", 2)
            status = int(status)
            body = b"" if request.method == "HEAD" or status in (204, 304) else \
                await read_body(reader, headers, until_end=True)
        finally:
            writer.close()
        headers = [(name, self.rewritten(value.encode("latin-1")).decode("latin-1"))
                   for name, value in headers if name.lower() not in HOP]
        return status, "".join(reason), headers, self.rewritten(body)

    async def hold(self, request):
        event = asyncio.Event()
        self.held[request.number] = (request, event)
        await event.wait()
        self.held.pop(request.number, None)

    async def run(self, rule, instant, request):
        command = rule.run.get(instant) if rule else None
        if command is None:
            return
        if isinstance(command, dict):
            pid = command.get("pid")
            try:
                if pid is None:
                    with open(command["pidfile"], encoding="ascii") as text:
                        pid = int(text.read().split()[0])
                os.kill(pid, getattr(signal, "SIG" + command.get("signal", "KILL")))
                # The kernel ends a killed process soon, not at once; it must send no more.
                while command.get("signal", "KILL") == "KILL" and running(pid):
                    await asyncio.sleep(0.005)
            except (OSError, KeyError, ValueError) as error:
                print(f"fault_proxy: run {instant}: {error}", file=sys.stderr, flush=True)
            return
        child = await asyncio.create_subprocess_exec(
            *command, stdin=asyncio.subprocess.DEVNULL,
            env={**os.environ, "FAULT_NUMBER": str(request.number),
                 "FAULT_SERVICE": request.service, "FAULT_METHOD": request.method,
                 "FAULT_PATH": request.path})
        if await child.wait():
            print(f"fault_proxy: {command} ended with {child.returncode}", file=sys.stderr,
                  flush=True)

    # The control port.
    async def control(self, reader, writer):
        try:
            head = await read_head(reader)
            if head is None:
                return
            line, headers = head
            method, target, _ = line.split(" ", 2)
            body = await read_body(reader, headers, until_end=False)
            path, _, query = target.partition("?")
            try:
                status, result = self.command(method, path.strip("/").split("/"), query, body)
            except (ValueError, KeyError, TypeError, AttributeError, re.error) as error:
                status, result = 400, {"error": str(error)}
            text = (json.dumps(result) + "\n").encode()
            writer.write(head_bytes(status, REASONS[status],
                                    [("Content-Type", "application/json"),
                                     ("Connection", "close")], len(text)) + text)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError, ValueError):
            pass
        finally:
            writer.close()

    def command(self, method, path, query, body):
        what, number = path[0], int(path[1]) if len(path) > 1 else None
        if (method, what) == ("GET", "count"):
            return 200, {"arrived": self.arrived, "forwarded": self.forwarded,
                         "answered": self.answered, "faults": self.faults, "by": self.by}
        if (method, what) == ("GET", "log"):
            since = int(urllib.parse.parse_qs(query).get("since", ["0"])[0])
            return 200, [request.shown() for request in self.log if request.number > since]
        if what == "rules":
            if method == "POST":
                return 200, {"ids": self.add_rules(json.loads(body))}
            if method == "DELETE":
                self.rules = [rule for rule in self.rules
                              if number is not None and rule.id != number]
            return 200, [{**rule.said, "id": rule.id, "hits": rule.hits} for rule in self.rules]
        if (method, what) == ("GET", "held"):
            return 200, [request.shown() for request, _ in self.held.values()]
        if (method, what) in (("POST", "release"), ("POST", "reset")):
            for key, (_, event) in list(self.held.items()):
                if number in (None, key):
                    event.set()
            if what == "reset":
                self.rules = []
                self.clear()
            return 200, {}
        if (method, what) == ("POST", "quit"):
            self.done.set()
            return 200, {}
        return 404, {"error": f"{method} /{'/'.join(path)}: see the head of fault_proxy.py"}


def running(pid):
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


def reset(writer):
    """Closes with RST instead of FIN: linger for zero seconds."""
    raw = writer.get_extra_info("socket")
    if raw is not None:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def silent(reader, said):
    """Says nothing until the client leaves or `seconds` are over; then the end."""
    try:
        await asyncio.wait_for(reader.read(1), said.get("seconds"))
    except asyncio.TimeoutError:
        pass
    raise ConnectionAbortedError


def as_bytes(body):
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def forged(said):
    status = said.get("status", 502)
    headers, body = DEFAULTS.get(status, (
        {}, f"<html><body><h1>{status} {REASONS.get(status, 'Status')}</h1></body></html>\n"))
    body = said.get("answer", body)
    kind = "text/html" if isinstance(body, str) else "application/json"
    headers = {"Content-Type": kind, **headers, **said.get("headers", {})}
    return status, REASONS.get(status, "Status"), list(headers.items()), as_bytes(body)


def head_bytes(status, reason, headers, length):
    lines = [f"HTTP/1.1 {status} {reason}", *(f"{name}: {value}" for name, value in headers)]
    if length is not None:
        lines.append(f"Content-Length: {length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def private_write(path, text):
    partial = f"{path}.{os.getpid()}"
    with open(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="utf-8") as out:
        out.write(text)
    os.replace(partial, path)


def copy_clouds(state, out, proxy):
    """The state folder's credentials, with the proxy's URLs in place of the servers'."""
    for name in ("clouds.yaml", "clouds.json", "env"):
        with open(os.path.join(state, name), "rb") as text:
            private_write(os.path.join(out, name), proxy.rewritten(text.read()).decode())


async def main(options):
    services = dict(one.partition("=")[::2] for one in options.service)
    if options.state:
        with open(os.path.join(options.state, "clouds.json"), encoding="utf-8") as text:
            services = {**json.load(text)["endpoints"], **services}
    if not services:
        sys.exit("fault_proxy: --state or --service NAME=URL")
    tls = None
    if options.tls:
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(*options.tls)
    proxy = Proxy(services, tls)
    if options.plan:
        with open(options.plan, encoding="utf-8") as text:
            proxy.add_rules(json.load(text))
    control = await proxy.listen()
    os.makedirs(options.out, mode=0o700, exist_ok=True)
    if options.state:
        copy_clouds(options.state, options.out, proxy)
    known = json.dumps({"control": control, "pid": os.getpid(), "services": proxy.url})
    private_write(os.path.join(options.out, "proxy.json"), known + "\n")
    print(known, flush=True)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, proxy.done.set)
    await proxy.done.wait()
    await asyncio.sleep(0.05)  # the answer to /quit


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="HTTP proxy that makes faults on command")
    parser.add_argument("--state", help="folder of tests/openstack/up")
    parser.add_argument("--service", action="append", default=[], metavar="NAME=URL")
    parser.add_argument("--out", required=True, help="folder for proxy.json and credentials")
    parser.add_argument("--plan", help="JSON file with a list of rules")
    parser.add_argument("--tls", nargs=2, metavar=("CERTIFICATE", "KEY"))
    parser.add_argument("--die-with-parent", action="store_true")
    arguments = parser.parse_args()
    if arguments.die_with_parent:
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG
    try:
        asyncio.run(main(arguments))
    except BadRule as error:
        sys.exit(f"fault_proxy: {error}")
