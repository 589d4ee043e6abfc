"""The commands that look after an installation, as an operator runs them, on a real database and a real NATS."""

import asyncio
import base64
import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Awaitable, Callable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any, TypeVar

import asyncpg
import pytest
import yaml
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.crypto.keys import check_value, key_id
from eventline_common.crypto.passwords import verify_password
from eventline_common.db.migrate import downgrade
from eventline_common.embedded.binaries import find_nats
from eventline_common.embedded.ports import free_port
from eventline_common.testing.servers import execute, with_database
from eventline_standalone.administration.check import run_check
from eventline_standalone.health import accepts_connections
from eventline_standalone.terminal import Terminal

KEY, OTHER_KEY = bytes(range(32)), bytes(range(1, 33))
PASSWORD = "a good password"
Result = TypeVar("Result")


class Installation:
    """A configuration file and what it names."""

    def __init__(self, directory: Path, document: dict[str, Any]) -> None:
        self.path = directory / "eventline.yaml"
        self.document = document

    def run(self, command: str, *words: str, text: str = "") -> "subprocess.CompletedProcess[str]":
        self.path.write_text(yaml.safe_dump(self.document))
        return subprocess.run(
            [sys.executable, "-m", "eventline_standalone", command, "-c", str(self.path), *words],
            input=text,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            cwd=self.path.parent,
            env={"PATH": os.environ["PATH"]},
        )

    def check(self) -> tuple[int, list[str]]:
        """Check in this process, which is quick; return the status and the lines."""
        self.path.write_text(yaml.safe_dump(self.document))
        output = StringIO()
        status = run_check(self.path, Terminal(output=output), {})
        return status, output.getvalue().splitlines()

    def query(self, work: Callable[["asyncpg.Connection[asyncpg.Record]"], Awaitable[Result]]) -> Result:
        async def run() -> Result:
            connection = await asyncpg.connect(self.document["pg"]["uri"])
            try:
                return await work(connection)
            finally:
                await connection.close()

        return asyncio.run(run())

    def value(self, statement: str, *arguments: object) -> Any:
        return self.query(lambda connection: connection.fetchval(statement, *arguments))


def refuse(_server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, _data: object) -> AuthResult:
    return AuthResult(success=False, handled=False)


@pytest.fixture(scope="module")
def smtp_port() -> Iterator[int]:
    """A mail server that lets nobody log in."""
    port = free_port()
    controller = Controller(
        Sink(), hostname="127.0.0.1", port=port, authenticator=refuse, auth_require_tls=False, auth_required=False
    )
    controller.start()
    yield port
    controller.stop()


@pytest.fixture
def installation(tmp_path: Path, database_uri: str, nats_uri: str, smtp_port: int) -> Installation:
    """An installation in which all is well."""
    document = {
        "pg": {"uri": database_uri},
        "nats": {"uri": nats_uri},
        "encryption_key": base64.b64encode(KEY).decode(),
        "web_http_server_uri": "https://eventline.example",
        "notifications": {"smtp_server": {"address": f"127.0.0.1:{smtp_port}"}},
        "allowed_runners": ["local"],
    }
    made = Installation(tmp_path, document)
    made.query(
        lambda connection: connection.execute(
            "INSERT INTO encryption_keys (id, check_value, creation_time) VALUES ($1, $2, now())",
            key_id(KEY),
            check_value(KEY),
        )
    )
    return made


def test_a_sound_installation_has_no_problems(installation: Installation) -> None:
    done = installation.run("check")

    assert done.returncode == 0, done.stdout
    assert [line.split(":")[0].split(maxsplit=1) for line in done.stdout.splitlines()[:-1]] == [
        ["ok", part] for part in ("configuration", "database", "schema", "encryption key", "NATS", "mail")
    ]
    assert done.stdout.endswith("no problems\n")


def no_template(installation: Installation) -> str:
    installation.document["api_http_server"] = "{{ env }"
    return "configuration: "


def wrong_member(installation: Installation) -> str:
    installation.document["job_execution_timeout"] = "soon"
    return "job_execution_timeout"


def short_key(installation: Installation) -> str:
    installation.document["encryption_key"] = "c2hvcnQ="
    return "encryption_key"


def no_database_server(installation: Installation) -> str:
    installation.document["pg"]["uri"] = f"postgres://a:b@127.0.0.1:{free_port()}/x"
    return "is pg.uri right, and does the server run?"


