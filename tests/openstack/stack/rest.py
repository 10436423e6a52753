"""Just enough of an HTTP client to fill the servers and to ask whether they answer."""
import json
import urllib.error
import urllib.request

OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Refused(Exception):
    def __init__(self, status, text):
        super().__init__(f"{status} {text[:500]}")
        self.status = status


def call(method, url, body=None, token=None, raw=None, headers=None):
    """Returns (answer's JSON or None, answer's headers); raises Refused on an error status."""
    request = urllib.request.Request(url, method=method, headers=dict(headers or {}))
    if token:
        request.add_header("X-Auth-Token", token)
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    if raw is not None:
        request.data = raw
        request.add_header("Content-Type", "application/octet-stream")
    try:
        with OPENER.open(request, timeout=60) as answer:
            text = answer.read()
            return (json.loads(text) if text.strip() else None), answer.headers
    except urllib.error.HTTPError as error:
        raise Refused(error.code, error.read().decode("utf-8", "replace")) from None


def login(keystone, user, password, project):
    domain = {"id": "default"}
    _, headers = call("POST", keystone + "/auth/tokens", {"auth": {
        "identity": {"methods": ["password"], "password": {"user": {
            "name": user, "password": password, "domain": domain}}},
        "scope": {"project": {"name": project, "domain": domain}}}})
    return headers["X-Subject-Token"]


class Service:
    """One endpoint with a token."""

    def __init__(self, url, token):
        self.url = url
        self.token = token

    def get(self, path):
        return call("GET", self.url + path, token=self.token)[0]

    def post(self, path, body):
        return call("POST", self.url + path, body, self.token)[0]

    def put(self, path, body=None, raw=None):
        return call("PUT", self.url + path, body, self.token, raw)[0]

    def answers(self, path):
        try:
            self.get(path)
            return True
        except (Refused, OSError, ValueError):
            return False
