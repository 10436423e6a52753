"""Hosts boot again, by their own systemd: tunnels and sessions come back by themselves, and a plan has nothing to do.

The matrix after it is the stage `probe`: what passes, and that nothing else does, is asked of hosts that have booted.
"""
import hosts
import places


def prove(ref, everybody, say):
    there, topo = hosts.Hosts(ref), places.read(ref)
    names = there.names if everybody else [next(node.name for node in topo.nodes if node.key), "hub-1"]
    there.wait_for_tunnels()
    there.reboot(names)
    say(f"{len(names)} hosts boot again: {' '.join(names)}")
    took = there.wait_for_tunnels()
    say(f"all tunnels and sessions stand again, {took:.1f} s later")
    places.open_ways_in(ref, topo)  # a cable that was out has taken the provider's routes with it
    ref.cloison("plan", "--detailed-exitcode")
    print(f"{len(names)} hosts booted again: a plan has nothing to do", flush=True)
