"""The first chapter of the handbook, typed as it is printed there."""

import json
import os
import pty
import select
import subprocess
import sys
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from eventline_common.testing.platform import Platform
from tests.e2e.conftest import Evcli

HELLO_WORLD = """\
name: "hello-world"
trigger:
  event: "time/tick"
  parameters:
    periodic: 30
steps:
  - code: |
      echo "Hello world!"
"""


def test_login_asks_as_the_handbook_says_and_list_projects_shows_main(
    platform: Platform, evcli: Evcli, tmp_path: Path
) -> None:
    (tmp_path / "home" / ".evcli" / "config.json").unlink()
    endpoint = f"http://127.0.0.1:{platform.api_port}"
    evcli.ok("set-config", "api.endpoint", endpoint)
    evcli.ok("set-config", "misc.disable_update_check", "true")
    time.sleep(1.1)  # the name of the key that a login makes has whole seconds

    said = on_a_terminal(evcli, ["login"], ["\n", "\n", "admin\n"])

    assert endpoint in said
    assert "login successful" in said
    assert "main" in evcli.ok("list-projects").split()


def on_a_terminal(evcli: Evcli, arguments: list[str], answers: list[str]) -> str:
    """Run evcli on a terminal of its own, give each answer when it asks, and return all that was shown."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "evcli", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**evcli.environment, "TERM": "dumb"},
        start_new_session=True,
    )
    os.close(theirs)
    shown = b""
    for answer in answers:
        shown += read_until_quiet(ours)
        os.write(ours, answer.encode())
    while process.poll() is None:
        shown += read_until_quiet(ours)
    assert process.wait(timeout=20) == 0, shown
    os.close(ours)
    return shown.decode()


def read_until_quiet(terminal: int) -> bytes:
    """Return what a program shows until it has been silent for half a second."""
    shown = b""
    while select.select([terminal], [], [], 0.5 if shown else 10)[0]:
        try:
            shown += os.read(terminal, 1024)
        except OSError:  # the program has ended and its terminal is gone
            break
    return shown


@pytest.mark.timeout(200)
def test_the_first_job_runs_every_30_seconds(evcli: Evcli, tmp_path: Path) -> None:
    (tmp_path / "hello-world.yaml").write_text(HELLO_WORLD)
    evcli.ok("deploy-job", "hello-world.yaml")
    time.sleep(95)

    found = json.loads(evcli.ok("list-job-executions", "hello-world", "--output", "json"))

    times = sorted(datetime.fromisoformat(execution["scheduled_time"]) for execution in found)
    assert len(found) >= 3
    assert {execution["status"] for execution in found} == {"successful"}
    assert {later - earlier for earlier, later in pairwise(times)} == {timedelta(seconds=30)}
    for execution in found:
        assert evcli.ok("logs", execution["id"]) == "Hello world!\n"
    evcli.ok("delete-job", "hello-world")
    assert "hello-world" not in evcli.ok("list-jobs")
    assert evcli.run("logs", found[0]["id"]).returncode == 1
