"""Marked secrets go every way through the platform, and are found nowhere that people or machines can look."""

import asyncio
import base64
import json
import smtplib
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from eventline_common.embedded.ports import free_port
from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform

IDENTITY = "canary/Identity+0815&<x>"
PARAMETER = "canary-Parameter=4711?y"
KEY = "-----BEGIN KEY-----\n" + base64.encodebytes(b"canary key " * 20).decode() + "-----END KEY-----\n"
SECRETS = (IDENTITY, PARAMETER, *KEY.splitlines()[1:-1])

CONFIGURATION = """
logger: {{backend_type: json, json_backend: {{}}, debug_level: 9}}
api_http_server: {{log_successful_requests: true}}
notifications: {{smtp_server: {{address: "127.0.0.1:{port}"}}}}
"""

SPEC = {
    "name": "canary",
    "identities": ["password", "key"],
    "parameters": [{"name": "token", "type": "string", "secret": True, "environment": "TOKEN"}],
    "steps": [
        {"code": 'env; cat "$EVENTLINE_DIR/context.json"; cat "$EVENTLINE_DIR/identities/key/private_key"'},
        {
            "code": """
p="$EVENTLINE_DIR/identities/password/password"
for file in "$p" "$EVENTLINE_DIR/parameters/token"; do
  cat "$file"; echo; base64 "$file"; base64 -w 7 "$file"; od -An -tx1 -v "$file" | tr -d ' '; fold -w 9 "$file"; echo
  while IFS= read -r -n 1 letter || [ -n "$letter" ]; do printf %s "$letter"; sleep 0.01; done < "$file"; echo
  printf 'Authorization: Basic '; { printf 'user:'; cat "$file"; } | base64 -w 0; echo
done
"""
        },
        {"code": 'exec "$(cat "$EVENTLINE_DIR/identities/password/password")"'},
    ],
}
HEADER = "#!/bin/bash\n"


