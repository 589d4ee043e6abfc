"""The images that can be pulled: folders that tests make, each with a file that says the rest."""

import base64
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Image:
    """`user` is what programs run as unless the pod says otherwise; `login` is what its registry wants to know.

    The others are faults of the node: volumes that cannot be written to, a runtime that executes nothing more.
    """

    root: Path
    user: int = 0
    environment: tuple[tuple[str, str], ...] = ()
    login: tuple[str, str, str] | None = None
    refuses_writing: bool = False
    refuses_execs: bool = False


class PullFailed(Exception):
    """What the container runtime says."""


class Images:
    """Reads `<folder>/images.json`, which maps references to the members of `Image`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def pull(self, reference: str, *, policy: str, secrets: list[dict[str, Any]]) -> Image:
        """Return an image; raises PullFailed."""
        known = json.loads((self._folder / "images.json").read_text())
        if reference not in known:
            raise PullFailed(
                f'failed to pull and unpack image "{reference}": failed to resolve reference "{reference}": not found'
            )
        members = known[reference]
        login = members.get("login")
        image = Image(
            root=Path(members["root"]),
            user=members.get("user", 0),
            environment=tuple(members.get("environment", {}).items()),
            login=tuple(login) if login else None,
            refuses_writing=members.get("refuses_writing", False),
            refuses_execs=members.get("refuses_execs", False),
        )
        if image.login is not None and policy == "Always" and image.login not in _logins(secrets):
            raise PullFailed(f'failed to pull and unpack image "{reference}": failed to authorize: 401 Unauthorized')
        return image

    def is_there(self, reference: str) -> bool:
        """Tell whether the node has it: it has all that can be pulled."""
        return reference in json.loads((self._folder / "images.json").read_text())


def _logins(secrets: list[dict[str, Any]]) -> set[tuple[str, str, str]]:
    """Return server, user and password of everything in secrets of the type that kubelets take."""
    found = set()
    for secret in secrets:
        if secret["type"] != "kubernetes.io/dockerconfigjson":
            continue
        auths = json.loads(base64.b64decode(secret["data"][".dockerconfigjson"]))["auths"]
        for server, entry in auths.items():
            user, _, password = base64.b64decode(entry["auth"]).decode().partition(":")
            assert (entry["username"], entry["password"]) == (user, password)
            found.add((server, user, password))
    return found
