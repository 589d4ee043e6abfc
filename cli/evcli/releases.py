"""Where releases are published, and how an executable is fetched from there and verified (G-49).

A release location has the layout of a GitHub releases page: `<uri>/latest` redirects to `<uri>/tag/<build id>`, and
`<uri>/download/<build id>/<asset>` is a file. A plain web server works too: there `<uri>/latest` is a file that holds
the build id. Beside each asset lies `<asset>.sha256`, whose first word is the SHA-256 checksum of the asset.
"""

import hashlib
import re
from typing import Final
from urllib.parse import quote, unquote

from evcli.build_ids import parse_build_id
from evcli.errors import EvcliError
from evcli.transport import Request, Transport, platform

DEFAULT_RELEASE_URI: Final = "https://github.com/exograd/eventline/releases"


def find_latest_build_id(transport: Transport, uri: str) -> str:
    """Return the build id of the latest release."""
    address = f"{uri.rstrip('/')}/latest"
    response = transport.send(Request("GET", address, {}), follow_redirects=False)
    if response.status in {301, 302, 303, 307, 308}:
        build_id = unquote(response.headers.get("location", "").rstrip("/").rpartition("/")[2])
    elif response.status == 200:
        build_id = response.body[:100].decode(errors="replace").strip()
    else:
        raise EvcliError(f"cannot find the latest release: {address} answered with status {response.status}")
    parse_build_id(build_id)
    return build_id


def asset_name() -> str:
    """Return the name of the executable for this machine, such as `evcli-linux-amd64`."""
    return "evcli-" + "-".join(platform())


def download(transport: Transport, uri: str, build_id: str) -> bytes:
    """Return the verified executable of a release; raise EvcliError if its checksum is missing or wrong."""
    address = f"{uri.rstrip('/')}/download/{quote(build_id)}/{asset_name()}"
    program = _fetch(transport, address)
    expected = _fetch(transport, f"{address}.sha256").decode(errors="replace").split()
    if not expected or re.fullmatch(r"[0-9a-fA-F]{64}", expected[0]) is None:
        raise EvcliError(f"{address}.sha256 holds no SHA-256 checksum")
    actual = hashlib.sha256(program).hexdigest()
    if actual != expected[0].lower():
        raise EvcliError(f"{address} has the checksum {actual} instead of {expected[0]}; nothing was installed")
    return program


def _fetch(transport: Transport, address: str) -> bytes:
    response = transport.send(Request("GET", address, {}))
    if response.status != 200:
        raise EvcliError(f"cannot download {address}: the server answered with status {response.status}")
    return response.body
