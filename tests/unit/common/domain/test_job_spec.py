"""What is stored and returned of a specification (contract job-spec, sections 3, 6, 7 and 13)."""

from typing import Any

import orjson
import pytest

from eventline_common.domain.job_spec import OnFailure, decode_job_spec, read_represented, represent

RUNNERS = ("docker", "kubernetes", "local", "ssh")
STEPS = [{"code": "true"}]


def represented(**members: Any) -> dict[str, Any]:
    spec, errors = decode_job_spec({"name": "job", "steps": STEPS, **members}, allowed_runners=RUNNERS)
    assert errors == []
    return represent(spec)


def test_the_smallest_specification_gets_a_runner_a_description_and_labels() -> None:
    assert represented() == {
        "name": "job",
        "description": "",
        "runner": {"name": "local", "parameters": {}},
        "steps": [{"label": "Step 1", "code": "true"}],
    }


FULL: dict[str, Any] = {
    "name": "job",
    "description": "What it does",
    "trigger": {
        "event": "github/push",
        "parameters": {"organization": "acme", "repository": "web"},
        "identity": "gh",
        "filters": [
            {"path": "/branch", "matches": "^v", "is_not_equal_to": "v0"},
            {"path": "", "is_equal_to": {"a": [1, None]}, "does_not_match": "x"},
        ],
    },
    "parameters": [
        {"name": "p", "type": "string", "values": ["a", "b"], "default": "a", "description": "d", "environment": "P"},
        {"name": "q", "type": "boolean", "default": False},
        {"name": "r", "type": "string", "default": None, "secret": True},
    ],
    "runner": {
        "name": "ssh",
        "parameters": {"host": "h", "host_key_algorithm": "ssh-ed25519", "environment": "inline"},
        "identity": "key",
    },
    "concurrent": True,
    "retention": 30,
    "identities": ["a", "b"],
    "environment": {"A": "1", "B": ""},
    "mask_secrets": False,
    "steps": [
        {"label": "First", "code": "echo", "on_failure": "continue"},
        {"label": "Step 2", "command": {"name": "ls", "arguments": ["-l"]}, "on_failure": "abort"},
        {"label": "Step 3", "script": {"path": "a.sh", "arguments": ["x"], "content": "#!/bin/sh\n"}},
    ],
}


def test_a_full_specification_comes_back_as_it_was_given() -> None:
    assert represented(**FULL) == FULL


def test_what_is_stored_is_read_back_without_loss() -> None:
    spec, _ = decode_job_spec(FULL, allowed_runners=RUNNERS)

    read = read_represented(orjson.loads(orjson.dumps(represent(spec))))

    assert represent(read) == represent(spec)
    assert read.used_identities == ["gh", "key", "a", "b"]


def test_what_is_stored_can_be_deployed_again() -> None:
    assert represented(**represented(**FULL)) == FULL


def test_empty_members_are_left_out_and_unknown_ones_dropped() -> None:
    found = represented(
        description=None,
        trigger={"event": "time/tick", "parameters": {"hourly": {"minute": 0, "x": 1}, "daily": None}, "filters": []},
        parameters=[],
        runner={"name": "docker", "parameters": {"image": "a", "cpu_limit": 0}, "identity": "", "x": 1},
        concurrent=False,
        retention=0,
        identities=[],
        environment={},
        mask_secrets=True,
        color="red",
        steps=[{"label": "", "command": {"name": "ls", "arguments": []}, "code": "", "on_failure": "", "x": 1}],
    )
    assert found == {
        "name": "job",
        "description": "",
        "trigger": {"event": "time/tick", "parameters": {"hourly": {}}},
        "runner": {"name": "docker", "parameters": {"image": "a", "cpu_limit": 0}},
        "steps": [{"label": "Step 1", "command": {"name": "ls"}}],
    }


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        (None, {"name": "local", "parameters": {}}),
        ({"name": "local"}, {"name": "local", "parameters": None}),
        ({"name": "local", "parameters": None}, {"name": "local", "parameters": None}),
        ({"name": "ssh", "parameters": {"host": "h"}}, {"name": "ssh", "parameters": {"host": "h"}}),
    ],
)
def test_parameters_of_the_runner_are_stored_as_they_were_given(given: object, stored: object) -> None:
    assert represented(runner=given)["runner"] == stored


@pytest.mark.parametrize("parameters", [{}, {"parameters": None}])
def test_a_timer_without_parameters_is_hourly(parameters: dict[str, Any]) -> None:
    trigger = represented(trigger={"event": "time/tick", **parameters})["trigger"]
    assert trigger == {"event": "time/tick", "parameters": {"hourly": {}}}


@pytest.mark.parametrize(
    ("event", "given", "stored"),
    [
        ("time/tick", {"oneshot": "2026-01-31T10:20:30+02:00"}, {"oneshot": "2026-01-31T10:20:30+02:00"}),
        ("time/tick", {"periodic": 30}, {"periodic": 30}),
        ("time/tick", {"daily": {"hour": 7, "minute": 0}}, {"daily": {"hour": 7}}),
        ("time/tick", {"weekly": {"day": "friday", "second": 5}}, {"weekly": {"day": "friday", "second": 5}}),
        ("github/raw", {"organization": "acme", "repository": ""}, {"organization": "acme"}),
        ("webhook/request", {}, {}),
        ("webhook/request", {"authentication": "none", "headers": ["X-A", "x-a"]}, {"headers": ["x-a"]}),
        ("webhook/request", {"authentication": "hmac"}, {"authentication": "hmac"}),
        ("eventline/job_execution_finished", {"job": "", "statuses": []}, {}),
        (
            "eventline/job_execution_finished",
            {"job": "build", "statuses": ["failed", "aborted", "failed"]},
            {"job": "build", "statuses": ["failed", "aborted"]},
        ),
    ],
)
def test_parameters_of_a_trigger_are_normalised(event: str, given: object, stored: object) -> None:
    trigger = {"event": event, "parameters": given, "identity": "i"}
    assert represented(trigger=trigger)["trigger"]["parameters"] == stored


def test_a_parameter_always_has_a_default_and_a_filter_always_a_path() -> None:
    found = represented(
        parameters=[{"name": "p", "type": "number"}],
        trigger={"event": "time/tick", "filters": [{"is_equal_to": None, "matches": ""}]},
    )
    assert found["parameters"] == [{"name": "p", "type": "number", "default": None}]
    assert found["trigger"]["filters"] == [{"path": ""}]


def test_secrets_are_masked_unless_the_job_says_otherwise() -> None:
    assert "mask_secrets" not in represented(mask_secrets=None)
    assert read_represented(represented()).mask_secrets is True
    assert read_represented(represented(mask_secrets=False)).mask_secrets is False


def test_a_step_aborts_on_failure_unless_it_says_otherwise() -> None:
    spec = read_represented(represented(steps=[{"code": "a"}, {"code": "b", "on_failure": "continue"}]))
    assert [step.on_failure for step in spec.steps] == [OnFailure.ABORT, OnFailure.CONTINUE]


def test_lengths_are_code_points() -> None:
    assert represented(description="🙂" * 500, steps=[{"label": "é" * 100, "code": "x"}])["description"] == "🙂" * 500
