"""Which events exist, and what subscribing to them takes (handbook 6, contract job-spec, sections 3, 10 and 11)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eventline_common.catalog.event_parameters import read_followed_job, read_github, read_timer, read_webhook
from eventline_common.catalog.identities import IDENTITY_TYPES
from eventline_common.domain.validation import Reader

# Reads the parameters of a trigger and returns them normalised; what is wrong goes to the reader.
ReadParameters = Callable[[Reader], dict[str, object]]


def _never(parameters: Mapping[str, object]) -> bool:  # noqa: ARG001 - the shape of a rule
    return False


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a connector.

    `identity_types` are those that a trigger can name, all if empty; `default_parameters` stand for a trigger without
    parameters; `needs_identity` says whether the parameters make an identity mandatory.
    """

    connector: str
    name: str
    read_parameters: ReadParameters
    identity_types: Sequence[str] = ()
    default_parameters: Mapping[str, object] | None = None
    needs_identity: Callable[[Mapping[str, object]], bool] = _never

    @property
    def reference(self) -> str:
        """The event as people write it."""
        return f"{self.connector}/{self.name}"


def _is_authenticated(parameters: Mapping[str, object]) -> bool:
    return "authentication" in parameters


_GITHUB_IDENTITIES = ("github/token", "github/oauth2")
_SECRET_IDENTITIES = ("generic/api_key", "generic/password")
_GITHUB_EVENTS = (
    "raw",
    "push",
    "branch_creation",
    "branch_deletion",
    "tag_creation",
    "tag_deletion",
    "repository_creation",
    "repository_deletion",
)

_EVENTS = (
    # Without parameters a timer is hourly (G-13).
    Event("time", "tick", read_timer, default_parameters={"hourly": {}}),
    *(Event("github", name, read_github, _GITHUB_IDENTITIES) for name in _GITHUB_EVENTS),
    Event("webhook", "request", read_webhook, _SECRET_IDENTITIES, needs_identity=_is_authenticated),
    Event("eventline", "job_execution_finished", read_followed_job),
)

EVENTS: Mapping[tuple[str, str], Event] = {(event.connector, event.name): event for event in _EVENTS}
CONNECTORS: Sequence[str] = sorted({connector for connector, _ in (*EVENTS, *IDENTITY_TYPES)})
