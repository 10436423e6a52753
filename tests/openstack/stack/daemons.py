"""Daemons of one state folder: started, waited for, and stopped without mistaking
another process for one of ours.

A daemon leads its own session. Its line in STATE_DIR/pids holds name, pid and the
start time (clock ticks since boot, field 22 of /proc/PID/stat), so that a reused
pid is never signalled.
"""
import os
import signal
import subprocess
import sys
import time

# Stopped last and in this order: the others are their clients.
LATE = ("rabbitmq", "epmd", "mariadb")


class Failure(Exception):
    """A daemon or a set-up step failed; the message is for the person at the terminal."""


def process_stat(pid):
    """Fields of /proc/PID/stat after the name: state first, session 4th; None if gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            return stat.read().rpartition(")")[2].split()
    except OSError:
        return None


def start_time(pid):
    """The process's start time in clock ticks, or None if it is gone or a zombie."""
    stat = process_stat(pid)
    return None if stat is None or stat[0] in "ZX" else int(stat[19])


def session_members(session):
    """Living processes of a session, as (pid, start time)."""
    found = []
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            stat = process_stat(entry)
            if stat and stat[0] not in "ZX" and int(stat[3]) == session:
                found.append((int(entry), int(stat[19])))
    return found


class Daemons:
    def __init__(self, state, environment):
        self.state = state
        self.environment = environment
        self.path = os.path.join(state, "pids")
        self.children = {}

    def recorded(self):
        """name -> (pid, start time) of what was started, in that order."""
        entries = {}
        if os.path.exists(self.path):
            with open(self.path, encoding="ascii") as lines:
                for line in lines:
                    name, pid, started = line.split()
                    entries[name] = (int(pid), int(started))
        return entries

    def log(self, name):
        return os.path.join(self.state, "log", name + ".out")

    def alive(self, name):
        child = self.children.get(name)
        if child is not None and child.poll() is not None:
            return False
        pid, started = self.recorded().get(name, (0, 0))
        return pid != 0 and start_time(pid) == started

    def start(self, name, argv, **extra):
        """Starts a daemon that is not running yet; extra: environment variables."""
        if self.alive(name):
            return
        with open(self.log(name), "ab") as out:
            child = subprocess.Popen(
                argv, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
                cwd=os.path.join(self.state, "tmp"), start_new_session=True,
                env={**self.environment, **extra})
        self.children[name] = child
        with open(self.path, "a", encoding="ascii") as pids:
            pids.write(f"{name} {child.pid} {start_time(child.pid) or 0}\n")

    def wait(self, name, seconds, ready):
        """Polls ready() until it is true, the daemon ends, or the time is over."""
        deadline = time.monotonic() + seconds
        while True:
            if ready():
                return
            if not self.alive(name):
                raise Failure(f"{name} ended; logs: {self.state}/log\n{self.tail(name)}")
            if time.monotonic() > deadline:
                raise Failure(f"{name} did not answer in {seconds} s; logs: "
                              f"{self.state}/log\n{self.tail(name)}")
            time.sleep(0.15)

    def tail(self, name, lines=15):
        """Ends of what the daemon printed and of the log it keeps itself."""
        text = ""
        for suffix in (".out", ".log"):
            path = os.path.join(self.state, "log", name + suffix)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as log:
                    text += f"--- {path}\n" + "".join(log.readlines()[-lines:])
        return text

    def members(self, pid, started):
        """What is left of a daemon: its session, if the leader's pid was not reused."""
        now = start_time(pid)
        if now is not None and now != started:
            return []
        return [p for p, begun in session_members(pid) if begun >= started]

    def stop(self):
        """Stops everything recorded and returns the names of what had to be killed."""
        entries = self.recorded()
        early = [name for name in entries if name not in LATE]
        stubborn = self.stop_together([entries[name] for name in early])
        for name in LATE:
            if name in entries:
                stubborn += self.stop_together([entries[name]])
        if os.path.exists(self.path):
            os.unlink(self.path)
        self.children.clear()
        return stubborn

    def stop_together(self, entries):
        """TERM to the leaders, then to their sessions, then KILL: 8, 4 and 4 seconds."""
        for pid, started in entries:
            if start_time(pid) == started:
                signal_process(pid, signal.SIGTERM)
        killed = []
        for wanted, seconds in ((None, 8), (signal.SIGTERM, 4), (signal.SIGKILL, 4)):
            left = self.remaining(entries)
            if wanted is not None:
                for member in left:
                    signal_process(member, wanted)
                killed = left if wanted == signal.SIGKILL else killed
            deadline = time.monotonic() + seconds
            while left and time.monotonic() < deadline:
                time.sleep(0.1)
                left = self.remaining(entries)
            if not left:
                break
        return killed

    def remaining(self, entries):
        for child in self.children.values():
            child.poll()
        return [p for pid, started in entries for p in self.members(pid, started)]


def signal_process(pid, number):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def run(argv, environment, log):
    """Runs a set-up command to its end; its output is in the log file."""
    with open(log, "ab") as out:
        status = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL,
                                stdout=out, stderr=out, check=False).returncode
    if status != 0:
        with open(log, encoding="utf-8", errors="replace") as text:
            lines = "".join(text.readlines()[-25:])
        raise Failure(f"{os.path.basename(argv[0])} ended with {status}, see {log}\n{lines}")


def say(since, text):
    print(f"openstack {time.monotonic() - since:6.1f}s  {text}", file=sys.stderr, flush=True)
