"""Changes of manifests, by whose hands whatever: each takes a copy of all documents and alters one place. Whether that
alters what passes is not said here; semantics.py finds out."""
import copy
import ipaddress


def policies(documents):
    return [i for i, one in enumerate(documents) if one["kind"] == "NetworkPolicy"]


def places(documents):
    """(policy, direction, rule number, key of its peers) of each rule."""
    for i in policies(documents):
        for direction, key in (("ingress", "from"), ("egress", "to")):
            for number, rule in enumerate(documents[i]["spec"].get(direction) or []):
                yield i, direction, number, key, rule


def changed(documents, index, change):
    """Only the document that changes is a copy."""
    made = list(documents)
    made[index] = copy.deepcopy(documents[index])
    result = change(made[index])
    if result is False:
        del made[index]
    return made


def on_rule(documents, index, direction, number, change):
    def apply(document):
        rules = document["spec"][direction]
        if change(rules[number]) is False:
            del rules[number]
    return changed(documents, index, apply)


def of_peers(documents, index, direction, number, key, rule):
    def rule_change(change):
        return on_rule(documents, index, direction, number, change)
    for at, peer in enumerate(rule.get(key) or []):
        def drop(one, at=at):
            del one[key][at]
            return bool(one[key])  # without peers it would be for everybody
        yield "a peer dropped", rule_change(drop)
        if "ipBlock" in peer:
            net = ipaddress.ip_network(peer["ipBlock"]["cidr"])
            if net.prefixlen:
                wider = str(net.supernet())
                yield "a block widened", rule_change(lambda one, at=at, wider=wider: one[key][at]["ipBlock"].update(cidr=wider))
            if net.prefixlen < net.max_prefixlen and "except" not in peer["ipBlock"]:
                half, other = (str(part) for part in net.subnets())
                yield "a block halved", rule_change(lambda one, at=at, half=half: one[key][at]["ipBlock"].update(cidr=half))
                def both(one, at=at, half=half, other=other):
                    one[key][at:at + 1] = [{"ipBlock": {"cidr": half}}, {"ipBlock": {"cidr": other}}]
                yield "a block as two halves", rule_change(both)
                yield "an exception", rule_change(
                    lambda one, at=at, other=other: one[key][at]["ipBlock"].update({"except": [other]}))
            for number_of, _ in enumerate(peer["ipBlock"].get("except") or []):
                def include(one, at=at, number_of=number_of):
                    del one[key][at]["ipBlock"]["except"][number_of]
                yield "an exception dropped", rule_change(include)
        else:
            yield "every pod of a namespace", rule_change(lambda one, at=at: one[key][at].update(podSelector={}))
            yield "every namespace", rule_change(lambda one, at=at: one[key][at].update(namespaceSelector={}))
            yield "its own namespace", rule_change(lambda one, at=at: one[key][at].pop("namespaceSelector") and None)
            yield "fewer labels", rule_change(
                lambda one, at=at: one[key][at]["podSelector"]["matchLabels"].pop("app.kubernetes.io/name") and None)
            def by_expressions(one, at=at):
                labels = one[key][at]["podSelector"].pop("matchLabels")
                one[key][at]["podSelector"]["matchExpressions"] = [
                    {"key": name, "operator": "In", "values": [value, "nobody"]} for name, value in labels.items()]
            yield "labels as expressions", rule_change(by_expressions)
            def all_but(one, at=at):
                one[key][at]["podSelector"] = {"matchExpressions": [
                    {"key": "app.kubernetes.io/instance", "operator": "NotIn", "values": ["nobody"]}]}
            yield "everybody but nobody", rule_change(all_but)
    yield "a block more", rule_change(lambda one: one[key].append({"ipBlock": {"cidr": "192.0.2.77/32"}}))
    yield "a block of IPv6 more", rule_change(lambda one: one[key].append({"ipBlock": {"cidr": "2001:db8:77::/64"}}))
    yield "peers forgotten", rule_change(lambda one: one.pop(key) and None)


def of_ports(documents, index, direction, number, key, rule):
    def rule_change(change):
        return on_rule(documents, index, direction, number, change)
    for at, port in enumerate(rule.get("ports") or []):
        if "port" in port:
            last = port.get("endPort", port["port"])
            yield "a port widened", rule_change(lambda one, at=at, last=last: one["ports"][at].update(endPort=last + 1))
            yield "another port", rule_change(lambda one, at=at, port=port: one["ports"][at].update(
                port=port["port"] + 1, **({"endPort": max(last_of(port), port["port"] + 1)} if "endPort" in port else {})))
            yield "every port", rule_change(lambda one, at=at: (one["ports"][at].pop("port"), one["ports"][at].pop("endPort", 0)) and None)
            if last > port["port"]:
                def singles(one, at=at, port=port, last=last):
                    one["ports"][at:at + 1] = [{"protocol": port["protocol"], "port": p} for p in range(port["port"], last + 1)]
                yield "a range as single ports", rule_change(singles)
        other = "UDP" if port["protocol"] == "TCP" else "TCP"
        yield "another protocol", rule_change(lambda one, at=at, other=other: one["ports"][at].update(protocol=other))
        if port["protocol"] == "TCP":
            yield "TCP by default", rule_change(lambda one, at=at: one["ports"][at].pop("protocol") and None)
        def drop(one, at=at):
            del one["ports"][at]
            return bool(one["ports"])
        yield "a port dropped", rule_change(drop)
    if rule.get("ports"):
        yield "ports forgotten", rule_change(lambda one: one.pop("ports") and None)


def last_of(port):
    return port.get("endPort", port["port"])


def of_policy(documents, index):
    policy = documents[index]
    yield "a policy removed", changed(documents, index, lambda one: False)
    if policy["spec"]["podSelector"]:
        yield "a policy for every pod", changed(documents, index, lambda one: one["spec"].update(podSelector={}))
    yield "another namespace", changed(documents, index, lambda one: one["metadata"].update(namespace="another-namespace"))
    types = policy["spec"]["policyTypes"]
    other = ["Egress"] if types == ["Ingress"] else ["Ingress"]
    yield "the other direction", changed(documents, index, lambda one: one["spec"].update(policyTypes=other))
    yield "types left out", changed(documents, index, lambda one: one["spec"].pop("policyTypes") and None)
    yield "a rule for everybody", changed(documents, index, lambda one: one["spec"].update({types[0].lower(): [{}]}))
    yield "another name", changed(documents, index, lambda one: one["metadata"].update(name=one["metadata"]["name"] + "x"))
    def twice(documents):
        copied = copy.deepcopy(documents[index])
        copied["metadata"]["name"] += "-again"
        return documents + [copied]
    yield "a policy twice", twice(documents)


def of_deployment(documents, index):
    def labels(one):
        return one["spec"]["template"]["metadata"]["labels"]
    yield "another label of pods", changed(documents, index, lambda one: labels(one).update({"app.kubernetes.io/instance": "other"}))
    yield "a label more", changed(documents, index, lambda one: labels(one).update({"team": "one"}))


def all_of(documents):
    """(what, documents) of every change."""
    for index in policies(documents):
        yield from of_policy(documents, index)
    for place in places(documents):
        yield from of_peers(documents, *place)
        yield from of_ports(documents, *place)
    for index, one in enumerate(documents):
        if one["kind"] == "Deployment":
            yield from of_deployment(documents, index)
