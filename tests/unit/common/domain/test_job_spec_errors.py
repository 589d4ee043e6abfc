"""Every validation code of a job specification, with its place, in order (contract job-spec, sections 2 to 7, 14)."""

from typing import Any

import pytest

from eventline_common.domain.job_spec import decode_job_spec
from eventline_common.domain.validation import DecodeError

RUNNERS = ("docker", "kubernetes", "local", "ssh")
STEPS = [{"code": "true"}]


def job(**members: Any) -> dict[str, Any]:
    return {"name": "job", "steps": STEPS, **members}


def timer(parameters: object) -> dict[str, Any]:
    return job(trigger={"event": "time/tick", "parameters": parameters})


def webhook(**members: Any) -> dict[str, Any]:
    return job(trigger={"event": "webhook/request", **members})


def follower(**parameters: Any) -> dict[str, Any]:
    return job(trigger={"event": "eventline/job_execution_finished", "parameters": parameters})


def filtered(*filters: object) -> dict[str, Any]:
    return job(trigger={"event": "time/tick", "filters": list(filters)})


def parameter(**members: Any) -> dict[str, Any]:
    return job(parameters=[{"name": "p", "type": "string", **members}])


def on(runner: str, **parameters: Any) -> dict[str, Any]:
    return job(runner={"name": runner, "parameters": parameters})


def stepped(**step: Any) -> dict[str, Any]:
    return job(steps=[step])


def errors_of(document: object, allowed: tuple[str, ...] = RUNNERS) -> list[tuple[str, str]]:
    _, errors = decode_job_spec(document, allowed_runners=allowed)
    assert all(error.message for error in errors)
    return [(error.code, error.pointer) for error in errors]


