"""Who may log in, and whom we trust (handbook 4.3, contract/execution.md section 17, G-74)."""

import asyncio
import getpass
import os
import secrets
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from eventline_common.settings.runners import HostKeyPolicy, SshRunnerSettings
from eventline_executor.runners.protocol import Exited, RunnerError, RunnerIdentity, StepToRun
from eventline_executor.runners.ssh import SshRunners
from eventline_executor.runners.ssh.connection import Deadlines
from tests.contract.runners.conftest import Sink, execution
from tests.contract.runners.ssh_subject import (
    Server,
    key_identity,
    make_key,
    other_host_key,
    ssh_runners,
    ssh_server,
    temporary_folder,
)
from tests.integration.executor.documented import is_documented

ED25519 = "ssh-ed25519"


async def log_in(server: Server, identity: RunnerIdentity | None = None, **more: Any) -> None:
    """Run a job; raises what its preparation raises."""
    async with ssh_runners(server, **more) as factory:
        if identity is not None:
            factory.identity = identity
        runner = factory.create(execution("true"))
        try:
            await runner.prepare()
            assert await runner.run_step(StepToRun(1), Sink()) == Exited(0)
        finally:
            await runner.cleanup()


async def refusal(server: Server, identity: RunnerIdentity | None = None, **more: Any) -> str:
    with pytest.raises(RunnerError) as raised:
        await log_in(server, identity, **more)
    assert is_documented("ssh", str(raised.value))
    return str(raised.value)


def failed(server: Server, reason: str) -> str:
    return f'cannot initialize ssh connection to "127.0.0.1:{server.port}": {reason}'


async def test_a_key_of_another_account_is_refused(server: Server) -> None:
    make_key(server.folder / "stranger")

    message = await refusal(server, key_identity(server.folder / "stranger"))

    assert message == failed(server, f'permission denied for user "{getpass.getuser()}"')


async def test_a_key_with_a_passphrase_needs_the_right_one(server: Server) -> None:
    make_key(server.folder / "user", passphrase="open sesame")
    (server.folder / "authorized_keys").write_text((server.folder / "user.pub").read_text())

    await log_in(server, key_identity(server.folder / "user", password="open sesame"))
    wrong = key_identity(server.folder / "user", password="wrong")
    assert await refusal(server, wrong) == 'cannot open the private key of identity "my-key": wrong password'
    message = await refusal(server, key_identity(server.folder / "user"))
    assert message.startswith('cannot read the keys of identity "my-key": passphrase must be specified')


async def test_text_that_is_no_key_is_told(server: Server) -> None:
    identity = RunnerIdentity("my-key", "generic", "ssh_key", {"private_key": "nonsense\n"})

    assert (await refusal(server, identity)).startswith('cannot read the keys of identity "my-key"')


async def test_a_certificate_is_used_when_there_is_one() -> None:
    with temporary_folder() as name:
        folder = Path(name)
        make_key(folder / "authority")
        make_key(folder / "signed")
        sign = ["ssh-keygen", "-q", "-s", str(folder / "authority"), "-I", "me", "-n", getpass.getuser()]
        subprocess.run([*sign, str(folder / "signed.pub")], check=True)
        identity = key_identity(folder / "signed", certificate=(folder / "signed-cert.pub").read_text())
        with ssh_server(folder, f"TrustedUserCAKeys {folder}/authority.pub") as server:
            await log_in(server, identity)
            assert "permission denied" in await refusal(server, key_identity(folder / "signed"))


@pytest.fixture
def account() -> Iterator[tuple[str, str]]:
    """A real account with a password: name and password."""
    if os.geteuid() != 0 or shutil.which("useradd") is None:
        pytest.skip("needs an account with a password: run as root, apt install passwd")
    name, password = f"eventline-{secrets.token_hex(4)}", secrets.token_hex(8)
    subprocess.run(["useradd", "--no-create-home", "--shell", "/bin/sh", name], check=True)
    try:
        subprocess.run(["chpasswd"], input=f"{name}:{password}", text=True, check=True)
        yield name, password
    finally:
        subprocess.run(["userdel", "--force", name], check=True)  # the server may still be saying goodbye


async def test_a_password_lets_its_account_in_whatever_the_login_field_says(
    server: Server, account: tuple[str, str]
) -> None:
    name, password = account
    server.root.mkdir(mode=0o755)
    server.root.chmod(0o1777)
    identity = RunnerIdentity("my-password", "generic", "password", {"login": "ignored", "password": password})

    await log_in(server, identity, user=name)

    assert list((server.root / name).iterdir()) == []


async def test_a_wrong_password_is_refused(server: Server, account: tuple[str, str]) -> None:
    identity = RunnerIdentity("my-password", "generic", "password", {"login": "ignored", "password": "wrong"})

    message = await refusal(server, identity, user=account[0])

    assert message == failed(server, f'permission denied for user "{account[0]}"')


