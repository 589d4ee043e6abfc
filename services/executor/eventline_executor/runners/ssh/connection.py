"""Connects to the other machine: a deadline for everything, and a host key that is trusted (G-74)."""

import asyncio
import os
import socket
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import asyncssh

from eventline_common.logging import get_logger
from eventline_common.settings.runners import HostKeyPolicy, SshRunnerSettings
from eventline_executor.runners.protocol import RunnerError, RunnerIdentity
from eventline_executor.runners.ssh.host_keys import HostKeys, KnownHosts, UntrustedHost, pinned
from eventline_executor.runners.ssh.target import Target, login_of

_CONNECT_TIMEOUT = 10.0
_LOGIN_TIMEOUT = 30.0
# A connection that answers nothing for three times as long is lost.
KEEP_ALIVE = 5.0
_MISSED_KEEP_ALIVES = 3
# OpenSSH refuses connections at random while more than ten are logging in (MaxStartups).
_LOGINS_PER_HOST = 6
# Nothing of the account that runs us takes part: no configuration, no agent, no tickets.
_OURS_ONLY: Mapping[str, Any] = {
    "config": None,
    "agent_path": None,
    "x509_trusted_certs": None,
    "gss_host": None,
    "keepalive_count_max": _MISSED_KEEP_ALIVES,
}


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How many seconds a login may take, and after how many of silence a host is asked whether it is there."""

    login: float = _LOGIN_TIMEOUT
    keep_alive: float = KEEP_ALIVE


class Connections:
    """Makes the connections of one executor; each execution has its own."""

    def __init__(self, settings: SshRunnerSettings, deadlines: Deadlines) -> None:
        self._deadlines = deadlines
        self._policy = settings.host_keys
        self._known = KnownHosts(Path(settings.known_hosts_file).expanduser())
        self._logins: dict[tuple[str, int], asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(_LOGINS_PER_HOST)
        )

    async def connect(self, target: Target, identity: RunnerIdentity | None) -> asyncssh.SSHClientConnection:
        """Connect and log in; raises RunnerError with the documented messages."""
        login = await asyncio.to_thread(login_of, identity)
        async with self._logins[target.host, target.port]:
            connected = await _reach(target)
            try:
                async with asyncio.timeout(self._deadlines.login):
                    return await self._log_in(target, connected, dict(login.options))
            except TimeoutError:
                raise _failure(target, f"no answer within {self._deadlines.login:g} s") from None
            except (asyncssh.Error, UntrustedHost, OSError, ValueError) as error:
                connected.close()
                raise _failure(target, _reason(error, target)) from error

    async def _log_in(
        self, target: Target, connected: socket.socket, login: Mapping[str, Any]
    ) -> asyncssh.SSHClientConnection:
        trusted = await self._trusted(target)
        client = _Client(trusted)
        try:
            connection, _ = await asyncssh.create_connection(
                lambda: client,
                host=target.host,
                port=target.port,
                sock=connected,
                username=target.user,
                known_hosts=(list(trusted.keys), [], []),
                server_host_key_algs=list(trusted.algorithms),
                keepalive_interval=self._deadlines.keep_alive,
                **_OURS_ONLY,
                **login,
            )
        except (asyncssh.HostKeyNotVerifiable, asyncssh.KeyExchangeFailed) as error:
            raise UntrustedHost(trusted.refusal or str(error)) from error
        except (asyncssh.ConnectionLost, ConnectionError) as error:
            if client.saw_a_key or not trusted.keys:
                raise
            # It hangs up at once when it has no key of a kind that we accept.
            kinds = " or ".join(key.get_algorithm() for key in trusted.keys)
            raise UntrustedHost(f"{_reason(error, target)}; has it a host key of type {kinds}?") from error
        if client.new_key is not None and not target.host_key:
            await self._remember(target, client.new_key, connection)
        return connection

    async def _trusted(self, target: Target) -> HostKeys:
        if target.host_key:
            return pinned(target.host_key, target.host_key_algorithm)
        if self._policy == HostKeyPolicy.PINNED:
            raise UntrustedHost("the job must pin a host_key, because runners.ssh.host_keys is pinned")
        known = await asyncio.to_thread(self._known.find, target.host, target.port)
        return known or pinned("", target.host_key_algorithm)

    async def _remember(self, target: Target, key: asyncssh.SSHKey, connection: asyncssh.SSHClientConnection) -> None:
        try:
            await asyncio.to_thread(self._known.add, target.host, target.port, key)
        except (OSError, UntrustedHost) as error:
            connection.abort()
            raise UntrustedHost(f"cannot keep its host key: {error}") from error
        get_logger("executor").info("ssh_host_key_kept", host=target.address, fingerprint=key.get_fingerprint())


class _Client(asyncssh.SSHClient):
    """Accepts any key of a host that is new."""

    def __init__(self, trusted: HostKeys) -> None:
        self._trusted = trusted
        self._connection: asyncssh.SSHClientConnection | None = None
        self.new_key: asyncssh.SSHKey | None = None

    @property
    def saw_a_key(self) -> bool:
        """Whether the server got as far as showing a key."""
        return self._connection is not None and self._connection.get_server_host_key() is not None

    def connection_made(self, conn: asyncssh.SSHClientConnection) -> None:
        self._connection = conn

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:  # noqa: ARG002 - theirs
        self.new_key = key
        return not self._trusted.keys


async def _reach(target: Target) -> socket.socket:
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            places = await loop.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
            for family, kind, protocol, _, address in places[:-1]:
                try:
                    return await _connected(socket.socket(family, kind, protocol), address)
                except OSError:
                    continue  # the last one tells why
            family, kind, protocol, _, address = places[-1]
            return await _connected(socket.socket(family, kind, protocol), address)
    except TimeoutError:
        raise RunnerError(f'cannot connect to "{target.address}": no answer within {_CONNECT_TIMEOUT:g} s') from None
    except OSError as error:
        raise RunnerError(f'cannot connect to "{target.address}": {_words(error)}') from error


async def _connected(connecting: socket.socket, address: Any) -> socket.socket:
    try:
        connecting.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connecting, address)
    except BaseException:
        connecting.close()
        raise
    return connecting


def _failure(target: Target, reason: str) -> RunnerError:
    return RunnerError(f'cannot initialize ssh connection to "{target.address}": {reason}')


def _reason(error: Exception, target: Target) -> str:
    match error:
        case asyncssh.PermissionDenied():
            return f'permission denied for user "{target.user}"'
        case OSError():
            return _words(error)
        case asyncssh.Error():
            return error.reason[:1].lower() + error.reason[1:]
    return str(error)


def _words(error: OSError) -> str:
    known = error.errno is not None and error.errno > 0
    return (os.strerror(error.errno or 0) if known else str(error.strerror or error)).lower()
