"""Network policies once more, as the documentation of Kubernetes has them, by enumeration: addresses and ports fall into
pieces of which every policy at hand takes all or nothing, and each set of pods permits a set of those. Shares nothing
with the program, which the suite compares it with.
"""
import ipaddress

PROTOCOLS = ("TCP", "UDP", "SCTP")
NAME = "kubernetes.io/metadata.name"


def matches(selector, labels):
    for key, value in (selector.get("matchLabels") or {}).items():
        if labels.get(key) != value:
            return False
    for one in selector.get("matchExpressions") or []:
        there, values = one["key"] in labels, one.get("values") or []
        among = there and labels[one["key"]] in values
        if not {"In": among, "NotIn": not among, "Exists": there, "DoesNotExist": not there}[one["operator"]]:
            return False
    return True


class Pods:
    def __init__(self, space, name, labels):
        self.space, self.name, self.labels = space, name, labels


class Pieces:
    """Cuts of a line at all edges; a range is the numbers of its pieces."""

    def __init__(self, edges):
        self.starts = sorted(set(edges))
        self.number = {start: i for i, start in enumerate(self.starts)}

    def of(self, first, behind):
        return range(self.number[first], self.number[behind])


class World:
    """`documents`: all that may be asked about, so that the pieces are the same for each of them."""

    def __init__(self, documents):
        edges, ports = {4: {0, 2**32}, 6: {0, 2**128}}, {0, 65536}
        for policy in (one for one in documents if one["kind"] == "NetworkPolicy"):
            for rule, _ in rules(policy["spec"]):
                for peer in rule.get("from") or rule.get("to") or []:
                    block = peer.get("ipBlock")
                    for text in [block["cidr"], *(block.get("except") or [])] if block else []:
                        net = ipaddress.ip_network(text, strict=False)
                        edges[net.version] |= {int(net[0]), int(net[-1]) + 1}
                for port in rule.get("ports") or []:
                    if isinstance(port.get("port"), int):
                        ports |= {port["port"], port.get("endPort", port["port"]) + 1}
        self.addresses = {version: Pieces(cuts) for version, cuts in edges.items()}
        self.ports = Pieces(ports)

    def blocks(self, block):
        """Pieces of a block without its exceptions."""
        def pieces(text):
            net = ipaddress.ip_network(text, strict=False)
            return {(net.version, i) for i in self.addresses[net.version].of(int(net[0]), int(net[-1]) + 1)}
        taken = set().union(*(pieces(text) for text in block.get("except") or []))
        return pieces(block["cidr"]) - taken

    def services(self, ports):
        if not ports:
            return {(protocol, i) for protocol in PROTOCOLS for i in self.ports.of(0, 65536)}
        found = set()
        for port in ports:
            first = port.get("port", 0)
            behind = port.get("endPort", first) + 1 if "port" in port else 65536
            found |= {(port.get("protocol", "TCP"), i) for i in self.ports.of(first, behind)}
        return found

    def everybody(self, pods):
        blocks = {(version, i) for version, line in self.addresses.items() for i in range(len(line.starts) - 1)}
        return blocks | {(one.space, one.name) for one in pods}

    def permitted(self, documents):
        """By set of pods and direction: a set of (whom, service)."""
        pods, spaces = pods_of(documents)
        policies = [one for one in documents if one["kind"] == "NetworkPolicy"]
        found = {}
        for mine in pods:
            for direction in ("Ingress", "Egress"):
                isolated, permits = False, set()
                for policy in policies:
                    spec = policy["spec"]
                    if policy["metadata"].get("namespace", "default") != mine.space or not matches(spec["podSelector"], mine.labels):
                        continue
                    if direction not in types_of(spec):
                        continue
                    isolated = True
                    for rule in spec.get(direction.lower()) or []:
                        permits |= self.rule(rule, "from" if direction == "Ingress" else "to", mine, pods, spaces)
                if not isolated:
                    permits = {(whom, service) for whom in self.everybody(pods) for service in self.services(None)}
                found[mine.space, mine.name, direction] = permits
        return found

    def rule(self, rule, key, mine, pods, spaces):
        whom = set()
        for peer in rule.get(key) or []:
            if "ipBlock" in peer:
                whom |= self.blocks(peer["ipBlock"])
                continue
            for other in pods:
                there = matches(peer["namespaceSelector"], spaces[other.space]) if "namespaceSelector" in peer else other.space == mine.space
                if there and matches(peer.get("podSelector", {}), other.labels):
                    whom.add((other.space, other.name))
        if not rule.get(key):
            whom = self.everybody(pods)
        services = self.services(rule.get("ports"))
        return {(one, service) for one in whom for service in services}


def rules(spec):
    for direction in ("ingress", "egress"):
        for rule in spec.get(direction) or []:
            yield rule, direction


def types_of(spec):
    return spec.get("policyTypes") or (["Ingress", "Egress"] if spec.get("egress") else ["Ingress"])


def pods_of(documents):
    """Deployments, a pod without labels in each of their namespaces, one elsewhere; and the labels of namespaces."""
    pods, spaces = [], {}
    for one in documents:
        if one["kind"] == "Namespace":
            spaces[one["metadata"]["name"]] = dict(one["metadata"].get("labels") or {})
        if one["kind"] == "Deployment":
            about = one["metadata"]
            pods.append(Pods(about["namespace"], about["name"], one["spec"]["template"]["metadata"].get("labels") or {}))
    for space in sorted({one.space for one in pods}):
        pods.append(Pods(space, "any-other-pod", {}))
    pods.append(Pods("another-namespace", "any-pod", {}))
    for one in pods:
        spaces.setdefault(one.space, {})
    for name, labels in spaces.items():
        labels[NAME] = name
    return pods, spaces
