"""The first chapter of the handbook, typed as it is printed there."""

import json
import time
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from tests.e2e.conftest import Evcli

from eventline_common.testing.platform import Platform

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


def test_login_creates_a_key_and_list_projects_shows_main(platform: Platform, evcli: Evcli, tmp_path: Path) -> None:
    (tmp_path / "home" / ".evcli" / "config.json").unlink()
    endpoint = f"http://127.0.0.1:{platform.api_port}"
    time.sleep(1.1)  # the name of the key made by a login has whole seconds

    done = evcli.run("login", text=f"{endpoint}\nadmin\nadmin\n")

    assert done.returncode == 0, done.stderr
    assert "main" in evcli.ok("list-projects").split()


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
