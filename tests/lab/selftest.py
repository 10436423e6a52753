"""What the lab promises, on the network `three`, with `hostile` beside it; `tests/suites/lab` runs it.

Each check prints a line; the last line says how many there were.
"""
import json
import os
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
MAIN, BESIDE = sys.argv[1], sys.argv[2]  # names of the two labs
BEGUN = time.monotonic()
counts = {"checks": 0, "failed": 0}


def check(what, holds, seen=""):
    counts["checks"] += 1
    counts["failed"] += not holds
    print(f"{'ok    ' if holds else 'FAILED'} {time.monotonic() - BEGUN:5.1f} s  {what}" + ("" if holds else f"\n{seen}"), flush=True)


def call(argv, lab=MAIN, text=None):
    done = subprocess.run(argv, input=text, stdin=subprocess.DEVNULL if text is None else None, capture_output=True,
                          text=True, check=False, env={**os.environ, "LAB": lab})
    return done.returncode, done.stdout + done.stderr


def lab(*arguments, name=MAIN):
    return call([os.path.join(HERE, "run"), *arguments], name)


def must(*arguments, name=MAIN):
    status, text = lab(*arguments, name=name)
    check("lab " + " ".join(arguments), status == 0, text)
    return text


def on(host, script):
    """What a script prints that the account cloison runs with sudo; its failure shows in the text."""
    _, text = lab("ssh", host, f"sudo sh -euc {quoted(script)} 2>&1 || echo status $?")
    return text.strip()


def quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def probes(*orders, name=MAIN):
    """Verdicts of many probes, in the order of the orders: (from, to, proto) or a whole order."""
    whole = [{**(order if isinstance(order, dict) else dict(zip(("from", "to", "proto"), order))), "n": n}
             for n, order in enumerate(orders)]
    _, text = call([os.path.join(HERE, "probe"), "batch"], name, "\n".join(json.dumps(order) for order in whole))
    answers = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
    return sorted((answer for answer in answers if "n" in answer), key=lambda answer: answer["n"])


def expect(what, answers, *verdicts):
    seen = [answer["verdict"] for answer in answers]
    others = [json.dumps(answer) for answer, verdict in zip(answers, verdicts) if answer["verdict"] != verdict]
    check(what, seen == list(verdicts), f"{len(answers)} answers to {len(verdicts)} probes; otherwise:\n" + "\n".join(others[:10]))


def inventory(name=MAIN):
    with open(f"{os.environ.get('CLOISON_LAB_STATE') or '/var/lib/cloison-lab'}/{name}/inventory.json", encoding="utf-8") as text:
        return json.load(text)


def until(seconds, holds):
    end = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > end:
            return False
        time.sleep(0.2)
    return True


def ways_in():
    """sshd, its key, the accounts."""
    here = inventory()
    hub = here["hosts"][0]
    check("three hosts are in the inventory", [host["name"] for host in here["hosts"]] == ["hub-1", "lab-1-node", "lab-2-node"])
    status, text = lab("ssh", "hub-1", "hostname; id -un")
    check("ssh with the pinned host key and the lab's key", (status, text) == (0, "hub-1\ncloison\n"), text)
    _, keys = call(["ip", "netns", "exec", here["control_namespace"], "ssh-keyscan", "-t", "ed25519", hub["address"]])
    _, seen = call(["ssh-keygen", "-lf", "-"], text="\n".join(line for line in keys.splitlines() if " ssh-" in line) + "\n")
    check("the inventory's fingerprint is the host's", hub["fingerprint"] in seen.split(), keys + seen)
    check("sudo without a password", on("hub-1", "id -un") == "root")
    status, text = call(["ip", "netns", "exec", here["control_namespace"], "ssh", "-i", here["key"], "-o", "BatchMode=yes", "-o",
                         f"UserKnownHostsFile={here['known_hosts']}", f"root@{hub['address']}", "true"])
    check("root does not log in", status == 255 and "Permission denied" in text, text)
    text = on("hub-1", "systemctl is-system-running; cat /proc/1/comm; systemctl --version | head -n 1 | cut -d' ' -f2")
    check("systemd 252 is the first process, and content", text.split() == ["running", "systemd", "252"], text)
    text = on("lab-1-node", "systemctl is-active openvswitch-switch frr strongswan keepalived haproxy nftables || true")
    check("no other daemon runs", text.split() == ["inactive"] * 6, text)
    text = on("lab-1-node", "for p in ovs-vsctl wg wireguard-go vtysh swanctl keepalived nft conntrack haproxy jq; do command -v $p; done")
    check("what a node's configuration may need is installed", len(text.splitlines()) == 10, text)


