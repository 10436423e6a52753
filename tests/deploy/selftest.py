#!/usr/bin/python3
"""Proves that the load generator can fail, and that the gateway stops without losing what reached it. On loopback.

    tests/deploy/selftest.py [--gateway FILE] [--load FILE] [--node FILE]     after ./dev build cloison_gateway cloison_load

Everything listens on ports that were free a moment before. The last line says how many checks there were.
"""
import argparse
import contextlib
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from far_ends import Misbehaving, MisbehavingMllp, Proxy, certificates, counts, check, free_port, Gateway, Load, Raw  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parents[2]


def says(start):
    """What the gateway answers, and that bytes may come in any portions."""
    with tempfile.TemporaryDirectory() as folder:
        pathlib.Path(folder, "version").write_text("7.3\nmore\n", encoding="utf-8")
        pathlib.Path(folder, "conf").write_text("first\nsecond\n", encoding="utf-8")
        pathlib.Path(folder, "token").write_text("very secret", encoding="utf-8")
        with start("--version-file", f"{folder}/version", "--config", f"{folder}/conf",
                   variables={"GATEWAY_GREETING": "hello", "CREDENTIALS_DIRECTORY": folder}) as gateway:
            for path, answer in (("health", (200, b"ok")), ("version", (200, b"7.3")), ("greeting", (200, b"hello")),
                                 ("config", (200, b"first")), ("credential", (200, b"present")), ("other", (404, b"not found")),
                                 ("slow?ms=50", (200, b"slow")), ("slow?ms=", (400, b"/slow?ms=N, at most 60000")),
                                 ("slow?ms=60001", (400, b"/slow?ms=N, at most 60000"))):
                check(f"GET /{path}", gateway.get(path), answer)
            with Raw(gateway.http) as raw:
                raw.send(b"GET /health HTTP/1.1\r\nHost: g\r\n\r\nPOST /echo HTTP/1.1\r\nHost: g\r\nContent-Length: 3\r\n\r\nabc"
                         b"GET /version HTTP/1.1\r\nHost: g\r\n\r\n")
                check("pipelined requests", [raw.answer()[2] for _ in range(3)], [b"ok", b"abc", b"7.3"])
                for piece in (b"POST /ec", b"ho HTTP/1.1\r\nHost: g\r\nContent-Length: 5\r\n\r", b"\nab", b"cde"):
                    raw.send(piece)
                    time.sleep(0.05)
                check("a request in pieces", raw.answer()[2], b"abcde")
                raw.send(b"GET /health HTTP/1.1\r\nHost: g\r\nConnection: close\r\n\r\n")
                check("a close that was asked for", (raw.answer()[2], raw.ended()), (b"ok", True))
    with start() as gateway:
        check("no credential", gateway.get("credential"), (200, b"absent"))
        check("no variable", gateway.get("greeting")[0], 404)


