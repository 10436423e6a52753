"""A time-stamping authority: `openssl ts -reply` behind HTTPS on loopback, each with an authority of its own."""
import http.server
import pathlib
import ssl
import subprocess
import threading

CONFIG = """
[tsa]
default_tsa = one
[one]
dir = {folder}
serial = $dir/tsa.serial
crypto_device = builtin
signer_cert = $dir/tsa.pem
signer_key = $dir/tsa.key
signer_digest = sha256
default_policy = 1.3.6.1.4.1.13762.3
digests = sha256
ess_cert_id_alg = sha256
[usage]
extendedKeyUsage = critical,timeStamping
[host]
subjectAltName = IP:127.0.0.1
"""


def openssl(folder, *words):
    return subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True).stdout


def issue(folder, name, subject, authority, usage):
    openssl(folder, "req", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.csr", "-subj", subject)
    openssl(folder, "x509", "-req", "-in", f"{name}.csr", "-CA", f"{authority}.pem", "-CAkey", f"{authority}.key", "-CAcreateserial",
            "-days", "30", "-extfile", "tsa.cnf", "-extensions", usage, "-out", f"{name}.pem")


class Authority:
    """`how`: "right", or one of the wrong ways to answer."""

    def __init__(self, folder):
        self.folder, self.how = pathlib.Path(folder), "right"
        (self.folder / "tsa.cnf").write_text(CONFIG.format(folder=folder))
        (self.folder / "tsa.serial").write_text("01\n")
        for name, subject in (("tsa-ca", "/CN=Test TSA CA"), ("web-ca", "/CN=Test Web CA")):
            openssl(folder, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key", "-out", f"{name}.pem", "-subj",
                    subject, "-days", "30")
        issue(folder, "tsa", "/CN=Test TSA", "tsa-ca", "usage")
        issue(folder, "web", "/CN=127.0.0.1", "web-ca", "host")

    def answer(self, query):
        """Body, type and status for a request."""
        if self.how == "refused":
            return bytes.fromhex("300530030201" + "02"), "application/timestamp-reply", 200
        if self.how == "garbage":
            return b"nonsense", "application/timestamp-reply", 200
        if self.how == "page":
            return b"<html>", "text/html", 200
        if self.how == "another":
            query = openssl(self.folder, "ts", "-query", "-data", "web.pem", "-sha256", "-cert")
        (self.folder / "query.tsq").write_bytes(query)
        body = openssl(self.folder, "ts", "-reply", "-config", "tsa.cnf", "-queryfile", "query.tsq")
        if self.how == "forged":
            body = body[:-1] + bytes([body[-1] ^ 1])  # the last byte of the signature
        return body, "application/timestamp-reply", 200

    def __enter__(self):
        authority = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                query = self.rfile.read(int(self.headers["Content-Length"]))
                assert self.headers["Content-Type"] == "application/timestamp-query"
                body, kind, status = authority.answer(query)
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.folder / "web.pem", self.folder / "web.key")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.url = f"https://127.0.0.1:{self.server.server_address[1]}/"
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()