def wrong_database_password(installation: Installation) -> str:
    scheme, _, rest = installation.document["pg"]["uri"].partition("://")
    user, _, place = rest.partition("@")
    installation.document["pg"]["uri"] = f"{scheme}://{user.partition(':')[0]}:wrong@{place}"
    return "password authentication failed"


def no_such_database(installation: Installation) -> str:
    installation.document["pg"]["uri"] = with_database(installation.document["pg"]["uri"], "nowhere")
    return 'database "nowhere" does not exist'


def no_schema(installation: Installation) -> str:
    downgrade(installation.document["pg"]["uri"], "base")
    return "the database has no schema of Eventline; run: eventline migrate"


def newer_schema(installation: Installation) -> str:
    execute(installation.document["pg"]["uri"], "UPDATE alembic_version SET version_num = '9999'")
    return "the schema is at 9999, which this release does not know"


def other_key(installation: Installation) -> str:
    installation.document["encryption_key"] = base64.b64encode(OTHER_KEY).decode()
    return "the encryption key does not fit this database"


def no_nats_server(installation: Installation) -> str:
    installation.document["nats"]["uri"] = f"nats://127.0.0.1:{free_port()}"
    return "are nats.uri and its user, password or token right?"


def wrong_nats_password(installation: Installation) -> str:
    scheme, _, rest = installation.document["nats"]["uri"].partition("://")
    installation.document["nats"] = {"uri": f"{scheme}://{rest.rpartition('@')[2]}", "user": "a", "password": "b"}
    return "NATS: nats://127.0.0.1"


def no_mail_server(installation: Installation) -> str:
    installation.document["notifications"]["smtp_server"]["address"] = f"127.0.0.1:{free_port()}"
    return "is notifications.smtp_server.address right?"


def refused_mail_user(installation: Installation) -> str:
    installation.document["notifications"]["smtp_server"] |= {"username": "bob", "password": "wrong"}
    return 'refuses the user "bob"'


def shared_address(installation: Installation) -> str:
    installation.document["api_http_server"] = {"address": "localhost:8087"}
    return "api_http_server, web_http_server would all listen on localhost:8087"


def missing_certificate(installation: Installation) -> str:
    tls = {"certificate": "/nowhere/a.pem", "private_key": "/nowhere/a.key"}
    installation.document["api_http_server"] = {"address": "localhost:8085", "tls": tls}
    return "api_http_server.tls names /nowhere/a.pem, which is no file"


def no_common_runner(installation: Installation) -> str:
    installation.document |= {"allowed_runners": ["ssh"], "executor": {"runners": ["local"]}}
    return "executor.runners and allowed_runners have none in common"


@pytest.mark.parametrize(
    "misconfigure",
    [
        no_template, wrong_member, short_key, no_database_server, wrong_database_password, no_such_database, no_schema,
        newer_schema, other_key, no_nats_server, wrong_nats_password, no_mail_server, refused_mail_user, shared_address,
        missing_certificate, no_common_runner,
    ],
    ids=lambda function: function.__name__,
)  # fmt: skip
def test_each_misconfiguration_is_named(
    installation: Installation, misconfigure: Callable[[Installation], str]
) -> None:
    expected = misconfigure(installation)

    status, lines = installation.check()

    problems = [line for line in lines if line.startswith("problem")]
    assert (status, len(problems)) == (1, 1), lines
    assert expected in problems[0]


