"""A real Prometheus scrapes every service, and what rules and dashboard ask for is there."""

import json
import re
import shutil
import subprocess
import time
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from eventline_common.embedded.ports import free_port
from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform, running_platform

MONITORING = Path(__file__).parents[3] / "deploy" / "monitoring"
SERVICES = ("api", "connectors", "web", "scheduler", "executor", "notifier")
NAME = re.compile(r"\beventline_[a-z_]+")

pytestmark = [
    pytest.mark.timeout(180),
    pytest.mark.skipif(shutil.which("promtool") is None, reason="install prometheus (Debian) to run these tests"),
]


@pytest.fixture(scope="module")
def platform() -> Iterator[Platform]:
    with running_platform() as running:
        client = Client.log_in(running.api_port)
        job = client.deploy("measured", "echo hello", trigger={"event": "time/tick", "parameters": {"periodic": 30}})
        execution = client.call("POST", f"/jobs/id/{job}/execute", {"parameters": {}})["id"]
        assert [kind for kind, _ in client.follow(execution)][-1] == "end"
        client.close()
        yield running


def addresses(platform: Platform) -> dict[str, str]:
    state = json.loads((platform.directory / "data" / "state.json").read_text())
    return {part["name"]: part["health"] for part in state["parts"] if part["health"]}


def fetch(uri: str) -> str:
    with urllib.request.urlopen(uri, timeout=10) as answer:
        return str(answer.read().decode())


def promtool(*words: str, text: str = "", folder: Path = MONITORING) -> str:
    done = subprocess.run(["promtool", *words], input=text, capture_output=True, text=True, check=False, cwd=folder)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


@pytest.mark.parametrize("service", SERVICES)
def test_the_metrics_of_a_service_are_accepted(platform: Platform, service: str) -> None:
    text = fetch(f"http://{addresses(platform)[service]}/metrics")

    complaints = promtool("check", "metrics", text=text).splitlines()

    # What the client library itself exposes is not ours to name.
    assert [line for line in complaints if line.startswith("eventline_")] == []
    assert "eventline_service" in text


@pytest.fixture(scope="module")
def prometheus(platform: Platform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Prometheus with our rules that scrapes the platform each second."""
    folder, port = tmp_path_factory.mktemp("prometheus"), free_port()
    configuration = yaml.safe_load((MONITORING / "prometheus.yaml").read_text())
    configuration["global"] = {"scrape_interval": "1s", "evaluation_interval": "1s"}
    for target in configuration["scrape_configs"][0]["static_configs"]:
        target["targets"] = [addresses(platform)[target["labels"]["service"]]]
    (folder / "alerts.yaml").write_text((MONITORING / "alerts.yaml").read_text())
    (folder / "prometheus.yaml").write_text(yaml.safe_dump(configuration))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                "prometheus", "--config.file=prometheus.yaml", f"--web.listen-address=127.0.0.1:{port}",
                f"--storage.tsdb.path={folder / 'data'}",
            ],
            cwd=folder, stdout=log, stderr=log,
        )  # fmt: skip
    yield f"http://127.0.0.1:{port}"
    process.terminate()
    process.wait(timeout=30)


def ask(prometheus: str, expression: str) -> list[dict[str, Any]]:
    query = urllib.parse.urlencode({"query": expression})
    found: list[dict[str, Any]] = json.loads(fetch(f"{prometheus}/api/v1/query?{query}"))["data"]["result"]
    return found


def wait_for(prometheus: str, expression: str, *, count: int) -> list[dict[str, Any]]:
    deadline = time.monotonic() + 60
    while True:
        try:
            if len(found := ask(prometheus, expression)) >= count:
                return found
        except OSError:
            pass  # it is starting
        assert time.monotonic() < deadline, expression
        time.sleep(0.3)


def test_a_prometheus_scrapes_all_services_and_knows_what_our_rules_and_dashboard_ask_for(prometheus: str) -> None:
    up = wait_for(prometheus, 'up{job="eventline"} == 1', count=len(SERVICES))
    started = wait_for(prometheus, 'eventline_executions_started_total{runner="local"} > 0', count=1)

    known = set(json.loads(fetch(f"{prometheus}/api/v1/label/__name__/values"))["data"])
    rules = json.loads(fetch(f"{prometheus}/api/v1/rules"))["data"]["groups"][0]["rules"]

    assert {each["metric"]["service"] for each in up} == set(SERVICES)
    assert started[0]["metric"]["service"] == "executor"
    assert {rule["health"] for rule in rules} <= {"ok", "unknown"}
    # These appear when the first one is counted.
    later = {"eventline_executions_timed_out_total", "eventline_waiting", "eventline_waiting_age_seconds"}
    assert asked_for() - later - known == set()


def asked_for() -> set[str]:
    """Return every metric of ours that the rules and the dashboard use."""
    return set(NAME.findall((MONITORING / "alerts.yaml").read_text())) | {
        name for expression in expressions() for name in NAME.findall(expression)
    }


def expressions() -> list[str]:
    dashboard = json.loads((MONITORING / "dashboard.json").read_text())
    return [target["expr"] for panel in dashboard["panels"] for target in panel.get("targets", ())]


def test_the_rules_are_valid_and_fire_when_they_should() -> None:
    promtool("check", "rules", "alerts.yaml")
    promtool("test", "rules", "alerts.test.yaml")


def test_every_expression_of_the_dashboard_is_understood(prometheus: str) -> None:
    wait_for(prometheus, "up", count=len(SERVICES))

    for expression in expressions():
        ask(prometheus, expression.replace("$__rate_interval", "1m"))

    assert len(expressions()) >= 15
