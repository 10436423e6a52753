"""Starts and stops the servers of one state folder; see ../up for what it is.

A first start prepares the databases (schema, users, catalogue, flavors, zones), stops,
and keeps the files in a cache keyed by the packages' versions and by these scripts.
Every start then begins from such files, so what the tests use is always the same path.
"""
import concurrent.futures
import fcntl
import hashlib
import json
import os
import secrets
import shutil
import signal
import sys
import tarfile
import time

import config
import seed
import services
from daemons import Daemons, Failure, run, say
from rest import Refused, Service, login

SINCE = time.monotonic()
HERE = os.path.dirname(os.path.abspath(__file__))


def free_port_block(count=10):
    """First of `count` unused ports below the range from which clients get theirs."""
    for _ in range(200):
        base = 10000 + secrets.randbelow(2000) * count
        if not any(services.listening(base + i) for i in range(count)):
            return base
    raise Failure("no free block of ports on 127.0.0.1")


def private_write(path, text):
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w",
              encoding="utf-8") as out:
        out.write(text)


def remembered(path, make):
    """The JSON value kept in a file, made on first use."""
    if not os.path.exists(path):
        private_write(path, json.dumps(make()))
    with open(path, encoding="utf-8") as text:
        return json.load(text)


def new_secrets():
    return {name: secrets.token_hex(16)
            for name in ("database", "amqp", "admin", "service", "tester", "vlan", "other")}


def cache_file(everything):
    """Where the prepared databases are kept, or None if no cache is wanted."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.environ.get("CLOISON_OPENSTACK_CACHE", home + "/cloison/openstack")
    if not folder:
        return None
    digest = hashlib.sha256(os.environ.get("CLOISON_OPENSTACK_VERSIONS", "").encode())
    for name in ("config.py", "seed.py", "services.py"):
        with open(os.path.join(HERE, name), "rb") as source:
            digest.update(source.read())
    return os.path.join(folder, f"{'all' if everything else 'network'}-"
                                f"{digest.hexdigest()[:20]}.tar")


def make_layout(state):
    """Folder, ports, secrets; of a folder used before, the same ports and secrets."""
    everything = os.environ.get("CLOISON_OPENSTACK_SERVICES", "all") == "all"
    if len(state) > 80:
        raise Failure(f"{state}: longer than 80 characters, too long for a socket's path")
    for folder in ("conf", "data", "home", "lock", "log", "tmp"):
        os.makedirs(os.path.join(state, folder), mode=0o700, exist_ok=True)
    settings = remembered(os.path.join(state, "settings.json"), lambda: {
        "everything": everything,
        "port": int(os.environ.get("CLOISON_OPENSTACK_PORT") or free_port_block())})
    if settings["everything"] != everything:
        raise Failure(f"{state} was made with another CLOISON_OPENSTACK_SERVICES")
    cache = cache_file(everything)
    if cache and os.path.exists(cache) and not os.path.exists(state + "/data/ready"):
        with tarfile.open(cache) as archive:
            archive.extractall(state)
        say(SINCE, "databases from " + cache)
    return config.Layout(state, settings["port"],
                         remembered(os.path.join(state, "secrets.json"), new_secrets),
                         everything, int(os.environ.get("CLOISON_OPENSTACK_TOKEN_TTL", 86400)))


def migrate(layout, env):
    """Creates and fills the schemas, two services at a time."""
    statements = [f"CREATE USER openstack@'127.0.0.1' IDENTIFIED BY "
                  f"'{layout.secret['database']}';",
                  "GRANT ALL ON *.* TO openstack@'127.0.0.1';"]
    statements += [f"CREATE DATABASE {name} CHARACTER SET utf8;"
                   for name in services.databases(layout)]
    services.sql(layout, "\n".join(statements))

    def one(name, commands):
        for command in commands:
            run(command, env, layout.path("log", f"migrate-{name}.out"))
        return name
    with concurrent.futures.ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(one, *item) for item in services.migrations(layout).items()]
        for job in concurrent.futures.as_completed(jobs):
            say(SINCE, "schema of " + job.result())


def prepare(layout, daemons, env):
    """From nothing to complete databases, with all servers stopped again."""
    for folder in ("mysql", "keystone"):  # what an interrupted attempt left
        shutil.rmtree(layout.path("data", folder), ignore_errors=True)
    if layout.everything:
        services.start_rabbitmq(layout, daemons)
    services.install_mariadb(layout, env)
    services.start_mariadb(layout, daemons)
    migrate(layout, env)
    seed.write_keys(layout)
    seed.bootstrap(layout, env)
    services.start_keystone(layout, daemons)
    daemons.wait("keystone", 60, lambda: Service(layout.keystone, None).answers("/"))
    seed.identity(layout)
    layout.secret["credential"] = seed.application_credential(layout)
    private_write(layout.path("secrets.json"), json.dumps(layout.secret))
    start_servers(layout, daemons)
    token = admin_token(layout)
    wait_network(layout, daemons, token)
    seed.outer_network(layout, token)
    if layout.everything:
        wait_compute_api(layout, daemons, token)
        wait_computes(layout, daemons)
        run([*services.nova_manage(layout), "cell_v2", "discover_hosts"], env,
            layout.path("log", "discover-hosts.out"))
        seed.flavors_and_images(layout, token)
        seed.zones(layout, token)
    say(SINCE, "databases prepared")
    daemons.stop()
    private_write(layout.path("data", "ready"), "")
    keep(layout)


def keep(layout):
    """Stores the prepared files; older packages' ones of the same service set go."""
    cache = cache_file(layout.everything)
    if not cache:
        return
    folder = os.path.dirname(cache)
    os.makedirs(folder, mode=0o700, exist_ok=True)
    partial = f"{cache}.{os.getpid()}"
    with tarfile.open(partial, "w") as archive:
        for name in ("secrets.json", "data/ready", "data/keystone", "data/mysql",
                     "data/glance"):
            if os.path.exists(layout.path(name)):
                archive.add(layout.path(name), arcname=name)
    os.replace(partial, cache)
    prefix = os.path.basename(cache).partition("-")[0] + "-"
    for name in os.listdir(folder):
        if name.startswith(prefix) and name.endswith(".tar") and name != os.path.basename(cache):
            os.unlink(os.path.join(folder, name))


