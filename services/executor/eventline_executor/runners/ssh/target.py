"""Where an execution runs and how we log in there: the runner's parameters and identity (handbook 4.3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

import asyncssh

from eventline_executor.runners.protocol import RunnerError, RunnerIdentity

_DEFAULT_PORT, _DEFAULT_USER = 22, "root"
_PASSWORD, _KEY = "generic/password", "generic/ssh_key"


@dataclass(frozen=True, slots=True)
class Target:
    """The parameters of the job, complete; `inline` is whether variables travel in the script instead of requests."""

    host: str
    port: int
    user: str
    host_key: str
    host_key_algorithm: str
    inline: bool

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> Self:
        """Read them; they were checked when the job was deployed."""
        return cls(
            host=parameters["host"],
            port=parameters.get("port") or _DEFAULT_PORT,
            user=parameters.get("user") or _DEFAULT_USER,
            host_key=parameters.get("host_key") or "",
            host_key_algorithm=parameters.get("host_key_algorithm") or "",
            inline=parameters.get("environment") == "inline",
        )

    @property
    def address(self) -> str:
        """The place as messages call it."""
        return f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """What proves who we are; `options` are those of `asyncssh.connect`."""

    options: Mapping[str, Any] = field(repr=False)


def login_of(identity: RunnerIdentity | None) -> Login:
    """Read the runner's identity; blocks, because opening an encrypted key takes a while. Raises RunnerError."""
    if identity is None:
        raise RunnerError("missing runner identity for authentication")
    match f"{identity.connector}/{identity.type}":
        case kind if kind == _PASSWORD:
            methods = ["password", "keyboard-interactive"]
            return Login({"password": identity.data["password"], "client_keys": None, "preferred_auth": methods})
        case kind if kind == _KEY:
            return Login({"client_keys": [_key_pair(identity)], "preferred_auth": ["publickey"]})
    raise RunnerError(f'identity "{identity.name}" cannot be used for ssh authentication')


def _key_pair(identity: RunnerIdentity) -> Any:
    try:
        key = asyncssh.import_private_key(identity.data["private_key"], identity.data.get("password") or None)
        certificate = identity.data.get("certificate")
        return (key, asyncssh.import_certificate(certificate)) if certificate else key
    except asyncssh.KeyEncryptionError as error:
        raise RunnerError(f'cannot open the private key of identity "{identity.name}": wrong password') from error
    except (asyncssh.KeyImportError, ValueError) as error:
        raise RunnerError(f'cannot read the keys of identity "{identity.name}": {str(error).lower()}') from error
