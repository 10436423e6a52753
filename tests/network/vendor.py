"""A far end that is not ours: a host of the lab with its own strongSwan, configured by hand as a vendor would, and a machine
behind it."""
import ipaddress
import subprocess

import hosts
import reference  # also finds the lab's own modules
import report
from lab import Lab

NETWORK, ROUTER = "198.51.100.16/28", "198.51.100.17/28"

SETTINGS = """charon {
  plugins {
    forecast {
      load = no
    }
  }
}
"""

CONNECTION = """connections {{
  {name} {{
    version = 2
    local_addrs = {own}
    remote_addrs = {peer}
    proposals = aes256gcm16-prfsha384-ecp384
    mobike = no
    local {{
      auth = psk
      id = {own}
    }}
    remote {{
      auth = psk
      id = {peer}
    }}
    children {{
      {name} {{
        local_ts = {network}
        remote_ts = {there}
        esp_proposals = aes256gcm16-ecp384
      }}
    }}
  }}
}}
secrets {{
  ike-{name} {{
    id-1 = {own}
    id-2 = {peer}
    secret = "{key}"
  }}
}}
"""


def build(ref, topo):
    """Its strongSwan, and the address of its machine."""
    lab, there = Lab.current(ref.lab), hosts.Hosts(ref)
    inventory = {host["name"]: host for host in ref.inventory()["hosts"]}
    nodes = [node for node in topo.nodes if node.network == "central"]
    prefixes = ipaddress.collapse_addresses(net for segment in nodes[0].segments for net in segment.nets if net.version == 4)
    there_too = ",".join(map(str, prefixes))
    text = "".join(CONNECTION.format(name=f"customer-{number}", own=reference.outer(inventory[reference.VENDOR]), peer=node.outer["fibre"],
                                     network=NETWORK, there=there_too, key=ref.vendor_key()) for number, node in enumerate(nodes, 1))
    load = next(load for load in lab.network.workloads.values() if load.name == "vendor-support")
    with lab.layout.lock("cables"):
        wanted = (False, [f"{reference.SUPPORT}/28"], [ROUTER.partition("/")[0]])
        if lab.workloads.wanted(load) != wanted:
            lab.workloads.order(load, *wanted)
    report.hand_over(lab)
    put(there, "/etc/strongswan.d/50-vendor.conf", SETTINGS)
    put(there, "/etc/swanctl/conf.d/customer.conf", text)
    there.shell(reference.VENDOR, f"""
ip address replace {ROUTER} dev port1
ip link set port1 up
sysctl -qw net.ipv4.ip_forward=1
ethtool -K port1 tx off >/dev/null 2>&1 || true
systemctl restart strongswan""")


def put(there, path, text):
    """Also secrets: only by standard input."""
    entered = there.lab.machines.enter(there.lab.network.host(reference.VENDOR), ["sh", "-c", 'umask 077; cat >"$0"', path])
    subprocess.run(entered, input=text, text=True, check=True)
