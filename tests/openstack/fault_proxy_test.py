#!/usr/bin/python3
"""Tests of ../support/fault_proxy.py, against a little server of their own.

    /usr/bin/python3 -B tests/openstack/fault_proxy_test.py
"""
import http.client
import http.server
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import unittest
import urllib.parse

PROXY = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))),
                     "support", "fault_proxy.py")


class Upstream(http.server.BaseHTTPRequestHandler):
    """Answers what it was asked, with its own URL in the body; remembers requests."""
    protocol_version = "HTTP/1.1"
    seen = []

    def answer(self):
        length = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(length).decode()
        self.seen.append((self.command, self.path, body))
        if self.command == "DELETE":
            self.send_response(204)
            self.end_headers()
            return
        host, port = self.server.server_address
        text = json.dumps({"path": self.path, "body": body,
                           "url": f"http://{host}:{port}/v3"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(text)))
        self.send_header("Location", f"http://{host}:{port}/there")
        self.end_headers()
        self.wfile.write(text)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *arguments):
        pass


class FaultProxy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Upstream)
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.root = f"http://127.0.0.1:{cls.server.server_address[1]}"
        cls.folder = tempfile.TemporaryDirectory()
        cls.process = subprocess.Popen(
            [sys.executable, "-B", PROXY, "--service", f"identity={cls.root}/v3",
             "--out", cls.folder.name], stdout=subprocess.PIPE, text=True)
        cls.known = json.loads(cls.process.stdout.readline())

    @classmethod
    def tearDownClass(cls):
        cls.control(cls, "POST", "/quit")
        cls.process.wait(5)
        cls.process.stdout.close()
        cls.folder.cleanup()
        cls.server.shutdown()
        cls.server.server_close()

    def setUp(self):
        self.control("POST", "/reset")
        Upstream.seen.clear()

    def control(self, method, path, body=None):
        base = urllib.parse.urlsplit(self.known["control"])
        connection = http.client.HTTPConnection(base.hostname, base.port, timeout=5)
        connection.request(method, path, None if body is None else json.dumps(body))
        answer = json.loads(connection.getresponse().read())
        connection.close()
        return answer

    def rule(self, **said):
        return self.control("POST", "/rules", said)["ids"][0]

    def ask(self, method="POST", path="/v3/x", body="hello", timeout=5):
        base = urllib.parse.urlsplit(self.known["services"]["identity"])
        connection = http.client.HTTPConnection(base.hostname, base.port, timeout=timeout)
        try:
            connection.request(method, path, body)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def test_passes_and_keeps_clients_on_the_proxy(self):
        status, headers, body = self.ask()
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)["url"], self.known["services"]["identity"])
        self.assertNotIn(self.root, headers["Location"])
        self.assertEqual(self.ask("DELETE")[0], 204)
        self.assertEqual(self.control("GET", "/count"), {
            "arrived": 2, "forwarded": 2, "answered": 2, "faults": 0,
            "by": {"identity POST": 1, "identity DELETE": 1}})

    def test_one_connection_carries_many_requests(self):
        base = urllib.parse.urlsplit(self.known["services"]["identity"])
        connection = http.client.HTTPConnection(base.hostname, base.port, timeout=5)
        for number in range(3):
            connection.request("GET", f"/{number}")
            self.assertEqual(json.loads(connection.getresponse().read())["path"], f"/{number}")
        connection.close()

    def test_rule_hits_the_chosen_request_only(self):
        self.rule(method="POST", path="/x$", body="hel+o", skip=1, do="status", status=503)
        self.assertEqual([self.ask()[0], self.ask("GET")[0], self.ask(body="no")[0],
                          self.ask()[0], self.ask()[0]], [200, 200, 200, 503, 200])
        self.assertEqual(self.control("GET", "/rules")[0]["hits"], 1)

    def test_status_is_not_forwarded(self):
        self.rule(do="status", status=429)
        status, headers, _ = self.ask()
        self.assertEqual((status, headers["Retry-After"]), (429, "1"))
        self.assertEqual(Upstream.seen, [])

    def test_hang_never_delivers(self):
        self.rule(do="hang")
        with self.assertRaises(TimeoutError):
            self.ask(timeout=0.3)
        self.assertEqual(Upstream.seen, [])

    def test_deliver_hang_delivers(self):
        self.rule(do="deliver-hang")
        with self.assertRaises(TimeoutError):
            self.ask(timeout=0.5)
        self.assertEqual(len(Upstream.seen), 1)

    def test_reset_before_and_after_delivery(self):
        self.rule(do="reset")
        self.rule(do="deliver-reset")
        for delivered in (0, 1):
            with self.assertRaises(ConnectionResetError):
                self.ask()
            self.assertEqual(len(Upstream.seen), delivered)

    def test_truncated_answer(self):
        self.rule(do="deliver-truncate", bytes=5)
        with self.assertRaises(http.client.IncompleteRead) as caught:
            self.ask()
        self.assertEqual(len(caught.exception.partial), 5)

    def test_forged_answers_after_delivery(self):
        self.rule(do="deliver-status", status=504)
        self.rule(do="deliver-body", answer={"odd": True})
        self.assertEqual(self.ask()[0], 504)
        self.assertEqual(json.loads(self.ask()[2]), {"odd": True})
        self.assertEqual(len(Upstream.seen), 2)

    def test_hold_until_released(self):
        self.rule(do="hold")
        answers = []
        thread = threading.Thread(target=lambda: answers.append(self.ask()[0]))
        thread.start()
        while not self.control("GET", "/held"):
            time.sleep(0.01)
        self.assertEqual(Upstream.seen, [])
        self.control("POST", "/release")
        thread.join(5)
        self.assertEqual(answers, [200])

    def test_what_a_dead_client_sent_arrives(self):
        program = ("import urllib.request as u, sys; "
                   "u.urlopen(u.Request(sys.argv[1], data=b'last words'))")
        flag = os.path.join(self.folder.name, "pid")
        self.rule(run={"before_forward": {"signal": "KILL", "pidfile": flag}})
        gate = self.known["services"]["identity"] + "/will"
        child = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.readline(); "
                                  + program, gate], stdin=subprocess.PIPE)
        with open(flag, "w", encoding="ascii") as out:
            out.write(str(child.pid))
        child.communicate(b"go\n")
        self.assertEqual(child.returncode, -signal.SIGKILL)
        deadline = time.monotonic() + 5
        while not Upstream.seen and time.monotonic() < deadline:
            time.sleep(0.02)
        self.assertEqual(Upstream.seen, [("POST", "/v3/will", "last words")])

    def test_commands_run_at_their_instants(self):
        trace = os.path.join(self.folder.name, "trace")
        self.rule(run={instant: ["/bin/sh", "-c", f"echo {instant} $FAULT_METHOD >> {trace}"]
                       for instant in ("before_forward", "after_forward", "before_answer")})
        self.assertEqual(self.ask()[0], 200)
        with open(trace, encoding="ascii") as text:
            self.assertEqual(text.read().split("\n")[:3], [
                "before_forward POST", "after_forward POST", "before_answer POST"])

    def test_bad_rules_are_refused(self):
        for said in ({"do": "explode"}, {"colour": 1}, [1], {"run": {"never": []}},
                     {"path": "("}):
            self.assertIn("error", self.control("POST", "/rules", said))
        self.assertEqual(self.control("GET", "/rules"), [])


if __name__ == "__main__":
    unittest.main()