def test_nats_without_jetstream_is_named(installation: Installation, tmp_path: Path) -> None:
    port = free_port()
    server = subprocess.Popen([find_nats(), "-a", "127.0.0.1", "-p", str(port)], stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 20
        while not accepts_connections("127.0.0.1", port):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        installation.document["nats"]["uri"] = f"nats://127.0.0.1:{port}"

        status, lines = installation.check()
    finally:
        server.terminate()
        server.wait()

    assert status == 1
    assert any("answers, but its JetStream does not" in line for line in lines)


def test_an_account_is_created_and_can_be_let_in_again(installation: Installation) -> None:
    created = installation.run("create-account", "alice", "--role", "admin", text=f"{PASSWORD}\n")
    again = installation.run("create-account", "alice", text=f"{PASSWORD}\n")
    hashed = installation.value("SELECT password_hash FROM accounts WHERE username = 'alice' AND role = 'admin'")

    assert created.returncode == 0, created.stderr
    assert verify_password(hashed, PASSWORD)
    assert again.returncode == 1
    assert "eventline reset-password alice" in again.stderr

    reset = installation.run("reset-password", "alice", "--generate", "--revoke-api-keys")

    printed = reset.stdout.splitlines()[0].removeprefix("password: ")
    assert verify_password(installation.value("SELECT password_hash FROM accounts"), printed)
    actions = installation.query(lambda connection: connection.fetch("SELECT action FROM audit_log ORDER BY time"))
    assert [row["action"] for row in actions] == ["create", "change_password"]


@pytest.mark.parametrize(
    ("words", "text", "said"),
    [
        (("create-account", "al"), PASSWORD, "a user name has 3 to 100 characters, not 2"),
        (("create-account", "alice"), "short", "a password has 8 to 100 characters, not 5"),
        (("create-account", "alice", "--password-file", "nowhere"), "", "cannot read the password from nowhere"),
        (("reset-password", "nobody"), PASSWORD, 'there is no account named "nobody"; accounts: none'),
    ],
)
def test_what_cannot_be_done_gets_a_sentence(
    installation: Installation, words: tuple[str, ...], text: str, said: str
) -> None:
    done = installation.run(*words, text=text)

    assert done.returncode == 1
    assert said in done.stderr
    assert installation.value("SELECT count(*) FROM accounts") == 0


def test_a_backup_and_the_key_bring_everything_back(
    installation: Installation, pg_server_uri: str, tmp_path: Path
) -> None:
    sealed = IdentityCipher(KEY).encrypt(b'{"password": "x"}', context="i")
    installation.run("create-account", "alice", text=PASSWORD)
    installation.query(
        lambda connection: connection.execute(
            "INSERT INTO identities (id, name, status, creation_time, update_time, connector, type, data)"
            " VALUES ('i', 'i', 'ready', now(), now(), 'generic', 'password', $1)",
            sealed,
        )
    )

    saved = installation.run("backup", "saved.dump")
    over = installation.run("backup", "saved.dump")
    full = installation.run("restore", "saved.dump")
    restored_uri = with_database(pg_server_uri, f"restored_{os.getpid()}")
    execute(pg_server_uri, f'CREATE DATABASE "{restored_uri.rpartition("/")[2]}"')
    installation.document["pg"]["uri"] = restored_uri
    restored = installation.run("restore", "saved.dump")

    assert saved.returncode == 0, saved.stderr
    assert key_id(KEY) in saved.stdout
    assert (tmp_path / "saved.dump").stat().st_mode & 0o777 == 0o600
    assert over.returncode == 1 and "saved.dump exists already" in over.stderr
    assert full.returncode == 1 and "is not empty" in full.stderr
    assert restored.returncode == 0, restored.stderr
    assert installation.value("SELECT username FROM accounts") == "alice"
    data = installation.value("SELECT data FROM identities")
    assert IdentityCipher(KEY).decrypt(data, context="i") == b'{"password": "x"}'
    assert installation.check()[0] == 0
    execute(pg_server_uri, f'DROP DATABASE "{restored_uri.rpartition("/")[2]}" WITH (FORCE)')


def test_a_support_bundle_tells_much_and_no_secret(installation: Installation, tmp_path: Path) -> None:
    logs = tmp_path / "data"
    logs.mkdir()
    (logs / "api.log").write_text("started\n")
    installation.document["nats"]["token"] = "canary-token"
    installation.document["notifications"]["smtp_server"]["password"] = "canary-password"

    done = installation.run("support-bundle", "--data-directory", str(logs), "--output", "bundle.tar.gz")

    assert done.returncode == 0, done.stderr
    with tarfile.open(tmp_path / "bundle.tar.gz") as archive:
        contents = {
            member.name.removeprefix("eventline-support/"): file.read().decode()
            for member in archive
            if (file := archive.extractfile(member)) is not None
        }
    assert {"machine.json", "check.json", "settings.json", "database.json", "logs/api.log"} <= contents.keys()
    assert json.loads(contents["settings.json"])["nats"]["token"] == "(hidden)"
    assert "job_executions" in contents["database.json"]
    secrets = ["canary", base64.b64encode(KEY).decode(), installation.document["pg"]["uri"].split("@")[0].split(":")[2]]
    assert [secret for secret in secrets for text in contents.values() if secret in text] == []