def refuses(start):
    """Requests that are smuggled with, in the C++ gateway; Node.js has its own reader."""
    with start() as gateway:
        for bad, status in ((b"GET /health HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 501), (b"GET health\r\n\r\n", 400),
                            (b"POST /echo HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400),
                            (b"POST /echo HTTP/1.1\r\nContent-Length: -1\r\n\r\nab", 400),
                            (b"POST /echo HTTP/1.1\r\nContent-Length : 1\r\n\r\na", 400),
                            (b"POST /echo HTTP/1.1\r\nContent-Length: 9999999\r\n\r\n", 413),
                            (b"GET /" + b"a" * 20000 + b" HTTP/1.1\r\n", 431)):
            with Raw(gateway.http) as raw:
                raw.send(bad)
                check(f"refused: {bad[:50]}", (raw.answer()[0], raw.ended()), (status, True))
    with start("--listen", "127.0.0.1", mllp=True) as gateway, Raw(gateway.mllp) as raw:
        message = b"\x0bMSH|^~\\&|A|B|C|D|2026||ADT^A01|%s|P|2.5\rPID|1\r\x1c\r"
        raw.send(message % b"one" + b"noise" + message % b"two" + (message % b"three")[:20])
        check("acknowledgements", [raw.frame().split(b"\r")[1] for _ in range(2)], [b"MSA|AA|one", b"MSA|AA|two"])
        raw.send((message % b"three")[20:] + b"\x0bno HL7\x1c\r")
        check("a message in pieces, and none", [raw.frame().split(b"\r")[1] for _ in range(2)], [b"MSA|AA|three", b"MSA|AR|"])


def stops(start, mllp):
    """SIGTERM: what is underway is finished, and a last request on an idle connection is answered."""
    with start("--grace", "5", "--idle-grace-ms", "700", mllp=mllp) as gateway, Raw(gateway.http) as busy, Raw(gateway.http) as idle, \
            Raw(gateway.http) as unused, contextlib.ExitStack() as stack:
        for raw in (busy, idle, unused):
            raw.send(b"GET /health HTTP/1.1\r\nHost: g\r\n\r\n")
            raw.answer()
        if mllp:
            session, half = stack.enter_context(Raw(gateway.mllp)), stack.enter_context(Raw(gateway.mllp))
            half.send(b"\x0bMSH|^~\\&|A|B|C|D|2026||ADT^A01|half")
        busy.send(b"GET /slow?ms=1500 HTTP/1.1\r\nHost: g\r\n\r\n")
        time.sleep(0.2)
        begun = time.monotonic()
        gateway.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        check("no new connection", gateway.refuses(), True)
        idle.send(b"GET /health HTTP/1.1\r\nHost: g\r\n\r\n")
        status, head, body = idle.answer()
        check("a last request", (status, b"connection: close" in head, body, idle.ended()), (200, True, b"ok", True))
        check("an idle connection stays for the idle grace", (unused.ended(), 0.6 < time.monotonic() - begun < 1.3), (True, True))
        if mllp:
            check("an idle session ends", session.ended(), True)
            half.send(b"|P|2.5\r\x1c\r")
            check("a message underway", (half.frame().split(b"\r")[1], half.ended()), (b"MSA|AA|half", True))
        status, head, body = busy.answer()
        check("a slow request", (status, b"connection: close" in head, body), (200, True, b"slow"))
        busy.socket.close()  # else the gateway waits a second for that, so that its answer is certainly read
        check("leaves with 0", gateway.process.wait(5), 0)
        check("as soon as all is done", 1.1 < time.monotonic() - begun < 2.2, True)
    with start("--grace", "1") as gateway, Raw(gateway.http) as busy:
        busy.send(b"GET /slow?ms=8000 HTTP/1.1\r\nHost: g\r\n\r\n")
        time.sleep(0.2)
        begun = time.monotonic()
        gateway.process.terminate()
        check("leaves at the end of the grace", (gateway.process.wait(5), time.monotonic() - begun < 1.3), (0, True))


def faults(start):
    with start("--fault", "crash", waits=False) as gateway:
        check("crash", gateway.process.wait(5), 3)
    with start("--fault", "crash-after=1") as gateway:
        check("crash-after", (gateway.get("health")[0], gateway.process.wait(5)), (200, 3))
    with start("--fault", "unhealthy") as gateway:
        check("unhealthy", (gateway.get("health")[0], gateway.get("version")[0]), (503, 200))
        with start("--http", str(gateway.http), waits=False) as second:
            check("port taken", second.process.wait(5), 1)
    with start("--fault", "unhealthy-after=1") as gateway:
        before = gateway.get("health")[0]
        time.sleep(1.2)
        check("unhealthy-after", (before, gateway.get("health")[0]), (200, 503))
    with start("--fault", "slow-start=1", waits=False) as gateway:
        time.sleep(0.4)
        check("slow-start: not yet", gateway.refuses(), True)
        gateway.wait_until_up()
        check("slow-start", gateway.get("health")[0], 200)
    with start("--fault", "slow-start=60", waits=False) as gateway:
        time.sleep(0.2)
        gateway.process.terminate()
        check("stopped before it listens", gateway.process.wait(5), 0)


def drives(start, load):
    """Plain HTTP and MLLP: a healthy gateway fails nothing, every way of ending one is counted."""
    with start(mllp=True) as gateway:
        run = load(gateway, "--requests", "4000", "--slow-ms", "200", "--duration-at-least", "2").done()
        check("a healthy gateway", (run.status, run["failed"], run["requests"] >= 4000, run["failures"]), (0, 0, True, {}))
        check("kept connections are kept", run["connections"]["opened"] < run["requests"] - 1000, True)
        check("all kinds of requests", sorted(run["by_request"]), ["GET /health", "GET /slow", "GET /version", "POST /echo"])
        check("its version", list(run["versions"]), ["1.0"])
        mllp = run["mllp"]
        check("all messages", (mllp["messages_sent"] > 100, mllp["messages_sent"] - mllp["messages_acknowledged"], mllp["messages_lost"],
                               mllp["sessions_ended"], mllp["messages_resent"]), (True, 0, 0, 0, 0))
        run = load(gateway, "--duration-at-least", "60").underway()
        run.process.terminate()
        check("the load generator's own end", (run.done(10).status, run["failed"], run["seconds"] < 10), (0, 0, True))
    for end, name in ((signal.SIGKILL, "killed"), (signal.SIGTERM, "stopped")):
        with start(mllp=True) as gateway:
            run = load(gateway, "--requests", "1000", "--duration-at-least", "5", "--slow-ms", "300").underway()
            gateway.process.send_signal(end)
            gateway.process.wait(20)
            time.sleep(0.3)
            with start("--http", str(gateway.http), "--mllp", str(gateway.mllp)):
                run.done()
        check(f"{name}: failures", (run.status, run["failed"] > 0, "connection refused" in run["failures"]), (1, True, True))
        gap = run["longest_without_success_ms"]
        check(f"{name}: the longest time without success", gap if not 250 < gap < 4000 else "as long as it was", "as long as it was")
        check(f"{name}: sessions end and come back, no message is lost",
              (run["mllp"]["sessions_ended"] >= 20, run["mllp"]["sessions_opened"] >= 40, run["mllp"]["messages_lost"]), (True, True, 0))
        if end == signal.SIGTERM:
            # A connection that the kernel takes between the last look and the close is reset; one that was answered never is.
            others = [one for kind, found in run["failures"].items() if kind != "connection refused" for one in found["examples"]]
            check("stopped: what reached it is answered", [one for one in others if one["answered_before"] > 0], [])
    run = load(None, "--requests", "500", "--duration-at-least", "1").done()
    check("nothing there", (run.status, run["failed"], list(run["failures"])), (1, run["requests"], ["connection refused"]))
    check("nothing there: the whole time without success", run["longest_without_success_ms"] >= 900, True)
    with start("--fault", "mllp-silent", mllp=True) as gateway:
        run = load(gateway, "--requests", "0", "--concurrency", "0", "--mllp-sessions", "3", "--duration-at-least", "9").done()
        check("messages that nobody acknowledges", (run.status, run["failed"], run["mllp"]["messages_lost"],
                                                    run["mllp"]["messages_acknowledged"]), (1, 0, 3, 0))
    with start("--fault", "unhealthy") as gateway:
        run = load(gateway, "--requests", "200").done()
        check("503 is counted", (run.status, list(run["failures"])), (1, ["status 503"]))


def misled(load):
    """Far ends that answer wrongly, or end connections in every way."""
    for how, kind in (("other body", "wrong body"), ("too much", "malformed answer"), ("truncated", "closed within the answer"),
                      ("nothing", "closed before the answer"), ("silent", "timeout"), ("bytes later", "bytes that nobody asked for")):
        with Misbehaving(how) as server:
            run = load(server, "--requests", "40", "--slow-share", "0", "--timeout-ms", "300", "--pause-ms", "30").done()
            check(f"{how}: failed", (run.status, run["failed"] > 0, kind in run["failures"]), (1, True, True))
    with Misbehaving("closes later") as server:
        run = load(server, "--requests", "200", "--slow-share", "0", "--pause-ms", "60").done()
        check("closed between requests: no failure", (run["failed"], run["connections"]["closed_while_idle"] > 20), (0, True))
    with Misbehaving("closes when asked again") as server:
        run = load(server, "--requests", "100", "--slow-share", "0", "--concurrency", "4", "--kept", "4").done()
        check("closed on a request: a failure", (run.status, 40 < run["failed"] < 60, list(run["failures"])),
              (1, True, ["closed before the answer"]))
    for how, status, lost, times in (("closes first", 0, 0, 2), ("refuses", 1, 1, 1)):  # of each message
        with MisbehavingMllp(how) as server:
            run = load(server, "--requests", "0", "--concurrency", "0", "--mllp-sessions", "2", "--duration-at-least", "1").done()
            mllp, sent = run["mllp"], run["mllp"]["messages_sent"]
            check(f"messages, {how}", (run.status, sent > 4, mllp["messages_lost"], mllp["messages_resent"]),
                  (status, True, sent * lost, sent * (times - 1)))
            check(f"messages, {how}: control ids", (len(server.seen), set(server.seen.values())), (sent, {times}))


def encrypted(start, load):
    with tempfile.TemporaryDirectory() as folder, start(mllp=True) as gateway:
        certificates(folder)
        with Proxy(gateway, folder) as proxy:
            for what, arguments, kind in (("the right authority", ("--ca", f"{folder}/ca.pem", "--server-name", "gateway.test"), None),
                                          ("its address", ("--ca", f"{folder}/ca.pem"), None),
                                          ("another authority", ("--ca", f"{folder}/other.pem", "--server-name", "gateway.test"), "certificate"),
                                          ("another name", ("--ca", f"{folder}/ca.pem", "--server-name", "other.test"), "certificate")):
                run = load(proxy, *arguments, "--requests", "300", "--slow-ms", "50", "--mllp-tls", "--mllp-sessions", "2").done()
                mllp = run["mllp"]
                check(f"TLS, {what}: messages", (mllp["messages_acknowledged"] > 0, mllp["messages_lost"] > 0), (kind is None, kind is not None))
                if kind is None:
                    check(f"TLS, {what}", (run.status, run["failed"]), (0, 0))
                else:
                    check(f"TLS, {what}", (run.status, run["failed"], list(run["failures"])), (1, run["requests"], [kind]))
        with Proxy(gateway, folder, newest="TLSv1_2") as proxy:
            run = load(proxy, "--ca", f"{folder}/ca.pem", "--requests", "50", "--mllp-sessions", "0").done()
            check("TLS 1.2 alone", (run.status, run["failed"], list(run["failures"])), (1, run["requests"], ["TLS"]))


def main():
    parser = argparse.ArgumentParser()
    for name in ("gateway", "load"):
        parser.add_argument(f"--{name}", default=str(ROOT / "build/release" / name))
    parser.add_argument("--node", default=shutil.which("node"))
    given = parser.parse_args()

    def load(far_end, *arguments):
        return Load(given.load, far_end or free_port(), arguments)

    def native(*arguments, **more):
        return Gateway([given.gateway], arguments, **more)

    def script(*arguments, **more):
        return Gateway([given.node, str(ROOT / "tests/deploy/gateway/gateway.js")], arguments, **more)

    says(native)
    refuses(native)
    stops(native, mllp=True)
    faults(native)
    if given.node:
        says(script)
        stops(script, mllp=False)
        with script() as gateway:
            run = load(gateway, "--requests", "2000", "--slow-ms", "100").done()
            check("the script under load", (run.status, run["failed"]), (0, 0))
    drives(native, load)
    misled(load)
    encrypted(native, load)
    bad = subprocess.run([given.load, "--requests", "many"], stderr=subprocess.DEVNULL, check=False).returncode
    check("bad usage", bad, 64)
    print(f"counted: {counts['checks']} checks, {counts['failed']} failed" + ("" if given.node else "; not run: the script, without node"))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