def given_addresses(host):
    text = on(host, "ip -o addr show scope global | awk '{print $2, $4}' | sort")
    entry = next(h for h in inventory()["hosts"] if h["name"] == host)
    wanted = [f"mgmt0 {entry['address']}/16"]
    wanted += [f"{u['interface']} {address}" for u in entry["underlays"].values() for address in u["addresses"]]
    links = on(host, "ls /sys/class/net | xargs")
    return text.splitlines() == sorted(wanted) and links == "lan0 lo mgmt0 port1 wan0 wwan0", text + "\n" + links


def underlays():
    check("interfaces are there, with the administrator's addresses only", *given_addresses("lab-1-node"))
    here = inventory()
    hosts = {host["name"]: host for host in here["hosts"]}
    fibre4, fibre6 = (address.partition("/")[0] for address in hosts["lab-1-node"]["underlays"]["fibre"]["addresses"])
    mobile = hosts["lab-1-node"]["underlays"]["mobile"]["addresses"][0].partition("/")[0]
    outside, carrier = here["internet"]["addresses"][0], here["providers"]["mobile"]["exchange"][0].partition("/")[0]
    expect("fibre reaches fibre, in both families, and the Internet reaches fibre",
           probes(("hub-1", fibre4, "icmp"), ("hub-1", fibre6, "icmp"), ("internet", fibre4, "tcp/22")), "open", "open", "open")
    expect("a host behind carrier NAT cannot be dialled", probes(("hub-1", mobile, "tcp/22"), ("internet", carrier, "tcp/22"),
           ("lab-2-node", mobile, "icmp")), "filtered", "closed", "filtered")
    expect("hosts do not reach each other over the management network, ctl reaches them",
           probes(("hub-1", hosts["lab-1-node"]["address"], "tcp/22"), ("ctl", hosts["lab-1-node"]["address"], "tcp/22")),
           "filtered", "open")
    answers = probes(("hub-1", outside, "tcp/443"), ("hub-1", outside, "udp/53"), ("hub-1", outside, "tcp/444"))
    expect("the Internet's services answer on their ports", answers, "open", "open", "closed")

    must("cut", "fibre", "lab-1-node")
    until(5, lambda: "dev wan0" not in on("lab-1-node", "ip -4 route show default"))
    answers = probes(("hub-1", fibre4, "icmp"), ("lab-1-node", outside, "tcp/443"), ("lab-2-node", outside, "tcp/443"))
    expect("without fibre a host goes out over mobile, another one stays on fibre", answers, "filtered", "open", "open")
    check("and is seen under the carrier's address", answers[1].get("answer", "").endswith(f"sees {carrier}"), str(answers[1]))
    must("heal")
    check("healed", until(5, lambda: probes(("hub-1", fibre4, "icmp"))[0]["verdict"] == "open"))
    must("cut", "--silent", "fibre", "lab-1-node")
    check("a silent cut leaves the carrier", "LOWER_UP" in on("lab-1-node", "ip -br link show wan0"))
    expect("and nothing passes", probes(("hub-1", fibre4, "icmp"), ("lab-1-node", outside, "tcp/443")), "filtered", "filtered")
    must("heal", "fibre", "lab-1-node")
    must("cut", "fibre")
    expect("when a whole provider fails, nobody on it is reached", probes(
        ("internet", fibre4, "icmp"), ("internet", hosts["hub-1"]["underlays"]["fibre"]["addresses"][0].partition("/")[0], "icmp")),
        "filtered", "filtered")
    must("heal")
    check("the provider is back", until(5, lambda: probes(("internet", fibre4, "icmp"))[0]["verdict"] == "open"))


