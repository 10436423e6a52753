"""Processes that a lab starts: each in the lab's control groups, remembered by number and by when it began.

The number of a process may be another's by the time one wants to end it, so nothing is signalled whose beginning is not
the one that was written down; and `down` asks the control groups who is in them, not the process table.
"""
import os
import signal
import subprocess
import time

from namespaces import Failure


def began(pid):
    """When a process began (clock ticks since the machine booted), or None if it is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as stat:
            fields = stat.read().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def recorded(path):
    """The living process that a file names, or None."""
    try:
        with open(path, encoding="ascii") as file:
            pid, start = (int(word) for word in file.read().split())
    except (FileNotFoundError, ValueError):
        return None
    return pid if began(pid) == start else None


def start(layout, name, argv, group="lab", output=None, environment=None):
    """Starts a daemon of the lab in a session of its own; its output is appended to a log."""
    folder = os.path.join(layout.cgroup, group)
    os.makedirs(folder, exist_ok=True)
    os.makedirs(layout.path("daemons"), exist_ok=True)
    with open(output or layout.path("daemons", name + ".log"), "ab") as log:
        child = subprocess.Popen(
            ["/bin/sh", "-c", 'echo 0 >"$1/cgroup.procs" && shift && exec "$@"', "sh", folder, *argv],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/",
            env={**os.environ, "LAB": layout.name, **(environment or {})})
    with open(layout.path("daemons", name), "w", encoding="ascii") as file:
        file.write(f"{child.pid} {began(child.pid) or 0}\n")
    return child


def running(layout, name):
    return recorded(layout.path("daemons", name))


def stop(layout, name, number=signal.SIGKILL):
    pid = running(layout, name)
    if pid:
        end(pid, number)
    if os.path.exists(layout.path("daemons", name)):
        os.unlink(layout.path("daemons", name))


def end(pid, number=signal.SIGKILL):
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        pass


def groups_below(folder):
    """Control groups, the innermost first."""
    return [path for path, _, _ in os.walk(folder, topdown=False)]


def end_group(folder, seconds=20):
    """Ends every process in a control group and below it, and removes it."""
    until = time.monotonic() + seconds
    while os.path.isdir(folder):
        for group in groups_below(folder):
            try:
                with open(os.path.join(group, "cgroup.procs"), encoding="ascii") as members:
                    for pid in members.read().split():
                        if pid != "0":
                            end(int(pid))
                os.rmdir(group)
            except FileNotFoundError:
                pass
            except OSError as error:  # busy: what was killed is not reaped yet
                if time.monotonic() > until:
                    raise Failure(f"{group}: {error.strerror}") from None
        time.sleep(0.02)