TOP_LEVEL = [
    ({"steps": STEPS}, "string_too_short", "/name"),
    (job(name=None), "string_too_short", "/name"),
    (job(name="a" * 101), "string_too_long", "/name"),
    (job(name="Job"), "invalid_format", "/name"),
    (job(name="-job"), "invalid_format", "/name"),
    (job(name="a/b"), "invalid_format", "/name"),
    (job(name="job\n"), "invalid_format", "/name"),
    (job(description="é" * 501), "string_too_long", "/description"),
    (job(retention=-1), "integer_too_small", "/retention"),
    (job(retention=1_000_001), "integer_too_large", "/retention"),
    (job(identities=["a", "B"]), "invalid_format", "/identities/1"),
    (job(identities=[""]), "string_too_short", "/identities/0"),
    (job(environment={"": "x"}), "invalid_value", "/environment/"),
    (job(environment={"A=B": "x"}), "invalid_value", "/environment/A=B"),
    (job(environment={"A": "x\0"}), "invalid_value", "/environment/A"),
]
TRIGGERS = [
    (job(trigger={"event": "moon/rise"}), "unknown_connector", "/trigger/event"),
    (job(trigger={"event": "time/tock"}), "unknown_event", "/trigger/event"),
    (job(trigger={"event": "aws/tick"}), "unknown_event", "/trigger/event"),
    (job(trigger={"event": "time/tick", "identity": "A"}), "invalid_format", "/trigger/identity"),
    (job(trigger={"event": "github/push"}), "missing_or_empty_string", "/trigger/parameters/organization"),
    (filtered(None), "missing_or_null_value", "/trigger/filters/0"),
    (filtered({}, {"matches": "("}), "invalid_regexp", "/trigger/filters/1/matches"),
    (filtered({"does_not_match": "(?=x)"}), "invalid_regexp", "/trigger/filters/0/does_not_match"),
    (filtered({"matches": "x" * 10_001}), "invalid_regexp", "/trigger/filters/0/matches"),
    (timer({}), "invalid_value", "/trigger/parameters"),
    (timer({"hourly": None}), "invalid_value", "/trigger/parameters"),
    (timer({"hourly": {}, "periodic": 30}), "invalid_value", "/trigger/parameters"),
    (timer({"oneshot": "tomorrow"}), "invalid_datetime", "/trigger/parameters/oneshot"),
    (timer({"oneshot": ""}), "invalid_datetime", "/trigger/parameters/oneshot"),
    (timer({"oneshot": "2026-01-31T10:20:30"}), "invalid_datetime", "/trigger/parameters/oneshot"),
    (timer({"oneshot": "2026-02-30T10:20:30Z"}), "invalid_datetime", "/trigger/parameters/oneshot"),
    (timer({"periodic": 29}), "integer_too_small", "/trigger/parameters/periodic"),
    (timer({"periodic": -30}), "integer_too_small", "/trigger/parameters/periodic"),
    (timer({"periodic": 86_401}), "integer_too_large", "/trigger/parameters/periodic"),
    (timer({"hourly": {"minute": 60}}), "integer_too_large", "/trigger/parameters/hourly/minute"),
    (timer({"hourly": {"second": -1}}), "integer_too_small", "/trigger/parameters/hourly/second"),
    (timer({"daily": {"hour": 24}}), "integer_too_large", "/trigger/parameters/daily/hour"),
    (timer({"weekly": {}}), "invalid_value", "/trigger/parameters/weekly/day"),
    (timer({"weekly": {"day": "Monday"}}), "invalid_value", "/trigger/parameters/weekly/day"),
    (
        webhook(parameters={"authentication": "basic"}, identity="i"),
        "invalid_value",
        "/trigger/parameters/authentication",
    ),
    (webhook(parameters={"authentication": "hmac"}), "missing_or_empty_string", "/trigger/identity"),
    (webhook(parameters={"headers": ["a b"]}), "invalid_string_format", "/trigger/parameters/headers/0"),
    (webhook(parameters={"headers": ["x", "Authorization"]}), "invalid_value", "/trigger/parameters/headers/1"),
    (webhook(parameters={"headers": ["x"] * 101}), "invalid_value", "/trigger/parameters/headers"),
    (follower(job="A"), "invalid_format", "/trigger/parameters/job"),
    (follower(statuses=["failed", "started"]), "invalid_value", "/trigger/parameters/statuses/1"),
]
PARAMETERS = [
    (job(parameters=[None]), "missing_or_null_value", "/parameters/0"),
    (parameter(name=""), "string_too_short", "/parameters/0/name"),
    (parameter(name="P"), "invalid_format", "/parameters/0/name"),
    (parameter(type="date"), "invalid_value", "/parameters/0/type"),
    (parameter(type=None), "invalid_value", "/parameters/0/type"),
    (parameter(type="number", values=["1"]), "unexpected_value", "/parameters/0/values"),
    (parameter(default=1), "invalid_type", "/parameters/0/default"),
    (parameter(type="integer", default=1.0), "invalid_type", "/parameters/0/default"),
    (parameter(type="integer", default=2**63), "invalid_type", "/parameters/0/default"),
    (parameter(type="integer", default=True), "invalid_type", "/parameters/0/default"),
    (parameter(type="number", default="1"), "invalid_type", "/parameters/0/default"),
    (parameter(type="boolean", default=0), "invalid_type", "/parameters/0/default"),
    (parameter(values=["a"], default="b"), "invalid_value", "/parameters/0/default"),
    (parameter(environment="A=B"), "invalid_value", "/parameters/0/environment"),
    (parameter(secret=True, default="x"), "unexpected_value", "/parameters/0/default"),
    (parameter(secret=True, values=["x"]), "unexpected_value", "/parameters/0/values"),
    (
        job(parameters=[{"name": "p", "type": "string"}, {"name": "p", "type": "number"}]),
        "duplicate_parameter",
        "/parameters/1/name",
    ),
]
RUNNER = [
    (job(runner={"name": "moon"}), "invalid_value", "/runner/name"),
    (job(runner={}), "invalid_value", "/runner/name"),
    (job(runner={"name": "local", "identity": "A"}), "invalid_format", "/runner/identity"),
    (job(runner={"name": "docker"}), "missing_or_empty_string", "/runner/parameters/image"),
    (on("docker", image="Alpine"), "invalid_string_format", "/runner/parameters/image"),
    (on("docker", image="a", cpu_limit=0.05), "float_too_small", "/runner/parameters/cpu_limit"),
    (on("docker", image="a", cpu_limit=1025), "float_too_large", "/runner/parameters/cpu_limit"),
    (on("docker", image="a", memory_limit=9), "integer_too_small", "/runner/parameters/memory_limit"),
    (on("docker", image="a", memory_limit=10_000_001), "integer_too_large", "/runner/parameters/memory_limit"),
    (on("docker", image="a", pull_policy="Always"), "invalid_value", "/runner/parameters/pull_policy"),
    (on("ssh"), "missing_or_empty_string", "/runner/parameters/host"),
    (on("ssh", host="a b"), "invalid_string_format", "/runner/parameters/host"),
    (on("ssh", host="me@h"), "invalid_string_format", "/runner/parameters/host"),
    (on("ssh", host="ssh://h"), "invalid_string_format", "/runner/parameters/host"),
    (on("ssh", host="h:22"), "invalid_string_format", "/runner/parameters/host"),
    (on("ssh", host="h" * 254), "invalid_string_format", "/runner/parameters/host"),
    (on("ssh", host="h", port=0), "integer_too_small", "/runner/parameters/port"),
    (on("ssh", host="h", port=65_536), "integer_too_large", "/runner/parameters/port"),
    (on("ssh", host="h", user=""), "missing_or_empty_string", "/runner/parameters/user"),
    (on("ssh", host="h", host_key="AAAA"), "invalid_value", "/runner/parameters/host_key"),
    (
        on("ssh", host="h", host_key="AAAA", host_key_algorithm="ssh-ed25519"),
        "invalid_value",
        "/runner/parameters/host_key",
    ),
    (on("ssh", host="h", host_key_algorithm="rsa"), "invalid_value", "/runner/parameters/host_key_algorithm"),
    (on("ssh", host="h", environment="shell"), "invalid_value", "/runner/parameters/environment"),
    (on("kubernetes"), "missing_or_empty_string", "/runner/parameters/image"),
    (on("kubernetes", image="a", namespace="A_"), "invalid_string_format", "/runner/parameters/namespace"),
    (on("kubernetes", image="a", labels={"a/b/c": "x"}), "invalid_string_format", "/runner/parameters/labels/a~1b~1c"),
    (on("kubernetes", image="a", labels={"a": "x y"}), "invalid_string_format", "/runner/parameters/labels/a"),
    (
        on("kubernetes", image="a", labels={"eventline.net/job-name": "x"}),
        "invalid_value",
        "/runner/parameters/labels/eventline.net~1job-name",
    ),
    (on("kubernetes", image="a", cpu_request=0.01), "float_too_small", "/runner/parameters/cpu_request"),
    (on("kubernetes", image="a", memory_request=9), "integer_too_small", "/runner/parameters/memory_request"),
    (on("kubernetes", image="a", cpu_request=2, cpu_limit=1), "invalid_value", "/runner/parameters/cpu_request"),
    (on("kubernetes", image="a", pull_policy="x"), "invalid_value", "/runner/parameters/pull_policy"),
    (on("kubernetes", image="a", memory_limit=10_000_001), "integer_too_large", "/runner/parameters/memory_limit"),
    (on("kubernetes", image="a", pod_security="none"), "invalid_value", "/runner/parameters/pod_security"),
    (on("kubernetes", image="a", run_as_user=-1), "integer_too_small", "/runner/parameters/run_as_user"),
    (on("kubernetes", image="a", run_as_user=0), "invalid_value", "/runner/parameters/run_as_user"),
    (on("kubernetes", image="a", architecture="vax"), "invalid_value", "/runner/parameters/architecture"),
]
STEP = [
    ({"name": "job"}, "missing_or_null_value", "/steps"),
    (job(steps=None), "missing_or_null_value", "/steps"),
    (job(steps=[]), "empty_array", "/steps"),
    (job(steps=[{"code": "x"}, None]), "missing_or_null_value", "/steps/1"),
    (stepped(), "missing_step_content", "/steps/0"),
    (stepped(code="", command=None), "missing_step_content", "/steps/0"),
    (stepped(code="x", command={"name": "ls"}), "multiple_step_contents", "/steps/0"),
    (stepped(command={"name": "ls"}, script={"path": "x"}), "multiple_step_contents", "/steps/0"),
    (stepped(code="x", label="l" * 101), "string_too_long", "/steps/0/label"),
    (stepped(command={}), "missing_or_empty_string", "/steps/0/command/name"),
    (stepped(script={"path": ""}), "missing_or_empty_string", "/steps/0/script/path"),
    (stepped(code="x", on_failure="stop"), "invalid_value", "/steps/0/on_failure"),
    (stepped(code="a\0b"), "invalid_value", "/steps/0/code"),
    (stepped(command={"name": "ls", "arguments": ["x", "\0"]}), "invalid_value", "/steps/0/command/arguments/1"),
]