TRUNK = """
systemctl enable --now openvswitch-switch 2>/dev/null
ovs-vsctl add-br trunk -- set bridge trunk datapath_type=netdev -- add-port trunk lan0 \
  -- add-port trunk vlan200 tag=200 -- set interface vlan200 type=internal \
  -- add-port trunk vlan300 tag=300 -- set interface vlan300 type=internal -- add-port trunk port1 tag=300
for v in 200 300; do
  printf '[Match]\\nName=vlan%s\\n[Network]\\nAddress=10.16.%s.1/24\\nDHCPServer=yes\\nIPForward=ipv4\\n' $v ${v%00} \
    >/etc/systemd/network/60-vlan$v.network
done
printf '[Match]\\nName=lan0 port1\\n[Network]\\nLinkLocalAddressing=no\\n' >/etc/systemd/network/60-ports.network
networkctl reload
"""


def workloads():
    text = on("lab-1-node", TRUNK)
    check("a trunk of Open vSwitch is made on a node", text == "", text)
    leases = {load["name"]: load["lease"] for load in inventory()["workloads"]}
    got = until(20, lambda: os.path.exists(leases["lab-1-analyser"]) and os.path.exists(leases["lab-1-tablet"]))
    check("workloads get addresses by DHCP, behind the switch and on the node's own port", got, lab("status")[1])
    check("and those of another site do not", not os.path.exists(leases["lab-2-analyser"]))
    for name, address in (("analyser", "10.16.2.20"), ("tablet", "10.16.3.20")):
        must("address", f"lab-1-{name}", f"{address}/24", "via", address[:-2] + "1")
    answers = probes(("lab-1-tablet", "10.16.2.20", "tcp/5432"), ("lab-1-tablet", "10.16.2.20", "udp/2000"),
                     ("lab-1-tablet", "10.16.2.20", "icmp"), ("lab-1-tablet", "10.16.2.21", "tcp/1"))
    expect("a workload answers on any port, through the node", answers[:3], "open", "open", "open")
    check("and says who it is and whom it sees", answers[0].get("answer") == "lab-1-analyser tcp/5432 sees 10.16.3.20", str(answers))
    check("an address that nobody has is not open", answers[3]["verdict"] != "open", str(answers[3]))
    on("lab-1-node", "nft -f - <<E\ntable inet t {\n chain f {\n type filter hook forward priority 0\n"
       "tcp dport 81 drop\ntcp dport 82 reject with icmpx admin-prohibited\nip saddr 10.99.0.0/16 udp dport 83 drop\n}\n}\nE")
    borrowed = {"from": "lab-1-tablet", "to": "10.16.2.20", "source": "10.99.0.9", "witness": "lab-1-analyser"}
    on("lab-1-node", "ip route add 10.99.0.0/16 dev vlan300 && sysctl -qw net.ipv4.conf.all.rp_filter=0")
    answers = probes(("lab-1-tablet", "10.16.2.20", "tcp/81"), ("lab-1-tablet", "10.16.2.20", "tcp/82"),
                     {**borrowed, "proto": "udp/83"}, {**borrowed, "proto": "udp/84"}, {**borrowed, "proto": "tcp/84"})
    expect("probes tell dropped from refused, also under a borrowed address",
           answers, "filtered", "closed", "filtered", "open", "open")
    many = probes(*[{"from": "lab-1-tablet", "to": "10.16.2.20", "proto": f"tcp/{1000 + n}", "timeout": 4} for n in range(500)])
    expect("five hundred probes at once", many, *["open"] * 500)


