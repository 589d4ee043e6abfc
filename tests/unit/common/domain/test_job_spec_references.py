"""What a specification refers to must be there and of use (contract job-spec, section 2; G-82)."""

from typing import Any

import pytest

from eventline_common.domain.job_spec import KnownIdentity, check_references, decode_job_spec

IDENTITIES = {
    "ready": KnownIdentity("ready", "generic/password"),
    "gh": KnownIdentity("ready", "github/token"),
    "waiting": KnownIdentity("pending", "github/oauth2"),
    "broken": KnownIdentity("error", "github/oauth2"),
}
PUSH = {"event": "github/push", "parameters": {"organization": "acme"}}
SSH = {"name": "ssh", "parameters": {"host": "h"}}
DOCKER = {"name": "docker", "parameters": {"image": "a"}}


def errors_of(enabled: tuple[str, ...] = ("time", "github", "webhook"), **members: Any) -> list[tuple[str, str]]:
    document = {"name": "job", "steps": [{"code": "true"}], **members}
    spec, errors = decode_job_spec(document, allowed_runners=("local", "ssh", "docker"))
    assert errors == []
    found = check_references(spec, identities=IDENTITIES, enabled_connectors=enabled, tokens=(2,))
    return [(error.code, error.pointer) for error in found]


@pytest.mark.parametrize(
    ("members", "code", "pointer"),
    [
        ({"identities": ["ready", "nobody"]}, "unknown_identity", "/2/identities/1"),
        ({"identities": ["waiting"]}, "pending_identity", "/2/identities/0"),
        ({"identities": ["broken"]}, "malfunctioning_identity", "/2/identities/0"),
        ({"trigger": {**PUSH, "identity": "nobody"}}, "unknown_identity", "/2/trigger/identity"),
        ({"trigger": {**PUSH, "identity": "waiting"}}, "pending_identity", "/2/trigger/identity"),
        ({"trigger": {**PUSH, "identity": "ready"}}, "invalid_identity_type", "/2/trigger/identity"),
        ({"runner": {**SSH, "identity": "nobody"}}, "unknown_identity", "/2/runner/identity"),
        ({"runner": {**SSH, "identity": "broken"}}, "malfunctioning_identity", "/2/runner/identity"),
        ({"runner": {**SSH, "identity": "gh"}}, "invalid_identity_type", "/2/runner/identity"),
        ({"runner": {**DOCKER, "identity": "ready"}}, "invalid_identity_type", "/2/runner/identity"),
        (
            {"trigger": {"event": "webhook/request", "identity": "gh"}},
            "invalid_identity_type",
            "/2/trigger/identity",
        ),
        (
            {"trigger": PUSH, "parameters": [{"name": "p", "type": "string"}]},
            "invalid_trigger_with_mandatory_parameters",
            "/2/trigger",
        ),
    ],
)
def test_a_reference_to_what_is_of_no_use_is_refused(members: dict[str, Any], code: str, pointer: str) -> None:
    assert errors_of(**members) == [(code, pointer)]


def test_a_disabled_connector_is_named_at_the_event() -> None:
    assert errors_of(enabled=("time",), trigger=PUSH) == [("disabled_connector", "/2/trigger/event")]


@pytest.mark.parametrize(
    "members",
    [
        {"identities": ["ready", "gh"]},
        {"trigger": {**PUSH, "identity": "gh"}},
        {"trigger": PUSH, "parameters": [{"name": "p", "type": "boolean", "default": False}]},
        {"runner": {**SSH, "identity": "ready"}},
        {"runner": {**DOCKER, "identity": "gh"}},
        {"trigger": {"event": "time/tick", "identity": "ready"}},
        {"trigger": {"event": "webhook/request", "parameters": {"authentication": "bearer"}, "identity": "ready"}},
        {"parameters": [{"name": "p", "type": "string"}]},
    ],
)
def test_a_reference_to_what_is_there_and_of_use_is_accepted(members: dict[str, Any]) -> None:
    assert errors_of(**members) == []