@pytest.mark.parametrize(("document", "code", "pointer"), [*TOP_LEVEL, *TRIGGERS, *PARAMETERS, *RUNNER, *STEP])
def test_a_broken_rule_has_its_code_and_its_place_and_breaks_no_other(
    document: dict[str, Any], code: str, pointer: str
) -> None:
    assert errors_of(document) == [(code, pointer)]


def test_a_name_may_be_too_long_and_malformed_at_once() -> None:
    assert errors_of(job(name="A" * 101)) == [("string_too_long", "/name"), ("invalid_format", "/name")]


def test_errors_come_in_the_order_of_the_members() -> None:
    document = {
        "steps": [{}],
        "runner": {"name": "moon"},
        "parameters": [{"name": "P", "type": "x"}],
        "trigger": {"event": "time/tick", "parameters": {"periodic": 1}, "filters": [{"matches": "("}]},
        "name": "",
    }
    assert [pointer for _, pointer in errors_of(document)] == [
        "/name",
        "/trigger/parameters/periodic",
        "/trigger/filters/0/matches",
        "/parameters/0/name",
        "/parameters/0/type",
        "/runner/name",
        "/steps/0",
    ]


def test_pointers_start_where_the_document_stands() -> None:
    _, errors = decode_job_spec({"name": "", "steps": [{}]}, allowed_runners=RUNNERS, tokens=(3,))
    assert [error.pointer for error in errors] == ["/3/name", "/3/steps/0"]


