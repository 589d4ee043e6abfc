"""A container registry on loopback with one image, as much of the distribution protocol as a pull needs."""

import gzip
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"


@dataclass
class Registry:
    """What it serves, and the credentials that it was shown; a closed `gate` makes it hang, and
    closed `layers` only them; `broken` loses a layer."""

    archive: bytes
    port: int = 0
    authorizations: list[str] = field(default_factory=list)
    asked: Event = field(default_factory=Event)
    gate: Event = field(default_factory=Event)
    layers: Event = field(default_factory=Event)
    broken: bool = False

    @property
    def image(self) -> str:
        return f"127.0.0.1:{self.port}/team/tool:{len(self.archive)}"

    def __post_init__(self) -> None:
        self.gate.set()
        self.layers.set()
        layer = gzip.compress(self.archive, mtime=0)
        config = json.dumps(
            {
                "architecture": "amd64",
                "os": "linux",
                "config": {},
                "rootfs": {"type": "layers", "diff_ids": [_digest(self.archive)]},
            }
        ).encode()
        self.blobs = {_digest(blob): blob for blob in (layer, config)}
        self.manifest = json.dumps(
            {
                "schemaVersion": 2,
                "mediaType": _MANIFEST,
                "config": _description("application/vnd.docker.container.image.v1+json", config),
                "layers": [_description("application/vnd.docker.image.rootfs.diff.tar.gzip", layer)],
            }
        ).encode()

    def answer(self, path: str) -> tuple[int, str, bytes]:
        if path == "/v2/":
            return 200, "application/json", b"{}"
        if "/manifests/" in path:
            return 200, _MANIFEST, self.manifest
        blob = self.blobs.get(path.rpartition("/")[2])
        if blob is None or (self.broken and self.is_layer(path)):
            return 404, "application/json", b'{"errors":[{"code":"BLOB_UNKNOWN","message":"the layer is lost"}]}'
        return 200, "application/octet-stream", blob

    def is_layer(self, path: str) -> bool:
        return self.blobs.get(path.rpartition("/")[2], b"")[:2] == b"\x1f\x8b"


@contextmanager
def registry(archive: bytes) -> Iterator[Registry]:
    """Run a registry whose image consists of the files of an archive."""
    served = Registry(archive)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.authorizations.append(self.headers.get("Authorization", ""))
            if self.path != "/v2/":
                served.asked.set()
                served.gate.wait(60)
            if "/blobs/" in self.path and served.is_layer(self.path):
                served.layers.wait(60)
            status, kind, body = served.answer(self.path)
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Docker-Content-Digest", _digest(body))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(body)

        do_HEAD = do_GET  # noqa: N815 - the name that it must have

        def log_message(self, format: str, *args: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served.port = server.server_port
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        served.gate.set()
        served.layers.set()
        server.shutdown()
        server.server_close()


def _description(kind: str, blob: bytes) -> dict[str, object]:
    return {"mediaType": kind, "size": len(blob), "digest": _digest(blob)}


def _digest(blob: bytes) -> str:
    return f"sha256:{hashlib.sha256(blob).hexdigest()}"
