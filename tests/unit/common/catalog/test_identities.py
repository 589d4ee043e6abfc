"""Which identity types exist, and what may be in them (contract identities-connectors, section 3)."""

from typing import Any

import pytest

from eventline_common.catalog.events import EVENTS
from eventline_common.catalog.identities import (
    IDENTITY_TYPES,
    decode_identity_data,
    find_identity_type,
    identity_environment,
    secret_fields,
)
from eventline_common.catalog.runners import RUNNERS
from eventline_common.domain.validation import DecodeError

from .identity_examples import CLIENT, GITHUB, OAUTH2, TYPES


def decode(reference: str, data: object) -> tuple[dict[str, object], list[tuple[str, str]]]:
    connector, _, name = reference.partition("/")
    found, errors = decode_identity_data(connector, name, data)
    return found, [(error.code, error.pointer) for error in errors]


def test_the_table_is_complete() -> None:
    assert [reference for reference, *_ in TYPES] == [kind.reference for kind in IDENTITY_TYPES.values()]


@pytest.mark.parametrize(("reference", "data", "variables", "secrets"), TYPES)
def test_complete_data_come_back_equal_with_their_variables_and_secrets(
    reference: str, data: dict[str, Any], variables: dict[str, str], secrets: set[str]
) -> None:
    connector, _, name = reference.partition("/")
    assert decode(reference, {**data, "unknown": 1}) == (data, [])
    assert identity_environment(connector, name, data) == variables
    assert set(secret_fields(connector, name)) == secrets


@pytest.mark.parametrize(
    ("reference", "data", "stored"),
    [
        ("generic/password", {"password": "b", "login": ""}, {"password": "b"}),
        ("generic/gpg_key", {"public_key": "b"}, {"public_key": "b"}),
        ("generic/ssh_key", {"private_key": "a", "public_key": None}, {"private_key": "a\n"}),
        (
            "generic/oauth2",
            {"issuer": "https://e", **CLIENT, "scopes": ["a"]},
            {"issuer": "https://e", **CLIENT, "scopes": ["a"], "ttl": 0},
        ),
        ("github/oauth2", {**CLIENT, "scopes": ["repo"]}, {**CLIENT, "scopes": ["repo"], "ttl": 0}),
        ("slack/oauth2_bot", {"scopes": ["a"]}, {"scopes": ["a"]}),
    ],
)
def test_optional_fields_may_be_absent(reference: str, data: dict[str, Any], stored: dict[str, Any]) -> None:
    assert decode(reference, data) == (stored, [])


@pytest.mark.parametrize(
    ("reference", "data", "errors"),
    [
        (
            "aws/access_key",
            {},
            [
                ("missing_or_empty_string", "/data/access_key_id"),
                ("missing_or_empty_string", "/data/secret_access_key"),
            ],
        ),
        ("dockerhub/password", {"username": "a", "password": ""}, [("missing_or_empty_string", "/data/password")]),
        ("dockerhub/token", {"username": None, "token": "t"}, [("missing_or_empty_string", "/data/username")]),
        ("eventline/api_key", {}, [("missing_or_empty_string", "/data/key")]),
        ("generic/api_key", {}, [("missing_or_empty_string", "/data/key")]),
        ("generic/api_key", {"key": "a\0"}, [("invalid_value", "/data/key")]),
        ("generic/password", {"login": "a"}, [("missing_or_empty_string", "/data/password")]),
        (
            "generic/gpg_key",
            {"password": "a"},
            [("missing_value", "/data/private_key"), ("missing_value", "/data/public_key")],
        ),
        ("generic/ssh_key", {"public_key": "a"}, [("missing_or_empty_string", "/data/private_key")]),
        ("generic/oauth2", {**OAUTH2, "issuer": "example.com"}, [("missing_uri_scheme", "/data/issuer")]),
        ("generic/oauth2", {**OAUTH2, "issuer": "https://a b"}, [("invalid_uri_format", "/data/issuer")]),
        ("generic/oauth2", {**OAUTH2, "issuer": "https://[::1"}, [("invalid_uri_format", "/data/issuer")]),
        ("generic/oauth2", {**OAUTH2, "token_endpoint": "/t"}, [("missing_uri_scheme", "/data/token_endpoint")]),
        ("generic/oauth2", {**OAUTH2, "scopes": []}, [("empty_array", "/data/scopes")]),
        ("generic/oauth2", {**OAUTH2, "expiration_time": "soon"}, [("invalid_datetime", "/data/expiration_time")]),
        ("github/oauth2", {**GITHUB, "scopes": ["repo", "everything"]}, [("invalid_value", "/data/scopes/1")]),
        ("github/token", {"username": "a"}, [("missing_or_empty_string", "/data/token")]),
        ("postgresql/password", {"password": "a"}, [("missing_or_empty_string", "/data/user")]),
        ("slack/oauth2_user", {}, [("empty_array", "/data/scopes")]),
    ],
)
def test_a_broken_rule_has_its_code_and_its_field(
    reference: str, data: dict[str, Any], errors: list[tuple[str, str]]
) -> None:
    assert decode(reference, data)[1] == errors


@pytest.mark.parametrize(
    ("reference", "data", "sentence"),
    [
        ("moon/key", {}, 'unknown connector "moon"; connectors with identities: aws, dockerhub, eventline, generic'),
        ("time/key", {}, 'unknown connector "time"; connectors with identities'),
        ("github/key", {}, 'unknown identity type "key" of connector "github"; its types: oauth2, token'),
        ("generic/api_key", [], "/data must be an object, not an array"),
        ("generic/api_key", {"key": 1}, "/data/key must be a string, not a number"),
        ("generic/oauth2", {**OAUTH2, "scopes": "a"}, "/data/scopes must be an array, not a string"),
        ("generic/oauth2", {**OAUTH2, "discovery": "yes"}, "/data/discovery must be a boolean, not a string"),
    ],
)
def test_what_cannot_be_read_ends_with_a_sentence(reference: str, data: object, sentence: str) -> None:
    with pytest.raises(DecodeError) as error:
        decode(reference, data)
    assert str(error.value).startswith(sentence)


def test_identities_that_need_a_browser_and_those_that_expire_are_marked() -> None:
    deferred = {kind.reference for kind in IDENTITY_TYPES.values() if kind.deferred}
    assert deferred == {"generic/oauth2", "github/oauth2", "slack/oauth2_bot", "slack/oauth2_user"}
    assert deferred == {kind.reference for kind in IDENTITY_TYPES.values() if kind.refreshable}
    assert find_identity_type("github", "oauth2").reference == "github/oauth2"


def test_every_identity_type_that_a_runner_or_an_event_names_exists() -> None:
    named = {name for runner in RUNNERS.values() for name in runner.identity_types}
    named |= {name for event in EVENTS.values() for name in event.identity_types}
    assert named <= {kind.reference for kind in IDENTITY_TYPES.values()}


@pytest.mark.parametrize(
    ("runner", "types"),
    [
        ("local", []),
        ("docker", ["dockerhub/password", "dockerhub/token", "github/oauth2", "github/token"]),
        ("kubernetes", ["dockerhub/password", "dockerhub/token", "github/oauth2", "github/token"]),
        ("ssh", ["generic/password", "generic/ssh_key"]),
    ],
)
def test_a_runner_can_use_these_identities(runner: str, types: list[str]) -> None:
    assert list(RUNNERS[runner].identity_types) == types