async def test_an_identity_is_needed_and_must_be_of_a_kind_that_can_log_in(server: Server) -> None:
    async with ssh_runners(server) as factory:
        factory.identity = None
        with pytest.raises(RunnerError, match=r"^missing runner identity for authentication$"):
            await factory.create(execution()).prepare()
    identity = RunnerIdentity("my-hub", "dockerhub", "token", {})
    assert await refusal(server, identity) == 'identity "my-hub" cannot be used for ssh authentication'


async def test_a_pinned_host_key_is_accepted_by_both_policies(server: Server) -> None:
    for policy in HostKeyPolicy:
        await log_in(server, policy=policy, host_key=server.host_key, host_key_algorithm=ED25519)

    assert not (server.folder / "state").exists()


async def test_another_host_key_than_the_pinned_one_is_refused(server: Server) -> None:
    key = other_host_key(server.folder)

    message = await refusal(server, host_key=key, host_key_algorithm=ED25519)

    assert message == failed(server, "the host key is not the one that the job pins")


async def test_a_host_that_has_no_key_of_the_pinned_kind_is_refused(server: Server) -> None:
    make_key(server.folder / "other", "-t", "ecdsa")
    key = (server.folder / "other.pub").read_text().split()[1]

    message = await refusal(server, host_key=key, host_key_algorithm="ecdsa-sha2-nistp256")

    assert message.startswith(failed(server, ""))
    assert "host key" in message


async def test_the_key_of_a_new_host_is_kept_and_a_changed_one_refused() -> None:
    with temporary_folder() as name:
        folder = Path(name)
        with ssh_server(folder) as server:
            await log_in(server)
            await log_in(server)
            known = (folder / "state" / "known_hosts").read_text()
            assert known == f"[127.0.0.1]:{server.port} {ED25519} {server.host_key}\n"
        make_key(folder / "host")
        with ssh_server(folder) as changed:
            (folder / "state" / "known_hosts").write_text(known.replace(str(server.port), str(changed.port)))
            message = await refusal(changed)
            assert message.startswith(failed(changed, "the host key has changed; "))
            assert str(folder / "state" / "known_hosts") in message
            await log_in(changed, host_key=changed.host_key, host_key_algorithm=ED25519)


async def test_many_first_connections_at_a_time_keep_one_line(server: Server) -> None:
    await asyncio.gather(*(log_in(server) for _ in range(5)))

    assert len((server.folder / "state" / "known_hosts").read_text().splitlines()) == 1


async def test_a_job_without_host_key_is_refused_where_keys_must_be_pinned(server: Server) -> None:
    message = await refusal(server, policy=HostKeyPolicy.PINNED)

    expected = "the job must pin a host_key, because runners.ssh.host_keys is pinned"
    assert message == failed(server, expected)


async def test_a_closed_port_and_an_unknown_host_are_told(server: Server) -> None:
    with closing(socket.socket()) as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        assert await refusal(server, port=port) == f'cannot connect to "127.0.0.1:{port}": connection refused'

    message = await refusal(server, host="no-such-host.invalid")

    assert message.startswith(f'cannot connect to "no-such-host.invalid:{server.port}": ')


async def test_a_server_that_says_nothing_is_given_up(server: Server) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        port = silent.getsockname()[1]
        settings = SshRunnerSettings(known_hosts_file=str(server.folder / "known_hosts"))
        runners = SshRunners(settings, kill_delay=1.0, deadlines=Deadlines(login=0.5))
        to_run = replace(
            execution(), runner_parameters={**server.parameters, "port": port}, runner_identity=server.identity
        )
        runner = runners.create(to_run)
        with pytest.raises(RunnerError) as raised:
            await asyncio.wait_for(runner.prepare(), 5)

    expected = f'cannot initialize ssh connection to "127.0.0.1:{port}": no answer within 0.5 s'
    assert str(raised.value) == expected


async def test_a_server_that_hangs_up_before_the_login_is_told(server: Server) -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listening = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with listening:
        port = listening.sockets[0].getsockname()[1]
        message = await asyncio.wait_for(refusal(server, port=port), 20)

    assert message.startswith(f'cannot initialize ssh connection to "127.0.0.1:{port}": ')
    assert message.rpartition(": ")[2]


async def test_failed_logins_leave_no_connection_open(server: Server) -> None:
    stranger = server.folder / "stranger"
    make_key(stranger)
    await refusal(server, key_identity(stranger))
    before = len(list(Path("/proc/self/fd").iterdir()))
    for _ in range(3):
        await refusal(server, key_identity(stranger))
        await refusal(server, host_key=other_host_key(server.folder), host_key_algorithm=ED25519)

    assert len(list(Path("/proc/self/fd").iterdir())) == before
