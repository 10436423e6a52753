"""Network namespaces from inside one process: entering them, their sysctls, their interfaces' offloads, batches of `ip`.

A thread that has entered a namespace makes its sockets there, and they stay there when it has left again: so one process
speaks from, and listens in, as many namespaces as it likes.
"""
import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import subprocess

FOLDER = "/run/netns"
CLONE_NEWNET = 0x40000000
SIOCETHTOOL = 0x8946
ETHTOOL_STXCSUM = 0x17
_libc = ctypes.CDLL(None, use_errno=True)


class Failure(Exception):
    """What went wrong, for the person at the terminal."""


def names():
    """Every named namespace of this machine."""
    try:
        return set(os.listdir(FOLDER))
    except FileNotFoundError:
        return set()


def _enter(descriptor):
    if _libc.setns(descriptor, CLONE_NEWNET) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


@contextlib.contextmanager
def inside(namespace):
    """The calling thread is in that namespace for as long as the block lasts."""
    with open("/proc/thread-self/ns/net", "rb") as before:
        try:
            with open(f"{FOLDER}/{namespace}", "rb") as target:
                _enter(target.fileno())
        except (FileNotFoundError, OSError) as error:
            raise Failure(f"no network namespace is called '{namespace}' ({error.strerror})") from None
        try:
            yield
        finally:
            _enter(before.fileno())


def run(*argv, text=None):
    """Runs a program to its end and returns what it printed; a failure shows what it complained of."""
    done = subprocess.run(argv, input=text, stdin=None if text is not None else subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Failure(f"{' '.join(argv)}: {(done.stderr or done.stdout).strip() or f'status {done.returncode}'}")
    return done.stdout


def batch(lines, namespace=None, force=False):
    """Many `ip` commands in one process. With `force`, those that fail are passed over."""
    lines = list(lines)
    if not lines:
        return
    where = ["-n", namespace] if namespace else []
    argv = ["ip", *where, *(["-force"] if force else []), "-batch", "-"]
    if force:
        subprocess.run(argv, input="\n".join(lines) + "\n", stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                       text=True, check=False)
    else:
        run(*argv, text="\n".join(lines) + "\n")


def firewall(namespace, rules):
    """Loads nftables rules, all or none of them."""
    run("ip", "netns", "exec", namespace, "nft", "-f", "-", text=rules)


def settings(namespace, values):
    """Writes sysctls below /proc/sys/net, which are those of the namespace that one is in."""
    with inside(namespace):
        for name, value in values.items():
            with open("/proc/sys/net/" + name, "w", encoding="ascii") as out:
                out.write(f"{value}\n")


def checksums_in_software(namespace, interfaces):
    """As `ethtool -K IF tx off`. A veth leaves TCP's checksum to hardware that is not there; whoever reads the frames
    outside the kernel, as Open vSwitch's userspace datapath does, then drops them, while ping works."""
    if not interfaces:
        return
    with inside(namespace):
        asker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with asker:
        for interface in interfaces:
            order = ctypes.create_string_buffer(struct.pack("II", ETHTOOL_STXCSUM, 0))
            request = struct.pack("16sP", interface.encode(), ctypes.addressof(order))
            fcntl.ioctl(asker.fileno(), SIOCETHTOOL, request.ljust(40, b"\0"))
