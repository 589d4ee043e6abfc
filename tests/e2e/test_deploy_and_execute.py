"""Job files from a directory to finished executions, through evcli."""

import time
from itertools import pairwise
from pathlib import Path

import pytest

from tests.e2e.conftest import Evcli

REPORT = """\
name: report
description: all kinds of steps
parameters:
  - name: count
    type: integer
    default: 3
  - name: mood
    type: string
    values: [happy, sad]
    environment: MOOD
environment:
  GREETING: hello
steps:
  - label: code
    code: |
      echo "$GREETING $MOOD $(cat "$EVENTLINE_DIR/parameters/count")"
  - command:
      name: printf
      arguments: ["%s|%s\\n", "a b", "$HOME"]
  - code: exit 3
    on_failure: continue
  - script:
      path: scripts/last.sh
      arguments: ["--flag", "x y"]
"""
LAST = '#!/bin/sh\necho "last $1 $2"\n'


@pytest.fixture
def jobs(tmp_path: Path) -> Path:
    directory = tmp_path / "jobs"
    (directory / "nested" / "scripts").mkdir(parents=True)
    (directory / "nested" / "report.yaml").write_text(REPORT)
    (directory / "nested" / "scripts" / "last.sh").write_text(LAST)
    (directory / "fails.yml").write_text("name: fails\nsteps:\n  - code: exit 7\n")
    return directory


def test_a_directory_is_deployed_as_a_whole_and_runs(evcli: Evcli, jobs: Path) -> None:
    before = evcli.ok("list-jobs")
    assert "valid" in evcli.run("deploy-jobs", "--dry-run", "--recursive", str(jobs)).stderr
    assert evcli.ok("list-jobs") == before
    evcli.ok("deploy-jobs", "--recursive", str(jobs))

    done = evcli.run("execute-job", "--wait", "--fail", "--logs", "report", "mood=happy")

    assert done.returncode == 0, done.stderr
    assert "hello happy 3\na b|$HOME\nlast --flag x y\n" in done.stdout + done.stderr
    failed = evcli.run("execute-job", "--wait", "--fail", "fails")
    assert failed.returncode == 1
    assert "program exited with status 7" in failed.stderr
    assert evcli.run("execute-job", "--wait", "fails").returncode == 0


def test_one_wrong_file_stops_the_whole_deployment_and_is_named(evcli: Evcli, jobs: Path) -> None:
    (jobs / "wrong.yaml").write_text("name: wrong\nsteps:\n  - label: nothing to do\n")
    (jobs / "bad.yaml").write_text("name: Bad Name\nsteps:\n  - code: 'true'\n    command: {name: ls}\n")

    done = evcli.run("deploy-jobs", str(jobs))

    assert done.returncode == 1
    assert f"{jobs / 'wrong.yaml'}: /steps/0: " in done.stderr
    assert f"{jobs / 'bad.yaml'}: /name: " in done.stderr
    assert f"{jobs / 'bad.yaml'}: /steps/0: " in done.stderr
    assert "wrong" not in evcli.ok("list-jobs")


def test_an_exported_job_comes_back_with_its_script(evcli: Evcli, jobs: Path, tmp_path: Path) -> None:
    evcli.ok("deploy-job", str(jobs / "nested" / "report.yaml"))
    out = tmp_path / "out"
    out.mkdir()

    evcli.ok("export-job", "--directory", str(out), "report")

    assert (out / "scripts" / "last.sh").read_text() == LAST
    evcli.ok("deploy-job", "--dry-run", str(out / "report.yaml"))


def test_a_running_execution_is_aborted_at_once_and_can_be_restarted(evcli: Evcli, tmp_path: Path) -> None:
    (tmp_path / "slow.yaml").write_text("name: slow\nsteps:\n  - code: sleep 60\n")
    evcli.ok("deploy-job", "slow.yaml")
    evcli.ok("execute-job", "slow")
    execution = evcli.ok("list-job-executions", "slow").split()[0]
    wait_for(evcli, "slow", "started")

    evcli.ok("abort-job-execution", execution)

    assert "aborted" in evcli.ok("list-job-executions", "slow")
    evcli.ok("restart-job-execution", execution)
    wait_for(evcli, "slow", "started")
    evcli.ok("abort-job-execution", execution)


def wait_for(evcli: Evcli, job: str, status: str) -> None:
    """Wait until the only execution of a job has a status."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if status in evcli.ok("list-job-executions", job):
            return
        time.sleep(0.1)
    raise AssertionError(f"the execution of {job} did not become {status}")


LETTERS = [chr(number) for number in range(97, 122)]
ALIAS_BOMB = "a: &a [x,x]\n" + "".join(f"{b}: &{b} [*{a},*{a}]\n" for a, b in pairwise(LETTERS))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "yaml"),
        ("name: x\nsteps: []\n", "/steps"),
        ("name: x\nfoo: 1\nsteps: [{code: a}]\n", "foo"),
        ("name: 12\nsteps: [{code: a}]\n", "name"),
        ("name: a/b\nsteps: [{code: a}]\n", "/name"),
        ("name: x\nsteps: [{script: {path: missing.sh}}]\n", "missing.sh"),
        ("name: x\ntrigger: {event: time/tick, parameters: {monthly: 1}}\nsteps: [{code: a}]\n", "/trigger/parameters"),
        ("name: x\ntrigger: {event: time/tick, parameters: {periodic: -5}}\nsteps: [{code: a}]\n", "periodic"),
        ("name: x\nsteps: " + "[" * 2000 + "]" * 2000, "deep"),
        ("name: x\ndescription: " + "x" * 10_500_000 + "\nsteps: [{code: a}]\n", "large"),
        (ALIAS_BOMB, "alias"),
    ],
    ids=[
        *("syntax", "no steps", "unknown member", "wrong type", "slash", "no script", "no such timer", "negative"),
        *("deep", "large", "bomb"),
    ],
)
def test_a_wrong_file_gets_a_sentence_and_changes_nothing(evcli: Evcli, tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "wrong.yaml").write_text(text)
    before = evcli.ok("list-jobs")

    done = evcli.run("deploy-job", "wrong.yaml")

    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert said.lower() in done.stderr.lower()
    assert "Traceback" not in done.stderr
    assert evcli.ok("list-jobs") == before