class Mailbox:
    """Keeps the mails that the platform sends."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(  # noqa: N802 - aiosmtpd looks for this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        self.mails.append(envelope.original_content or b"")
        return "250 OK"


@pytest.fixture(scope="module")
def mailbox() -> Iterator[tuple[Mailbox, int]]:
    box, port = Mailbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    with smtplib.SMTP("127.0.0.1", port) as probe:
        assert probe.noop()[0] == 250
    yield box, port
    controller.stop()


def run_canary(client: Client) -> str:
    """Create the identities and the job, execute it with its secret parameter, and wait for its end."""
    project = client.project_id
    client.call("PUT", f"/projects/id/{project}/settings", {"code_header": HEADER})
    settings = client.call("GET", f"/projects/id/{project}/notification_settings")
    settings |= {"email_addresses": ["people@localhost"], "on_failed_job": True}
    client.call("PUT", f"/projects/id/{project}/notification_settings", settings)
    for name, type, data in (
        ("password", "password", {"login": "user", "password": IDENTITY}),
        ("key", "ssh_key", {"private_key": KEY}),
    ):
        client.call("POST", "/identities", {"name": name, "connector": "generic", "type": type, "data": data})
    job = client.call("PUT", "/jobs/name/canary", SPEC)["id"]
    execution = str(client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {"token": PARAMETER}})["id"])
    deadline = time.monotonic() + 60
    while client.call("GET", f"/job_executions/id/{execution}")["status"] not in {"failed", "successful"}:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    return execution


def places(platform: Platform, client: Client, box: Mailbox, execution: str) -> Mapping[str, str]:
    """Return the text of every place where something could be seen."""
    found = {f"table {name}": text for name, text in asyncio.run(tables(platform)).items()}
    found |= {f"log {path.name}": path.read_text(errors="replace") for path in logs(platform)}
    found |= {f"GET {path}": json.dumps(client.call("GET", path)) for path in answers(client, execution)}
    for step in client.call("GET", f"/job_executions/id/{execution}/steps")["elements"]:
        found[f"output of step {step['position']}"] = output(client, step["id"])
    found["followed output"] = "".join(
        base64.b64decode(data["data"]).decode(errors="replace")
        for kind, data in client.follow(execution)
        if kind == "output"
    )
    found |= {f"metrics {address}": metrics(address) for address in monitoring(platform)}
    found |= {f"mail {number}": mail.decode(errors="replace") for number, mail in enumerate(box.mails)}
    return found


async def tables(platform: Platform) -> dict[str, str]:
    connection = await asyncpg.connect(platform.setting("postgres"))
    names = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema()")
    found = {}
    for row in names:
        rows = await connection.fetch(f'SELECT * FROM "{row["tablename"]}"')
        values = [value for each in rows for value in each.values()]
        found[row["tablename"]] = "\n".join(
            value.decode(errors="replace") if isinstance(value, bytes) else str(value) for value in values
        )
    await connection.close()
    return found


def logs(platform: Platform) -> Iterator[Path]:
    yield platform.directory / "log"
    yield from (platform.directory / "data").rglob("*.log")


def answers(client: Client, execution: str) -> list[str]:
    return [
        f"/job_executions/id/{execution}", f"/job_executions/id/{execution}/steps", "/job_executions", "/jobs",
        "/audit_log", "/identity_summaries", "/events", "/account", "/projects",
    ]  # fmt: skip


def output(client: Client, step: str) -> str:
    request = urllib.request.Request(
        f"http://127.0.0.1:{client.port}/step_executions/id/{step}/output", headers=client.headers()
    )
    with urllib.request.urlopen(request) as answer:
        return str(answer.read().decode(errors="replace"))


def monitoring(platform: Platform) -> list[str]:
    state = json.loads((platform.directory / "data" / "state.json").read_text())
    return [f"http://{part['health']}/metrics" for part in state["parts"] if part["health"]]


def metrics(address: str) -> str:
    with urllib.request.urlopen(address) as answer:
        return str(answer.read().decode())


def written(secret: str) -> set[str]:
    """The secret in the forms that the steps above and the platform itself could write."""
    raw, text = secret.encode(), json.dumps(secret)[1:-1]
    return {
        secret,
        text,
        text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        base64.b64encode(raw).decode(),
        base64.b64encode(b"user:" + raw)[8:-4].decode(),
        raw.hex(),
        urllib.parse.quote(secret, safe=""),
    }


def test_no_secret_is_found_anywhere(mailbox: tuple[Mailbox, int]) -> None:
    box, port = mailbox
    with running_platform(CONFIGURATION.format(port=port)) as platform:
        client = Client.log_in(platform.api_port)
        execution = run_canary(client)
        deadline = time.monotonic() + 30
        while not box.mails:
            assert time.monotonic() < deadline
            time.sleep(0.1)

        seen = places(platform, client, box, execution)

        ended: dict[str, Any] = client.call("GET", f"/job_executions/id/{execution}")
        client.close()
    assert ended["parameters"] == {"token": "***"}
    assert "***: " in seen["output of step 3"]
    assert seen["output of step 2"].count("***") >= 12
    assert {place.split()[0] for place in seen} >= {"table", "log", "GET", "output", "followed", "metrics", "mail"}
    compact = {place: text.replace("\n", "").replace("\r", "") for place, text in seen.items()}
    shown = [(place, form) for place, text in compact.items() for s in SECRETS for form in written(s) if form in text]
    assert shown == []


def test_a_job_may_show_its_secrets_if_it_says_so(client: Client) -> None:
    data = {"login": "user", "password": IDENTITY}
    client.call("POST", "/identities", {"name": "shown", "connector": "generic", "type": "password", "data": data})
    code = 'cat "$EVENTLINE_DIR/identities/shown/password"'
    job = client.deploy("shows-secrets", code, identities=["shown"], mask_secrets=False)

    execution = client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"]
    printed = b"".join(base64.b64decode(data["data"]) for kind, data in client.follow(execution) if kind == "output")

    assert printed.decode() == IDENTITY
