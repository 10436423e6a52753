"""Evidence packs as docs/evidence-pack.md describes them, written and read once more: what tests take apart and put
together otherwise. Nothing of cloison is used, and openssl signs."""
import base64
import hashlib
import json
import os
import pathlib
import subprocess
import tempfile
import zlib

BLOCK = 512
OUTSIDE = ("MANIFEST.sha256", "MANIFEST.sha256.sig", "MANIFEST.sha256.tsr")
AS_OF = 1795341600  # 2026-11-22T10:00:00Z


class Part:
    def __init__(self, path, data=b"", kind=b"0", mtime=AS_OF, link=b""):
        self.path, self.data, self.kind, self.mtime, self.link = path, data, kind, mtime, link

    def header(self):
        name, prefix = self.path.encode(), b""
        if len(name) > 100:
            cut = next(i for i, c in enumerate(name) if c == 0x2F and len(name) - i - 1 <= 100)
            prefix, name = name[:cut], name[cut + 1:]
        fields = [(name, 100), (b"0000644", 8), (b"0000000", 8), (b"0000000", 8), (b"%011o" % len(self.data), 12),
                  (b"%011o" % self.mtime, 12), (b" " * 8, 8), (self.kind, 1), (self.link, 100), (b"ustar\x0000", 8), (b"", 64),
                  (b"0000000", 8), (b"0000000", 8), (prefix, 155), (b"", 12)]
        block = b"".join(data.ljust(size, b"\0") for data, size in fields)
        return block[:148] + b"%06o\0 " % sum(block) + block[156:]


def tar(parts):
    out = b""
    for part in parts:
        out += part.header() + part.data + b"\0" * (-len(part.data) % BLOCK)
    return out + b"\0" * (2 * BLOCK)


def gzip(data):
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def archive(parts):
    return gzip(tar(parts))


def read(data):
    data, parts, at = zlib.decompress(data, 31), [], 0
    while data[at:at + BLOCK].strip(b"\0"):
        header = data[at:at + BLOCK]
        name, prefix = header[:100].rstrip(b"\0").decode(), header[345:500].rstrip(b"\0").decode()
        size, mtime = int(header[124:135], 8), int(header[136:147], 8)
        at += BLOCK
        parts.append(Part(f"{prefix}/{name}" if prefix else name, data[at:at + size], header[156:157], mtime))
        at += size + -size % BLOCK
    return parts


def part(parts, path):
    return next(one for one in parts if one.path == path)


def digest(data):
    return hashlib.sha256(data).hexdigest()


def write_pair(folder, name="ours", private="key.pem", public="public.pem"):
    """An Ed25519 pair in PEM, the same each time for the same name."""
    der = bytes.fromhex("302e020100300506032b657004220420") + hashlib.sha256(name.encode()).digest()
    # In pieces, so that no file of the repository looks like a key.
    text = "-----BEGIN PRIVATE" + f" KEY-----\n{base64.b64encode(der).decode()}\n-----END PRIVATE" + " KEY-----\n"
    path = pathlib.Path(folder, private)
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)
    subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-out", pathlib.Path(folder, public)], check=True)
    return path


def signature(data, key):
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        return subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", key, "-in", file.name], check=True,
                              capture_output=True).stdout


def list_and_sign(parts, key):
    """MANIFEST.sha256 for what is there, signed."""
    listed = sorted((one.path, one.data) for one in parts if one.path not in OUTSIDE)
    lines = "".join(f"{digest(data)}  {path}\n" for path, data in listed).encode()
    part(parts, "MANIFEST.sha256").data = lines
    part(parts, "MANIFEST.sha256.sig").data = signature(lines, key)


def make(key, entries, network="clinic", previous=None):
    """`previous`: parts of the pack before."""
    number, link = 1, None
    if previous is not None:
        before = json.loads(part(previous, "manifest.json").data)
        number = before["number"] + 1
        link = {"number": number - 1, "manifest_sha256": digest(part(previous, "MANIFEST.sha256").data)}
    der = subprocess.run(["openssl", "pkey", "-in", key, "-pubout", "-outform", "DER"], check=True, capture_output=True).stdout
    about = {"kind": "cloison evidence pack", "version": 1, "network": network, "as_of": "2026-11-22T10:00:00Z",
             "made_by": "cloison 0.0.0", "number": number, "previous": link,
             "signed_by": "SHA256:" + base64.b64encode(hashlib.sha256(der).digest()).decode().rstrip("="),
             "files": [{"path": path, "size": len(data), "sha256": digest(data), "what": "test data"}
                       for path, data in sorted(entries.items())]}
    parts = [Part(path, data) for path, data in entries.items()]
    parts += [Part("manifest.json", json.dumps(about).encode()), Part("MANIFEST.sha256"), Part("MANIFEST.sha256.sig")]
    parts.sort(key=lambda one: one.path.encode())
    list_and_sign(parts, key)
    return parts
