"""Which events exist (handbook 6, contract job-spec, section 3)."""

from eventline_common.catalog.events import CONNECTORS, EVENTS


def test_the_events_of_the_handbook_and_ours_exist() -> None:
    assert [event.reference for event in EVENTS.values()] == [
        "time/tick",
        "github/raw",
        "github/push",
        "github/branch_creation",
        "github/branch_deletion",
        "github/tag_creation",
        "github/tag_deletion",
        "github/repository_creation",
        "github/repository_deletion",
        "webhook/request",
        "eventline/job_execution_finished",
    ]


def test_every_connector_has_events_or_identities() -> None:
    assert list(CONNECTORS) == [
        "aws", "dockerhub", "eventline", "generic", "github", "postgresql", "slack", "time", "webhook",
    ]  # fmt: skip