@pytest.mark.parametrize("document", [job(), job(runner=None), job(runner={"name": "local", "parameters": None})])
def test_a_runner_that_the_server_does_not_allow_is_refused_also_when_it_is_implied(document: dict[str, Any]) -> None:
    assert errors_of(document, allowed=("docker",)) == [("invalid_value", "/runner/name")]


def test_a_runner_that_is_not_configured_says_so_with_those_that_are() -> None:
    _, errors = decode_job_spec(on("kubernetes", image="a"), allowed_runners=("docker", "local"))

    assert [(error.pointer, error.message) for error in errors] == [
        ("/runner/name", 'runner "kubernetes" is not configured here; runners that jobs may use: docker, local')
    ]


@pytest.mark.parametrize(
    "host", ["h", "my-server.example.com", "10.0.0.1", "::1", "fe80::1%eth0", "bücher.example", "a_b"]
)
def test_names_and_addresses_of_hosts_are_accepted(host: str) -> None:
    assert errors_of(on("ssh", host=host)) == []


WRONG_TYPES = [
    ([], "the document must be an object, not an array"),
    (job(name=1), "/name must be a string, not a number"),
    (job(concurrent="yes"), "/concurrent must be a boolean, not a string"),
    (job(mask_secrets=1), "/mask_secrets must be a boolean, not a number"),
    (job(retention=1.5), "/retention must be an integer of 64 bits, without fraction or exponent, not a number"),
    (job(retention=2**63), "/retention must be an integer of 64 bits, without fraction or exponent, not a number"),
    (job(identities="a"), "/identities must be an array, not a string"),
    (job(identities=["a", None]), "/identities/1 must be a string, not null"),
    (job(environment={"A": 1}), "/environment/A must be a string, not a number"),
    (job(trigger="time/tick"), "/trigger must be an object, not a string"),
    (job(trigger={}), '/trigger/event: invalid event ""; write it as <connector>/<event>, such as time/tick'),
    (
        job(trigger={"event": "time/"}),
        '/trigger/event: invalid event "time/"; write it as <connector>/<event>, such as time/tick',
    ),
    (
        filtered({"path": "a"}),
        '/trigger/filters/0/path: invalid json pointer "a": it must be empty or start with "/"',
    ),
    (filtered({"matches": 1}), "/trigger/filters/0/matches must be a string, not a number"),
    (timer({"hourly": []}), "/trigger/parameters/hourly must be an object, not an array"),
    (timer({"periodic": "30"}), "/trigger/parameters/periodic must be an integer of 64 bits, without fraction or"),
    (
        on("docker", image="a", volume="/"),
        '/runner/parameters: unknown member "volume"; known members: image, cpu_limit',
    ),
    (on("local", image="a"), '/runner/parameters: unknown member "image"; no members are known here'),
    (on("ssh", host="h", host_key="é="), "/runner/parameters/host_key is not Base64"),
    (on("ssh", host="h", host_key="A"), "/runner/parameters/host_key is not Base64"),
    (on("kubernetes", image="a", labels={"a": 1}), "/runner/parameters/labels/a must be a string, not a number"),
    (stepped(code=["x"]), "/steps/0/code must be a string, not an array"),
    (stepped(command="ls"), "/steps/0/command must be an object, not a string"),
    (job(steps=["ls"]), "/steps/0 must be an object, not a string"),
]


@pytest.mark.parametrize(("document", "sentence"), WRONG_TYPES)
def test_a_value_that_cannot_be_read_ends_the_reading_with_a_sentence(document: object, sentence: str) -> None:
    with pytest.raises(DecodeError) as error:
        decode_job_spec(document, allowed_runners=RUNNERS)
    assert str(error.value).startswith(sentence)


@pytest.mark.parametrize(
    "image",
    [
        "alpine",
        "alpine:3.16",
        "ghcr.io/acme/web:v1.2",
        "localhost:5000/a/b_c__d-e.f",
        "[::1]:5000/a",
        f"a@sha256:{'0' * 64}",
        "Registry.Example.com/a",
    ],
)
def test_references_of_images_are_accepted(image: str) -> None:
    assert errors_of(on("docker", image=image)) == []


@pytest.mark.parametrize("image", ["a b", "-a", "a:", "a@sha256:12", "a//b", "https://a/b", "a\n", "a" * 501, "a/B"])
def test_other_texts_are_no_references_of_images(image: str) -> None:
    assert errors_of(on("docker", image=image)) == [("invalid_string_format", "/runner/parameters/image")]
