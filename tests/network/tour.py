"""A few connections that show what the reference network is about, for somebody who looks at it for the first time."""
import places
import reference


def stops(ref):
    """(who asks, whom, at which address, how, why it passes or nothing)."""
    topo = places.read(ref)
    portal = next(machine.addresses[0] for machine in topo.machines if machine.path == "cloud.production.app.portal-1")
    edge = next(target.asked for target in places.Places(ref, topo).targets
                if target.kind == "floating" and target.name == "cloud.production.dmz.edge-1")
    first, second = "lyon-01-analyser", "lyon-02-analyser"
    return [(first, "the portal in the cloud", portal, "tcp/443", "F-010, through the SD-WAN"),
            (first, "the portal in the cloud", portal, "tcp/22", ""),
            (first, "its own database", "lyon-01-db", "tcp/5432", "F-012"),
            (first, "another laboratory", second, "tcp/443", ""),
            (second, "another laboratory's database", "lyon-01-db", "tcp/5432", ""),
            ("passer-by", "the reverse proxy, from the Internet", edge, "tcp/443", "F-001"),
            ("passer-by", "the portal, from the Internet", portal, "tcp/443", "")]


def prove(ref, say):
    wrong = 0
    for source, what, address, how, why in stops(ref):
        done = ref.call(f"{reference.SOURCE}/tests/lab/run", "ping", source, address, how, check=False)
        passes = done.returncode == 0
        wrong += passes != bool(why)
        print(f"  {'passes ' if passes else 'refused'}  {source:<17} -> {what:<36} {how:<9}{why if passes else ''}", flush=True)
    if wrong:
        say(f"{wrong} of these are not as the topology says")
    return not wrong
