"""What selftest.py starts and talks to: the two programs, raw connections, a TLS proxy, and servers that misbehave."""
import json
import os
import signal
import socket
import ssl
import subprocess
import threading
import time

counts = {"checks": 0, "failed": 0}
BEGUN = time.monotonic()


def check(what, seen, wanted):
    counts["checks"] += 1
    holds = seen == wanted
    counts["failed"] += not holds
    print(f"{'ok    ' if holds else 'FAILED'} {time.monotonic() - BEGUN:5.1f} s  {what}"
          + ("" if holds else f"\n  seen:   {seen}\n  wanted: {wanted}"), flush=True)


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


class Raw:
    """A connection whose every byte is ours."""
    def __init__(self, port):
        self.socket = socket.create_connection(("127.0.0.1", port), 10)
        self.text = b""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        self.socket.sendall(data)

    def until(self, mark, more=0):
        """What stands before the mark; with `more`, takes that many bytes behind it too."""
        while mark not in self.text or len(self.text) < self.text.index(mark) + len(mark) + more:
            got = self.socket.recv(65536)
            if not got:
                raise OSError(f"closed after {self.text!r}")
            self.text += got
        before, _, self.text = self.text.partition(mark)
        taken, self.text = self.text[:more], self.text[more:]
        return before, taken

    def answer(self):
        head = self.until(b"\r\n\r\n")[0].lower()
        length = int(head.split(b"content-length: ")[1].split(b"\r\n")[0])
        self.text = b"|" + self.text
        return int(head.split()[1]), head, self.until(b"|", length)[1]

    def frame(self):
        """The message of the next MLLP frame."""
        start, _ = self.until(b"\x0b")
        assert start == b"", start
        return self.until(b"\x1c\r")[0]

    def ended(self):
        """Whether the far end closes in order, with nothing more sent."""
        try:
            return self.text == b"" and self.socket.recv(1) == b""
        except OSError:
            return False


class Gateway:
    def __init__(self, program, arguments, mllp=False, waits=True, variables=None):
        said = dict(zip(arguments[::2], arguments[1::2]))
        self.http = int(said.get("--http", 0)) or free_port()
        self.mllp = int(said.get("--mllp", 0)) or (free_port() if mllp else None)
        ports = [] if "--http" in said else ["--http", str(self.http)]
        ports += ["--mllp", str(self.mllp)] if self.mllp and "--mllp" not in said else []
        variables = {**{name: value for name, value in os.environ.items() if name != "CREDENTIALS_DIRECTORY"}, **(variables or {})}
        self.process = subprocess.Popen([*program, *arguments, *ports], env=variables, stderr=subprocess.DEVNULL)
        if waits:
            self.wait_until_up()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def refuses(self):
        try:
            socket.create_connection(("127.0.0.1", self.http), 5).close()
            return False
        except ConnectionRefusedError:
            return True

    def wait_until_up(self):
        end = time.monotonic() + 15
        while self.refuses():
            assert time.monotonic() < end and self.process.poll() is None, "the gateway does not start"
            time.sleep(0.02)

    def get(self, path):
        with Raw(self.http) as raw:
            raw.send(f"GET /{path} HTTP/1.1\r\nHost: gateway\r\n\r\n".encode())
            status, _, body = raw.answer()
            return status, body


