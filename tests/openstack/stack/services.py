"""Command lines of the servers and of their database migrations."""
import os
import socket
import subprocess

from config import ZONES
from daemons import run

HERE = os.path.dirname(os.path.abspath(__file__))
ENTRY = ["/usr/bin/python3", "-B", os.path.join(HERE, "entry.py")]


def environment(layout):
    """A clean environment: nothing of the caller's OS_* variables or proxies."""
    return {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": layout.path("home"),
            "TMPDIR": layout.path("tmp"), "LC_ALL": "C.UTF-8", "no_proxy": "*",
            "PYTHONWARNINGS": "ignore", "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONPATH": os.path.join(os.path.dirname(HERE), "drivers")}


def listening(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0


def root_user():
    return ["--user=root"] if os.geteuid() == 0 else []


def sql(layout, statement):
    """Runs statements as the database's root over its socket; returns the rows' text."""
    return subprocess.run(
        ["mariadb", "--no-defaults", "--socket=" + layout.path("db.sock"), "-uroot", "-N"],
        input=statement, capture_output=True, text=True, check=True).stdout


def start_mariadb(layout, daemons):
    # eatmydata: thousands of CREATE TABLE would each wait for the disk.
    daemons.start("mariadb", ["/usr/sbin/mariadbd", "--defaults-file=" +
                              layout.path("conf", "my.cnf"), *root_user()],
                  LD_PRELOAD="libeatmydata.so.1")

    def ready():
        try:
            return sql(layout, "select 1") != ""
        except subprocess.CalledProcessError:
            return False
    daemons.wait("mariadb", 60, ready)


def install_mariadb(layout, env):
    run(["/usr/bin/mariadb-install-db", "--no-defaults", "--skip-test-db",
         "--auth-root-authentication-method=normal",
         "--datadir=" + layout.path("data", "mysql"), *root_user()],
        {**env, "LD_PRELOAD": "libeatmydata.so.1"}, layout.path("log", "mariadb-install.out"))


def start_rabbitmq(layout, daemons):
    """Starts the queue with a port mapper of its own; returns before it answers."""
    erlang = {"ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(layout.port["epmd"])}
    daemons.start("epmd", ["/usr/bin/epmd", "-address", "127.0.0.1",
                           "-port", str(layout.port["epmd"])])
    data = layout.path("data", "rabbitmq")
    os.makedirs(data, exist_ok=True)
    daemons.wait("epmd", 20, lambda: listening(layout.port["epmd"]))
    daemons.start(
        "rabbitmq", ["/usr/lib/rabbitmq/bin/rabbitmq-server"], **erlang,
        RABBITMQ_NODENAME="cloison@localhost",
        RABBITMQ_DIST_PORT=str(layout.port["distribution"]),
        RABBITMQ_CONFIG_FILE=layout.path("conf", "rabbitmq.conf"),
        RABBITMQ_CONF_ENV_FILE=layout.path("conf", "rabbitmq-env.conf"),
        RABBITMQ_ENABLED_PLUGINS_FILE=layout.path("conf", "rabbitmq-plugins"),
        RABBITMQ_MNESIA_BASE=data, RABBITMQ_GENERATED_CONFIG_DIR=data,
        RABBITMQ_PID_FILE=os.path.join(data, "pid"),
        RABBITMQ_FEATURE_FLAGS_FILE=os.path.join(data, "feature_flags"),
        RABBITMQ_LOG_BASE=layout.path("log"),
        RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}")


def start_wsgi(layout, daemons, name, processes, application, **extra):
    daemons.start(name, [
        "/usr/bin/uwsgi-core", "--plugins", "python3",
        "--http-socket", f"127.0.0.1:{layout.port[name]}", "--wsgi-file", application,
        "--processes", str(processes), "--threads", "4", "--enable-threads", "--master",
        "--lazy-apps", "--die-on-term", "--no-orphans", "--need-app",
        "--buffer-size", "65535", "--disable-logging",
        "--add-header", "Connection: close"], **extra)


def start_keystone(layout, daemons):
    start_wsgi(layout, daemons, "keystone", 2, "/usr/bin/keystone-wsgi-public",
               OS_KEYSTONE_CONFIG_FILES=layout.path("conf", "keystone.conf"))


def start_neutron(layout, daemons):
    daemons.start("neutron", [*ENTRY, "neutron.cmd.eventlet.server:main", "neutron-server",
                              "--config-file", layout.path("conf", "neutron.conf")])


def start_placement(layout, daemons):
    start_wsgi(layout, daemons, "placement", 1, "/usr/bin/placement-api",
               OS_PLACEMENT_CONFIG_DIR=layout.path("conf", "placement"))


def start_glance(layout, daemons):
    start_wsgi(layout, daemons, "glance", 1, os.path.join(HERE, "glance_wsgi.py"),
               OS_GLANCE_CONFIG_DIR=layout.path("conf", "glance"))


def start_nova(layout, daemons, part, name=None, *extra):
    name = name or "nova-" + part
    daemons.start(name, [*ENTRY, f"nova.cmd.{part}:main", "nova-" + part,
                         "--config-file", layout.path("conf", "nova.conf"),
                         "--log-file", layout.path("log", name + ".log"), *extra])


def start_computes(layout, daemons):
    for zone in ZONES:
        start_nova(layout, daemons, "compute", "compute-" + zone,
                   "--config-file", layout.path("conf", f"compute-{zone}.conf"))


def nova_manage(layout):
    return [*ENTRY, "nova.cmd.manage:main", "nova-manage",
            "--config-file", layout.path("conf", "nova.conf")]


def migrations(layout):
    """Service -> the commands that bring its empty database to the current schema."""
    conf = layout.path("conf")
    commands = {
        "neutron": [[*ENTRY, "neutron.db.migration.cli:main", "neutron-db-manage",
                     "--config-file", conf + "/neutron.conf", "upgrade", "heads"]],
        "keystone": [["/usr/bin/keystone-manage", "--config-file", conf + "/keystone.conf",
                      "db_sync"]],
    }
    if layout.everything:
        manage = nova_manage(layout)
        # Cells point at "the connection of nova.conf", so that they outlive other ports.
        server = "{scheme}://{username}:{password}@{hostname}:{port}/"
        commands["nova"] = [
            [*manage, "api_db", "sync"],
            [*manage, "cell_v2", "map_cell0", "--database_connection",
             server + "nova_cell0?{query}"],
            [*manage, "db", "sync"],
            [*manage, "cell_v2", "create_cell", "--name", "cell1", "--transport-url",
             server + "/", "--database_connection", server + "{path}?{query}"]]
        commands["placement"] = [["/usr/bin/placement-manage", "--config-file",
                                  conf + "/placement/placement.conf", "db", "sync"]]
        commands["glance"] = [[*ENTRY, "glance.cmd.manage:main", "glance-manage",
                               "--config-file", conf + "/glance/glance-api.conf", "db_sync"]]
    return commands


def databases(layout):
    names = ["keystone", "neutron"]
    return names + ["placement", "glance", "nova_api", "nova", "nova_cell0"] * layout.everything
