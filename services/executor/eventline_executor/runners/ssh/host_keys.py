"""Which host keys are trusted: pinned by the job, or known since the first connection (G-74)."""

import fcntl
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import asyncssh

_RSA = ("rsa-sha2-512", "rsa-sha2-256", "ssh-rsa")
# What a new host may show: keys only, no certificates, no SHA-1.
_USUAL = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", *_RSA[:2])


class UntrustedHost(Exception):
    """The key of the host is not the one that it should have; the text says what to do."""


@dataclass(frozen=True, slots=True)
class HostKeys:
    """What may be accepted: these keys or, without any, whatever key comes; and the algorithms to offer."""

    keys: Sequence[asyncssh.SSHKey]
    algorithms: Sequence[str]
    refusal: str = ""


def pinned(key: str, algorithm: str) -> HostKeys:
    """Return what the parameters `host_key` (Base64) and `host_key_algorithm` of a job allow."""
    algorithms = _signatures(algorithm) if algorithm else _USUAL
    if not key:
        return HostKeys((), algorithms)
    try:
        refusal = "the host key is not the one that the job pins"
        return HostKeys((asyncssh.import_public_key(f"{algorithm} {key}"),), algorithms, refusal)
    except asyncssh.KeyImportError as error:
        raise UntrustedHost(f"host_key is not a public key of type {algorithm}: {error}") from error


class KnownHosts:
    """The keys that hosts had at the first connection, in a file that several executors may share."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def find(self, host: str, port: int) -> HostKeys | None:
        """Return the keys known of a host; None if it is new."""
        known = self._read(_name(host, port))
        if not known:
            return None
        algorithms = [name for key in known for name in _signatures(key.get_algorithm())]
        return HostKeys(known, algorithms, self._changed(host, port))

    def add(self, host: str, port: int, key: asyncssh.SSHKey) -> None:
        """Remember the key of a new host; raises UntrustedHost when somebody else has just seen another one."""
        name = _name(host, port)
        algorithm, encoded = key.export_public_key().decode().split()[:2]
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.open("a") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            known = self._read(name)
            if not known:
                file.write(f"{name} {algorithm} {encoded}\n")
            elif key not in known:
                raise UntrustedHost(self._changed(host, port))

    def _changed(self, host: str, port: int) -> str:
        """Say that a host has another key than the known one."""
        return (
            f"the host key has changed; if that is right, remove the line of {_name(host, port)} from {self._path}, "
            "or pin the key with the runner parameter host_key"
        )

    def _read(self, name: str) -> Sequence[asyncssh.SSHKey]:
        try:
            lines = self._path.read_text().splitlines()
        except FileNotFoundError:
            return ()
        found = (line.split() for line in lines)
        return [asyncssh.import_public_key(" ".join(words[1:3])) for words in found if words[:1] == [name]]


def _signatures(algorithm: str) -> Sequence[str]:
    return _RSA if algorithm == "ssh-rsa" else (algorithm,)


def _name(host: str, port: int) -> str:
    return f"[{host}]:{port}"
