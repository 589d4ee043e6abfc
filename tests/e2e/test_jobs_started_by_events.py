"""Jobs that follow each other, and a job that a signed request starts, on a whole platform."""

import http.client
import time
from pathlib import Path
from urllib.parse import urlsplit

from eventline_common.crypto.signatures import sign
from eventline_common.testing.client import Client
from tests.e2e.conftest import Evcli

PATIENCE = 60


def followed(name: str, follows: str | None, code: str) -> str:
    trigger = (
        f"trigger:\n  event: eventline/job_execution_finished\n  parameters:\n    job: {follows}\n"
        "  filters:\n    - path: /status\n      is_equal_to: successful\n"
        if follows
        else ""
    )
    return f"name: {name}\n{trigger}steps:\n  - code: |\n      {code}\n"


def executions(client: Client, job: str) -> list[dict[str, str]]:
    """Return the executions of a job once there is a finished one."""
    id = client.call("GET", f"/jobs/name/{job}")["id"]
    deadline = time.monotonic() + PATIENCE
    while True:
        found: list[dict[str, str]] = client.call("GET", f"/job_executions?job={id}")["elements"]
        if found and all(each["status"] not in ("created", "started") for each in found):
            return found
        assert time.monotonic() < deadline, f"no execution of {job} has ended: {found}"
        time.sleep(0.05)


def subscribed(client: Client, job: str) -> dict[str, str]:
    """Return the subscription of a job once it is active."""
    id = client.call("GET", f"/jobs/name/{job}")["id"]
    deadline = time.monotonic() + PATIENCE
    while (found := client.call("GET", f"/jobs/id/{id}/subscription"))["status"] != "active":
        assert time.monotonic() < deadline, found
        time.sleep(0.05)
    return found  # type: ignore[no-any-return]


def test_a_chain_of_three_jobs_runs(evcli: Evcli, client: Client, tmp_path: Path) -> None:
    (tmp_path / "jobs").mkdir()
    for name, follows, code in (
        ("chain-first", None, "echo first"),
        ("chain-second", "chain-first", 'test "$(cat "$EVENTLINE_DIR/event/job")" = chain-first'),
        ("chain-third", "chain-second", 'test "$(cat "$EVENTLINE_DIR/event/depth")" = 2'),
    ):
        (tmp_path / "jobs" / f"{name}.yaml").write_text(followed(name, follows, code))
    evcli.ok("deploy-jobs", str(tmp_path / "jobs"))
    subscribed(client, "chain-second"), subscribed(client, "chain-third")

    evcli.ok("execute-job", "--wait", "--fail", "chain-first")

    for name in ("chain-second", "chain-third"):
        [execution] = executions(client, name)
        assert (execution["status"], execution.get("failure_message")) == ("successful", None)


def test_a_signed_request_starts_a_job(evcli: Evcli, client: Client, tmp_path: Path) -> None:
    evcli.ok("create-identity", "hook-secret", "generic", "api_key", "key=a secret")
    (tmp_path / "job.yaml").write_text(
        "name: hooked\n"
        "trigger:\n  event: webhook/request\n  identity: hook-secret\n"
        "  parameters:\n    authentication: hmac\n    headers: [X-Topic]\n"
        "  filters:\n    - path: /body/size\n      is_equal_to: 2\n"
        "steps:\n  - code: |\n"
        '      test "$(cat "$EVENTLINE_DIR/event/content_type")" = application/json\n'
        '      grep -q news "$EVENTLINE_DIR/context.json"\n'
    )
    evcli.ok("deploy-job", str(tmp_path / "job.yaml"))
    subscribed(client, "hooked")
    address = next(
        line.partition(": ")[2]
        for line in evcli.ok("describe-subscription", "hooked").splitlines()
        if line.startswith("Address: ")
    )
    target = urlsplit(address)

    answers = []
    for body, secret in ((b'{"size": 1}', b"a secret"), (b'{"size": 2}', b"a secret"), (b'{"size": 2}', b"guess")):
        connection = http.client.HTTPConnection("127.0.0.1", target.port, timeout=PATIENCE)
        headers = {
            "Content-Type": "application/json",
            "X-Topic": "news",
            "X-Hub-Signature-256": sign(body, secret),
        }
        connection.request("POST", target.path, body=body, headers=headers)
        answers.append(connection.getresponse().status)
        connection.close()

    assert answers == [204, 204, 401]
    [execution] = executions(client, "hooked")
    assert (execution["status"], execution.get("failure_message")) == ("successful", None)
