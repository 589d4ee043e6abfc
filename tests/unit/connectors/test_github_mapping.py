"""Which events a delivery means, for payloads of every kind (contract identities-connectors, section 10)."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.github.mapping import is_for, occurrences
from eventline_connectors.github.targets import Target

NOW = datetime(2026, 1, 1, tzinfo=UTC)
SCALARS: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, False, 0, 1.5, "", "octo", "refs/heads/main", "refs/tags/v1", "created", "deleted", "0" * 40, [], {}]
)
OBJECTS = st.dictionaries(st.sampled_from(["login", "name", "owner", "created_at", "updated_at"]), SCALARS)
PAYLOADS = st.fixed_dictionaries(
    {},
    optional={
        "organization": SCALARS | OBJECTS,
        "repository": SCALARS | OBJECTS,
        **dict.fromkeys(("ref", "before", "after", "created", "deleted", "action"), SCALARS),
    },
)


def delivery(event_type: str, target: str = "octo") -> Delivery:
    return Delivery("github", target, "1", b"", NOW, event_type)


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(event_type=st.sampled_from(["push", "repository", "ping", "create"]), payload=PAYLOADS)
def test_every_payload_means_a_raw_event_and_at_most_one_more(event_type: str, payload: dict[str, Any]) -> None:
    found = occurrences(delivery(event_type), payload)

    assert found[0].name == "raw"
    assert found[0].data["event"] == payload
    assert len(found) <= 2
    for special in found[1:]:
        assert special.data["organization"] == special.organization == payload["organization"]["login"]
        assert special.data["repository"] == special.repository == payload["repository"]["name"]
    assert is_for(Target("octo"), payload) in (True, False)


@pytest.mark.parametrize(
    ("created_at", "time"),
    [
        ("2019-05-15T15:20:42Z", datetime(2019, 5, 15, 15, 20, 42, tzinfo=UTC)),
        (1557933565, datetime(2019, 5, 15, 15, 19, 25, tzinfo=UTC)),
        (10**20, NOW),
        (True, NOW),
        ("yesterday", NOW),
        (None, NOW),
    ],
)
def test_the_time_of_a_repository_is_its_own_if_it_can_be_read(created_at: object, time: datetime) -> None:
    payload = {
        "action": "created",
        "organization": {"login": "octo"},
        "repository": {"name": "hello", "created_at": created_at},
    }

    assert occurrences(delivery("repository"), payload)[1].event_time == time


@pytest.mark.parametrize(
    ("target", "expected"), [("octo", True), ("OCTO:Hello", True), ("octo:world", False), ("hexa", False)]
)
def test_a_payload_belongs_to_its_organization_and_its_repository(target: str, expected: bool) -> None:
    payload = {"organization": {"login": "Octo"}, "repository": {"name": "hello"}}

    assert is_for(Target.parse(target), payload) is expected


@pytest.mark.parametrize("text", ["", ":", "octo:", ":hello", "-octo", "octo-", "a/b", "octo:a/b", "octo:a:b", "é"])
def test_what_is_no_target_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not <organization>"):
        Target.parse(text)
