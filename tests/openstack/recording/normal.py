"""Turns what is different in every run into what is the same: ids, times, ports, MACs.

A normaliser is made per case, so that the numbers depend on nothing outside it.
"""
import json
import re

DROPPED = {"created_at", "updated_at", "created", "updated", "launched_at", "terminated_at",
           "issued_at", "audit_ids", "OS-SRV-USG:launched_at", "OS-SRV-USG:terminated_at",
           "OS-EXT-SRV-ATTR:root_device_name", "hostId", "password_expires_at", "etag"}
FIXED = {"password": "a-password", "secret": "a-secret", "adminPass": "a-password",
         "expires_at": "2030-01-01T00:00:00.000000Z", "standard_attr_id": 1}
PATTERN = re.compile(
    r"(?P<request>req-[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})"
    r"|(?P<id>[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
    r"|(?<![0-9a-f])[0-9a-f]{32}(?![0-9a-f]))"
    r"|(?P<mac>fa:16:3e(?::[0-9a-f]{2}){3})"
    r"|127\.0\.0\.1:(?P<port>\d+)"
    r"|(?P<outer4>198\.18\.\d+\.\d+)(?!/\d|\d)"
    r"|(?P<outer6>2001:db8:ff00:[0-9a-f:]+)(?!/)")
# Ids the recording itself makes up, and the outer network's own fixed addresses, stay.
KEPT = re.compile(r"^(0{8}-|f{8}-|198\.18\.0\.1$|198\.18\.0\.2$|198\.18\.255\.254$"
                  r"|2001:db8:ff00::1?$|2001:db8:ff00:0:ffff)")


class Normaliser:
    def __init__(self, service_of_port):
        self.service_of_port = service_of_port
        self.seen = {}
        self.count = {}

    def number(self, kind, value):
        if (kind, value) not in self.seen:
            self.count[kind] = self.count.get(kind, 0) + 1
            self.seen[kind, value] = self.count[kind]
        return self.seen[kind, value]

    def replacement(self, match):
        kind, value = match.lastgroup, match.group(match.lastgroup)
        if KEPT.match(value):
            return match.group(0)
        if kind == "port":
            return self.service_of_port.get(value, "127.0.0.1")
        number = self.number(kind, value)
        return {"request": "req-{}", "id": "id-{}", "mac": "fa:16:3e:00:00:{:02x}",
                "outer4": "198.18.1.{}", "outer6": "2001:db8:ff00::1:{:x}",
                }[kind].format(number)

    def text(self, text):
        # Which object stands first in a page is chance, where nothing sorts.
        text = re.sub(r"marker=[^&]*&page_reverse", "marker=first&page_reverse", text)
        return PATTERN.sub(self.replacement, text)

    def value(self, value, sort=frozenset(), sorting=False):
        """`sort`: the keys under which lists come in the order of random ids, or any order;
        from such a key on (`sorting`) every list is put in order."""
        if isinstance(value, dict):
            return {key: FIXED[key] if key in FIXED and isinstance(item, type(FIXED[key]))
                    else self.value(item, sort, sorting or key in sort)
                    for key, item in sorted(value.items()) if key not in DROPPED}
        if isinstance(value, list):
            items = sorted(value, key=without_ids) if sorting else value
            return [self.value(item, sort, sorting) for item in items]
        return self.text(value) if isinstance(value, str) else value

    def answer(self, body, listed):
        """An answer's body. A list that was asked for is sorted; one that answers a bulk
        creation keeps its order, which is the request's."""
        if isinstance(body, dict) and len(body) == 1:
            (key, value), = body.items()
            if isinstance(value, list):
                items = sorted(value, key=without_ids) if listed else value
                return {key: [self.value(item, UNORDERED) for item in items]}
        return self.value(body, UNORDERED, listed)


UNORDERED = {"security_group_rules", "fixed_ips", "catalog", "endpoints", "roles", "rules",
             "external_fixed_ips", "security_groups", "address_group_addresses"}


def without_ids(value):
    """A sort key in which everything that differs between runs is blank."""
    def blank(part):
        if isinstance(part, dict):
            return {key: blank(item) for key, item in part.items()
                    if key not in DROPPED and key not in FIXED}
        if isinstance(part, list):
            return sorted((blank(item) for item in part), key=json.dumps)
        return PATTERN.sub("", part) if isinstance(part, str) else part
    return json.dumps(blank(value), sort_keys=True)
