"""Image registries, and which credentials go to which (handbook 4.2 and 4.4, contract/execution.md section 16)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eventline_executor.runners.protocol import RunnerError, RunnerIdentity

DOCKER_HUB = "docker.io"
GITHUB_REGISTRY = "ghcr.io"

_HUB_NAMES = frozenset({DOCKER_HUB, "index.docker.io", "registry-1.docker.io"})
# Identity type: the registry that it belongs to, and the field that is the password.
_REGISTRIES: Mapping[str, tuple[str, str]] = {
    "dockerhub/password": (DOCKER_HUB, "password"),
    "dockerhub/token": (DOCKER_HUB, "token"),
    "github/oauth2": (GITHUB_REGISTRY, "access_token"),
    "github/token": (GITHUB_REGISTRY, "token"),
}


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a registry wants to know."""

    registry: str
    username: str
    password: str = field(repr=False)


def registry_of(image: str) -> str:
    """Return the host of the registry that an image comes from, Docker's way: `alpine` comes from docker.io."""
    host, slash, _ = image.partition("/")
    if not slash or not ("." in host or ":" in host or host == "localhost"):
        return DOCKER_HUB
    return DOCKER_HUB if host in _HUB_NAMES else host


def credentials_for(image: str, identity: RunnerIdentity | None) -> Credentials | None:
    """Return what to authenticate with, or None for nothing: an identity is only shown to its own registry (G-75)."""
    if identity is None:
        return None
    kind = f"{identity.connector}/{identity.type}"
    if kind not in _REGISTRIES:
        raise RunnerError(
            f'cannot pull image: identity "{identity.name}" cannot be used for docker registry authentication'
        )
    registry, password = _REGISTRIES[kind]
    if registry_of(image) != registry:
        return None
    return Credentials(registry, str(identity.data.get("username", "")), str(identity.data.get(password, "")))
