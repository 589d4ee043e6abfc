"""A job that GitHub starts, from the job to the hook and back, on a whole platform; a server of ours acts GitHub."""

import asyncio
import http.client
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform
from eventline_common.testing.webhooks import github_delivery, push_payload
from tests.integration.connectors.fake_github import FakeGithub, fake_github

SECRET = "a secret of GitHub"
PATIENCE = 60


@pytest.fixture(scope="module")
def github() -> Iterator[FakeGithub]:
    """GitHub, in a thread of its own."""
    started, ended, found = threading.Event(), threading.Event(), list[FakeGithub]()

    async def serve() -> None:
        async with fake_github() as server:
            found.append(server)
            started.set()
            await asyncio.to_thread(ended.wait)

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    started.wait(PATIENCE)
    found[0].rights["bob:secret"] = {"octo:hello"}
    yield found[0]
    ended.set()
    thread.join()


@pytest.fixture(scope="module")
def platform(github: FakeGithub) -> Iterator[Platform]:
    """A platform that takes that server for GitHub."""
    configuration = (
        f'connectors: {{github: {{enabled: true, webhook_secret: "{SECRET}", api_uri: "{github.uri}"}}}}\n'
        'allowed_runners: ["local"]\n'
    )
    with running_platform(configuration) as running:
        yield running


def wait_for(what: str, is_so: object) -> None:
    assert callable(is_so)
    deadline = time.monotonic() + PATIENCE
    while not is_so():
        assert time.monotonic() < deadline, what
        time.sleep(0.05)


def test_a_push_starts_a_job_and_deleting_the_job_removes_the_hook(
    platform: Platform, github: FakeGithub, tmp_path: Path
) -> None:
    client = Client.log_in(platform.api_port)
    identity = {"name": "bob", "connector": "github", "type": "token", "data": {"username": "bob", "token": "secret"}}
    client.call("POST", "/identities", identity)
    trigger = {
        "event": "github/push",
        "identity": "bob",
        "parameters": {"organization": "octo", "repository": "hello"},
        "filters": [{"path": "/branch", "is_equal_to": "main"}],
    }
    id = client.deploy("build", 'test "$(cat "$EVENTLINE_DIR/event/repository")" = hello', trigger=trigger)
    wait_for("active", lambda: client.call("GET", f"/jobs/id/{id}/subscription")["status"] == "active")
    [hook] = github.hooks["octo:hello"].values()
    path = hook["config"]["url"].partition("/ext/")[2]
    port = int(hook["config"]["url"].split("/")[2].rpartition(":")[2])

    for branch in ("other", "main"):
        payload = push_payload(organization="octo", repository="hello", branch=branch)
        delivery = github_delivery(payload, secret=hook["config"]["secret"], target="octo:hello")
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        connection.request("POST", f"/ext/{path}", body=delivery.body, headers=dict(delivery.headers))
        assert connection.getresponse().status == 204
        connection.close()

    def executions() -> list[dict[str, str]]:
        found: list[dict[str, str]] = client.call("GET", f"/job_executions?job={id}")["elements"]
        return found

    wait_for("ended", lambda: [each["status"] for each in executions()] == ["successful"])
    client.call("DELETE", f"/jobs/id/{id}")
    wait_for("removed", lambda: not github.hooks["octo:hello"])
    client.close()
