"""Clients that write down what they ask and what the servers answer."""
import http.client
import json
import os
import time
import urllib.parse

from .normal import Normaliser

HEADERS = ("Content-Type", "Location", "WWW-Authenticate", "Retry-After", "Vary",
           "OpenStack-API-Version", "X-Subject-Token")


class Answer:
    def __init__(self, status, headers, text):
        self.status = status
        self.headers = headers
        self.text = text
        try:
            self.body = json.loads(text) if text else None
        except ValueError:
            self.body = text

    def id(self):
        """Id of the one object that the answer shows."""
        if self.status >= 300:
            raise RuntimeError(f"{self.status} {self.text}")
        return next(iter(self.body.values()))["id"]

    def ids(self):
        if self.status >= 300:
            raise RuntimeError(f"{self.status} {self.text}")
        return [item["id"] for item in next(iter(self.body.values()))]


class Client:
    """One login; `case` collects the exchanges, or is None while nothing is recorded."""

    def __init__(self, endpoints, token, who):
        self.endpoints = endpoints
        self.token = token
        self.who = who
        self.case = None

    def call(self, method, service, path, body=None, *, headers=None, record=True, token=None,
             raw=None):
        base = urllib.parse.urlsplit(self.endpoints[service])
        sent = dict(headers or {})
        content = raw if raw is not None else None if body is None else json.dumps(body)
        if content is not None:
            sent.setdefault("Content-Type", "application/json")
        token = self.token if token is None else token
        if token:
            sent["X-Auth-Token"] = token
        connection = http.client.HTTPConnection(base.hostname, base.port, timeout=120)
        try:
            connection.request(method, base.path + path, content, sent)
            got = connection.getresponse()
            answer = Answer(got.status, got.headers, got.read().decode())
        finally:
            connection.close()
        if self.case is not None:
            self.case.track(self, method, service, path, answer)
            if record:
                self.case.note(self.who, method, service, base.path + path,
                               body if raw is None else raw, headers or {}, answer)
        return answer

    def get(self, service, path, **more):
        return self.call("GET", service, path, **more)

    def post(self, service, path, body=None, **more):
        return self.call("POST", service, path, body, **more)

    def put(self, service, path, body=None, **more):
        return self.call("PUT", service, path, body, **more)

    def delete(self, service, path, **more):
        return self.call("DELETE", service, path, **more)

    def poll(self, service, path, ready, seconds=60):
        """Asks, unrecorded, until ready(answer); the number of questions is chance."""
        deadline = time.monotonic() + seconds
        while True:
            answer = self.get(service, path, record=False)
            if ready(answer):
                return answer
            if time.monotonic() > deadline:
                raise RuntimeError(f"{path}: not in {seconds} s; last {answer.text[:300]}")
            time.sleep(0.3)


class Case:
    def __init__(self, name, why, service_of_port):
        self.name = name
        self.why = why
        self.normal = Normaliser(service_of_port)
        self.exchanges = []
        self.made = []

    def note(self, who, method, service, path, body, headers, answer):
        listed = method == "GET"
        request = {"as": who, "method": method, "service": service,
                   "path": self.normal.text(path)}
        if headers:
            request["headers"] = {key: self.normal.text(value) for key, value in headers.items()}
        if body is not None:
            request["body"] = self.normal.value(body)
        shown = {key: "a-token" if key == "X-Subject-Token" else
                 self.normal.text(answer.headers[key])
                 for key in HEADERS if answer.headers.get(key)}
        response = {"status": answer.status, "headers": shown}
        if answer.text:
            response["body"] = self.normal.answer(answer.body, listed)
        self.exchanges.append({"request": request, "response": response})

    def track(self, client, method, service, path, answer):
        """Remembers what to delete when the case is over, last made first."""
        path = path.partition("?")[0]
        if method == "POST" and answer.status < 300 and isinstance(answer.body, dict):
            if path.endswith(("/action", "/auth/tokens", "/tags")):
                return
            for value in answer.body.values():
                for item in value if isinstance(value, list) else [value]:
                    if isinstance(item, dict) and "id" in item:
                        self.made.append((client, service, f"{path}/{item['id']}"))
        if method == "PUT" and answer.status < 300 and path.endswith("/add_router_interface"):
            self.made.append((client, service, (path.replace("add_", "remove_"),
                                                {"port_id": answer.body["port_id"]})))

    def clean(self):
        """Deletes in several rounds: what one object holds back, a later round takes."""
        left = self.made[::-1]
        for attempt in range(6):
            remaining = []
            for client, service, what in left:
                if isinstance(what, tuple):
                    # The router may have routes through this interface.
                    router = what[0].rpartition("/")[0]
                    client.put(service, router, {"router": {"routes": []}}, record=False)
                    status = client.put(service, *what, record=False).status
                else:
                    status = client.delete(service, what, record=False).status
                if status >= 400 and status not in (404, 405):
                    remaining.append((client, service, what))
                elif service == "compute" and status == 204:
                    client.poll(service, what, lambda answer: answer.status == 404)
            if not remaining:
                return []
            left = remaining
            time.sleep(0.2 * attempt)
        return [what for _, _, what in left]

    def write(self, folder):
        text = json.dumps({"case": self.name, "why": self.why, "exchanges": self.exchanges},
                          indent=1, ensure_ascii=False) + "\n"
        with open(os.path.join(folder, self.name + ".json"), "w", encoding="utf-8") as out:
            out.write(text)