class Load:
    """A run of the load generator against something with ports `http` and perhaps `mllp`, or against a bare port."""
    def __init__(self, program, far_end, arguments):
        port, mllp = getattr(far_end, "http", far_end), getattr(far_end, "mllp", None)
        words = ["--url", f"{'https' if '--ca' in arguments else 'http'}://127.0.0.1:{port}"]
        words += ["--mllp", f"127.0.0.1:{mllp}"] if mllp else []
        self.process = subprocess.Popen([program, *words, *arguments, "--progress"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.report, self.status = None, None

    def underway(self):
        """After its first line of progress, a second from its start."""
        self.process.stderr.readline()
        return self

    def done(self, patience=60):
        try:
            text, _ = self.process.communicate(timeout=patience)
        finally:
            if self.process.poll() is None:
                self.process.send_signal(signal.SIGKILL)
        self.status, self.report = self.process.returncode, json.loads(text)
        return self

    def __getitem__(self, name):
        return self.report[name]


class Server:
    """Listens on loopback, a thread for each connection."""
    def __init__(self):
        self.listening = []

    def listen(self, serve):
        found = socket.create_server(("127.0.0.1", 0), backlog=128)
        self.listening.append(found)
        threading.Thread(target=self.accept, args=(found, serve), daemon=True).start()
        return found.getsockname()[1]

    def accept(self, listening, serve):
        def guarded(connection):
            with connection:
                try:
                    serve(connection)
                except (OSError, ValueError):
                    pass  # the far end went away, which is its right
        while True:
            try:
                connection = listening.accept()[0]
            except OSError:
                return
            threading.Thread(target=guarded, args=(connection,), daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for one in self.listening:
            one.shutdown(socket.SHUT_RDWR)
            one.close()


class Misbehaving(Server):
    """Speaks just enough HTTP to do one thing wrong."""
    def __init__(self, how):
        super().__init__()
        self.how = how
        self.http = self.listen(self.serve)

    def serve(self, connection):
        answered = 0
        while request := self.request(connection):
            path, body = request
            right = {b"/health": b"ok", b"/version": b"1"}.get(path, body)
            whole = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(right), right)
            if self.how == "silent":
                time.sleep(2)
            elif self.how == "nothing" or (self.how == "closes when asked again" and answered):
                return
            elif self.how == "truncated":
                return connection.sendall(whole[:-1])
            elif self.how == "other body":
                whole = whole[:-1] + b"?"
            elif self.how == "too much":
                whole += b"more"
            connection.sendall(whole)
            answered += 1
            if self.how == "bytes later":
                time.sleep(0.01)
                connection.sendall(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
            if self.how == "closes later":
                return time.sleep(0.02)

    def request(self, connection):
        text = b""
        while b"\r\n\r\n" not in text:
            got = connection.recv(65536)
            if not got:
                return None
            text += got
        head, _, body = text.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        while len(body) < length:
            body += connection.recv(65536)
        return head.split()[1], body


class MisbehavingMllp(Server):
    """Ends the session on a message that it sees for the first time, or refuses all."""
    def __init__(self, how):
        super().__init__()
        self.how, self.seen = how, {}
        self.http, self.mllp = 1, self.listen(self.serve)

    def serve(self, connection):
        text = b""
        while got := connection.recv(65536):
            text += got
            if text.endswith(b"\x1c\r"):
                name = text.split(b"|")[9]
                text = b""
                self.seen[name] = self.seen.get(name, 0) + 1
                if self.how == "closes first" and self.seen[name] == 1:
                    return
                verdict = b"AR" if self.how == "refuses" else b"AA"
                connection.sendall(b"\x0bMSH|^~\\&|A|B|C|D|2026||ACK|1|P|2.5\rMSA|%s|%s\r\x1c\r" % (verdict, name))


class Proxy(Server):
    """TLS in front of a gateway's two ports."""
    def __init__(self, gateway, folder, newest="TLSv1_3"):
        super().__init__()
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(f"{folder}/server.pem", f"{folder}/server.key")
        self.context.maximum_version = getattr(ssl.TLSVersion, newest)
        self.http = self.listen(lambda client: self.serve(client, gateway.http))
        self.mllp = self.listen(lambda client: self.serve(client, gateway.mllp))

    def serve(self, client, port):
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with self.context.wrap_socket(client, server_side=True) as secure, socket.create_connection(("127.0.0.1", port)) as server:
            # Both directions in turn: each side here waits for the other's answer, so nothing is ever underway in both.
            server.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            back = threading.Thread(target=self.copy, args=(server, secure), daemon=True)
            back.start()
            self.copy(secure, server)
            back.join()

    @staticmethod
    def copy(source, to):
        try:
            while data := source.recv(65536):
                to.sendall(data)
        except OSError:
            pass
        try:
            to.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def certificates(folder):
    """An authority with a certificate for gateway.test and 127.0.0.1, and another authority."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, capture_output=True, cwd=folder)
    for name in ("ca", "other"):
        openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", f"/CN={name}",
                "-keyout", f"{name}.key", "-out", f"{name}.pem")
    openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=gateway", "-keyout", "server.key",
            "-out", "server.csr", "-addext", "subjectAltName=DNS:gateway.test,IP:127.0.0.1")
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-copy_extensions",
            "copy", "-out", "server.pem")