def start_servers(layout, daemons):
    """Everything behind Keystone; Nova's parts need it and the queue as they begin."""
    services.start_neutron(layout, daemons)
    if layout.everything:
        services.start_placement(layout, daemons)
        services.start_glance(layout, daemons)
        daemons.wait("rabbitmq", 90, lambda: services.listening(layout.port["amqp"]))
        for part in ("api", "conductor", "scheduler"):
            services.start_nova(layout, daemons, part)
        services.start_computes(layout, daemons)


def admin_token(layout):
    return login(layout.keystone, "admin", layout.secret["admin"], "admin")


def wait_network(layout, daemons, token):
    neutron = Service(layout.url("neutron", "/v2.0"), token)
    daemons.wait("neutron", 120, lambda: neutron.answers("/networks?limit=1"))
    say(SINCE, "neutron answers")


def wait_compute_api(layout, daemons, token):
    for name, daemon, path in (("placement", "placement", "/resource_providers"),
                               ("glance", "glance", "/v2/images"),
                               ("nova", "nova-api", "/v2.1/flavors")):
        service = Service(layout.url(name), token)
        daemons.wait(daemon, 120, lambda: service.answers(path))
    say(SINCE, "nova, placement and glance answer")


def wait_computes(layout, daemons):
    """All three computes registered and reported within the last ten seconds."""
    fresh = ("select count(*) from nova.services where `binary` = 'nova-compute' and "
             "deleted = 0 and last_seen_up > utc_timestamp() - interval 10 second")
    nodes = "select count(*) from nova.compute_nodes where deleted = 0"
    count = str(len(config.ZONES))

    def ready():
        return services.sql(layout, fresh).strip() == count == services.sql(layout, nodes).strip()
    daemons.wait("compute-" + config.ZONES[-1], 120, ready)
    say(SINCE, "three computes report")


def correct_catalogue(layout):
    """The databases may come from a run with other ports."""
    statements = [
        "UPDATE keystone.endpoint e JOIN keystone.service s ON e.service_id = s.id "
        f"SET e.url = '{url}' WHERE s.type = '{kind}';"
        for kind, (_, url) in seed.endpoints(layout).items()]
    services.sql(layout, "\n".join(statements))