def power():
    on("lab-1-node", "echo kept >/etc/kept; ip link add stale type dummy 2>/dev/null || ip link add stale type bridge; "
       "ip addr add 203.0.113.200/32 dev wan0")
    boot = on("lab-1-node", "cat /proc/sys/kernel/random/boot_id")
    must("reboot", "lab-1-node")
    text = on("lab-1-node", "cat /etc/kept; ls -d /sys/class/net/stale; ip addr show wan0; nft list tables")
    check("a reboot keeps files, and nothing that was only in the kernel",
          text.startswith("kept") and "/sys/class/net/stale\n" not in text and "203.0.113.200" not in text and "table" not in text, text)
    check("it is a new boot", on("lab-1-node", "cat /proc/sys/kernel/random/boot_id") not in (boot, ""))
    check("what was configured to stay works again by itself",
          until(10, lambda: probes(("lab-1-tablet", "10.16.2.20", "tcp/443"))[0]["verdict"] == "open"), lab("status")[1])

    must("cut", "fibre", "lab-2-node")
    must("kill", "lab-2-node")
    here = inventory()["hosts"][2]
    expect("without power nothing answers", probes(("ctl", here["address"], "icmp"), ("ctl", here["address"], "tcp/22")),
           "filtered", "filtered")
    status, text = lab("status")
    check("and the status says so", status == 1 and "lab-2-node      off" in text and "2 of 3 hosts answer" in text, text)
    must("start", "lab-2-node")
    check("it boots with its own host key, and a cut cable is still cut",
          on("lab-2-node", "cat /sys/class/net/wan0/carrier || true") in ("0", "cat: /sys/class/net/wan0/carrier: Invalid argument"))
    must("heal")
    must("kill", "hub-1")
    must("up", "three")
    check("`up` again switches on what is off", lab("status")[0] == 0)
    _, text = call(["ip", "-n", f"{MAIN}-hub-1-port0", "link", "show", "master", "socket", "up"])
    check("and its wire is back in the socket that stayed", ": wire@" in text, text)


def beside():
    """A second lab, while the first is up."""
    must("up", "hostile", name=BESIDE)
    status, text = lab("ssh", "hostile-1", "sudo -n true", name=BESIDE)
    check("an account without sudo", status != 0 and "password is required" in text, text)
    bystander = next(load for load in inventory(BESIDE)["workloads"] if load["name"] == "bystander")
    address = bystander["addresses"][0].partition("/")[0]
    expect("a workload on an underlay, with some ports only", probes(
        ("hostile-1", address, "tcp/443"), ("hostile-1", address, "tcp/444"), ("internet", address, "udp/53"), name=BESIDE),
        "open", "closed", "open")
    must("down", name=BESIDE)
    check("the first lab is still there", lab("status")[0] == 0)


def nothing_left(limit, alone):
    must("down")
    _, text = call(["ip", "netns", "list"])
    check("no namespace is left", not any(line.startswith((MAIN + "-", BESIDE + "-")) for line in text.splitlines()), text)
    left = [path for path, _, _ in os.walk("/sys/fs/cgroup") if "/cloison-lab/" in path
            and {MAIN, BESIDE} & set(path.split("/"))]
    check("no control group, and so no process, is left", not left, str(left))
    base = os.environ.get("CLOISON_LAB_STATE") or "/var/lib/cloison-lab"
    check("no file is left", not any(os.path.exists(os.path.join(base, name)) for name in (MAIN, BESIDE)))
    with open("/proc/self/mounts", encoding="utf-8") as mounts:
        check("no mount is left", not any(f"{base}/{name}" in line for line in mounts for name in (MAIN, BESIDE)))
    if alone and not other_labs():
        check("the machine's limit of inotify instances is as before", inotify() == limit)


def other_labs():
    return [path for path, _, _ in os.walk("/sys/fs/cgroup") if os.path.basename(os.path.dirname(path)) == "cloison-lab"]


def inotify():
    with open("/proc/sys/fs/inotify/max_user_instances", encoding="ascii") as file:
        return file.read()


def main():
    limit, alone = inotify(), not other_labs()  # the limit is the machine's, and restored by the last lab
    must("up", "three")
    for part in (ways_in, underlays, workloads, power, beside):
        print(f"-- {part.__name__.replace('_', ' ')}", flush=True)
        part()
    nothing_left(limit, alone)
    if counts["failed"]:
        print(f"{counts['failed']} of {counts['checks']} checks failed")
    print(f"{counts['checks']} checks of hosts, cables and probes")
    sys.exit(1 if counts["failed"] else 0)


main()
