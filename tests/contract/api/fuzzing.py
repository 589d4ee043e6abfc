"""Runs schemathesis against a running API: `python -m tests.contract.api.fuzzing` is the long form."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import httpx

from eventline_common.testing.api_process import RunningApi, running_api
from eventline_common.testing.servers import create_template, nats_server, postgresql_server

from .givens import a_changed_job, a_failed_execution, a_job_that_ran, an_event, an_identity
from .rows import Rows
from .stage import CONFIGURATION, CREDENTIALS, Stage, Theatre

ROOT = Path(__file__).parents[3]

PHASES = "examples,coverage,fuzzing,stateful"

# Every check of schemathesis is on but `unsupported_method`: another method of a known path is 404 `route_not_found`,
# as the contract says (http-api, section 1; G-01). Conflicts are 400 in the contract, so `positive_data_acceptance`
# lets 400 pass; a check of our own (fuzzing_hooks) looks at its code.
_CONFIGURATION = """
hooks = "tests.contract.api.fuzzing_hooks"
seed = {seed}
max-stream-events = 1
request-timeout = 30
suppress-health-check = ["all"]
headers = {{ X-Eventline-Project-Id = "{project}" }}

[auth.openapi.api_key]
bearer = "{key}"

[generation]
max-examples = {examples}

[checks.unsupported_method]
enabled = false

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "400", "401", "403", "404", "429"]
"""


def fuzz(
    api: RunningApi, *, examples: int, seed: int, phases: str = PHASES, more: Sequence[str] = ()
) -> "subprocess.CompletedProcess[str]":
    """Ask an API what its document allows and what it does not, `examples` times per operation.

    The result holds the report; its status is 0 when nothing was found.
    """
    with httpx.Client(base_url=api.uri, timeout=60) as client, tempfile.TemporaryDirectory() as directory:
        key = str(client.post("/login", json=CREDENTIALS).raise_for_status().json()["key"])
        rows = Rows(api.settings)
        stage = Stage.open(Theatre(client, rows, api.uri, key, key, api.settings.limits.request_body))
        for given in (a_changed_job, a_job_that_ran, a_failed_execution, an_event, an_identity):
            given(stage)
        kept = [
            stage.project,
            *(row["id"] for row in rows.fetch("SELECT id FROM accounts UNION SELECT id FROM api_keys")),
        ]
        rows.close()
        path = Path(directory) / "schemathesis.toml"
        path.write_text(_CONFIGURATION.format(seed=seed, project=stage.project, key=key, examples=examples))
        kept_ids = {"EVENTLINE_TEST_URI": api.uri, "EVENTLINE_TEST_KEY": key, "EVENTLINE_TEST_KEPT": json.dumps(kept)}
        return subprocess.run(
            [sys.executable, "-m", "schemathesis.cli", "--config-file", str(path), "--no-color", "run",
             f"{api.uri}/openapi.json", "--phases", phases, *more],
            env={**os.environ, **kept_ids, "PYTHONPATH": str(ROOT)}, cwd=directory, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip


def main() -> int:
    """Run the long form, or as long as asked for."""
    parser = argparse.ArgumentParser(description="Ask the API whatever its OpenAPI document allows, and more.")
    parser.add_argument("--examples", type=int, default=20, help="made-up requests per operation (default: 20)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--phases", default=PHASES)
    arguments, more = parser.parse_known_args()
    with (
        postgresql_server() as postgresql,
        nats_server() as nats,
        running_api(postgresql, create_template(postgresql), nats, configuration=CONFIGURATION) as api,
    ):
        done = fuzz(api, examples=arguments.examples, seed=arguments.seed, phases=arguments.phases, more=more)
    sys.stdout.write(done.stdout)
    return done.returncode


if __name__ == "__main__":
    sys.exit(main())