def serve(layout, daemons):
    if layout.everything:
        services.start_rabbitmq(layout, daemons)
    services.start_mariadb(layout, daemons)
    correct_catalogue(layout)
    services.start_keystone(layout, daemons)
    daemons.wait("keystone", 60, lambda: Service(layout.keystone, None).answers("/"))
    say(SINCE, "keystone answers")
    start_servers(layout, daemons)
    token = admin_token(layout)
    wait_network(layout, daemons, token)
    if layout.everything:
        wait_compute_api(layout, daemons, token)
        wait_computes(layout, daemons)


def hand_over(layout):
    """env (user tester) and clouds.yaml, both 0600."""
    secret = layout.secret
    private_write(layout.path("env"), "".join(
        f"export OS_{key}={value}\n" for key, value in {
            "AUTH_URL": layout.keystone, "IDENTITY_API_VERSION": "3",
            "REGION_NAME": config.REGION, "INTERFACE": "public",
            "USERNAME": "tester", "PASSWORD": secret["tester"],
            "PROJECT_NAME": seed.PROJECT,
            "USER_DOMAIN_NAME": "Default", "PROJECT_DOMAIN_NAME": "Default"}.items()))

    def password(user, project):
        return {"auth": {"auth_url": layout.keystone, "username": user,
                         "password": secret[user], "project_name": project,
                         "user_domain_id": "default", "project_domain_id": "default"}}
    clouds = {"tester": password("tester", seed.PROJECT),
              "tester-vlan": password("vlan", seed.PROJECT),
              "admin": password("admin", "admin"),
              "admin-cloison": password("admin", seed.PROJECT),
              "other": password("other", "other"),
              "tester-appcred": {
                  "auth_type": "v3applicationcredential",
                  "auth": {"auth_url": layout.keystone,
                           "application_credential_id": secret["credential"]["id"],
                           "application_credential_secret": secret["credential"]["secret"]}}}
    lines = ["clouds:"]
    for name, cloud in clouds.items():
        lines.append(f"  {name}:")
        if "auth_type" in cloud:
            lines.append(f"    auth_type: {cloud['auth_type']}")
        lines.append("    auth:")
        lines += [f'      {key}: "{value}"' for key, value in cloud["auth"].items()]
        lines += [f"    region_name: {config.REGION}", "    interface: public",
                  "    identity_api_version: 3"]
    private_write(layout.path("clouds.yaml"), "\n".join(lines) + "\n")
    # The same for programs that read no YAML, and where each service listens.
    private_write(layout.path("clouds.json"), json.dumps({
        "clouds": clouds, "region": config.REGION,
        "endpoints": {kind: url for kind, (_, url) in seed.endpoints(layout).items()},
    }, indent=1, sort_keys=True) + "\n")


def check_ports(layout, daemons):
    """Another program on one of our ports would look like a server that never answers."""
    owner = {"nova": "nova-api", "amqp": "rabbitmq", "distribution": "rabbitmq"}
    for name, port in layout.port.items():
        if services.listening(port) and not daemons.alive(owner.get(name, name)):
            raise Failure(f"port {port}, of {name} in {layout.state}, is in use by another "
                          "program; stop it, or take a new folder")


def interrupted(number, frame):
    raise Failure(f"interrupted by signal {number}")


def up(state):
    os.makedirs(state, mode=0o700, exist_ok=True)
    with open(os.path.join(state, "running.lock"), "w", encoding="ascii") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise Failure(f"another up or down works on {state}") from None
        layout = make_layout(state)
        env = services.environment(layout)
        daemons = Daemons(state, env)
        signal.signal(signal.SIGTERM, interrupted)
        check_ports(layout, daemons)
        try:
            config.write_all(layout)
            if not os.path.exists(layout.path("data", "ready")):
                prepare(layout, daemons, env)
            serve(layout, daemons)
            hand_over(layout)
        except BaseException:
            daemons.stop()
            raise
    say(SINCE, f"ready: . {state}/env, or OS_CLIENT_CONFIG_FILE={state}/clouds.yaml")


def down(state):
    with open(os.path.join(state, "running.lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        killed = Daemons(state, {}).stop()
    if killed:
        say(SINCE, f"had to kill {len(killed)} processes")


def main():
    os.umask(0o077)
    try:
        {"up": up, "down": down}[sys.argv[1]](os.path.abspath(sys.argv[2]))
    except (Failure, Refused, OSError) as error:
        print(f"openstack: {error}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
