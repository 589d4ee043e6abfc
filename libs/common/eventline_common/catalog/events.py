"""Which events exist, and the parameters that subscribing to them takes (handbook 6, contract job-spec, 10 and 11)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from eventline_common.domain import timers
from eventline_common.domain.validation import Reader
from eventline_common.times import parse_time

# Reads the parameters of a trigger and returns them normalised.
ReadParameters = Callable[[Reader], dict[str, object]]

LEAST_PERIOD = 30
MOST_PERIOD = 86_400


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a connector."""

    connector: str
    name: str
    read_parameters: ReadParameters
    identity_types: Sequence[str] = ()
    parameters_optional: bool = False

    @property
    def reference(self) -> str:
        """The event as people write it."""
        return f"{self.connector}/{self.name}"


def _read_timer(reader: Reader) -> dict[str, object]:
    given = [kind for kind in timers.KINDS if reader.value.get(kind) is not None]
    if not given and not any(kind in reader.value for kind in timers.KINDS) and not reader.value:
        return {"hourly": {}}
    if len(given) != 1:
        found = " and ".join(given) or "none of them"
        reader.wrong(None, "invalid_value", f"parameters must have one of {', '.join(timers.KINDS)}, not {found}")
        return {}
    kind = given[0]
    if kind == "oneshot":
        return {kind: _read_instant(reader)}
    if kind == "periodic":
        return {kind: reader.integer(kind, least=LEAST_PERIOD, most=MOST_PERIOD)}
    child = reader.child(kind)
    assert child is not None
    return {kind: _read_mark(child, kind)}


def _read_instant(reader: Reader) -> str:
    text = reader.text("oneshot")
    try:
        parse_time(text)
    except ValueError as error:
        reader.wrong("oneshot", "invalid_datetime", str(error))
    return text


def _read_mark(reader: Reader, kind: str) -> dict[str, object]:
    mark: dict[str, object] = {}
    if kind == "weekly":
        mark["day"] = reader.choice("day", timers.WEEK_DAYS)
    for name, most in (("hour", 23), ("minute", 59), ("second", 59)):
        if name == "hour" and kind == "hourly":
            continue
        if value := reader.integer(name, least=0, most=most):
            mark[name] = value
    return mark


def _read_github(reader: Reader) -> dict[str, object]:
    found: dict[str, object] = {"organization": reader.filled("organization")}
    if repository := reader.text("repository"):
        found["repository"] = repository
    return found


_GITHUB_IDENTITIES = ("github/token", "github/oauth2")
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
    Event("time", "tick", _read_timer, parameters_optional=True),
    *(Event("github", name, _read_github, _GITHUB_IDENTITIES) for name in _GITHUB_EVENTS),
)

EVENTS: Mapping[tuple[str, str], Event] = {(event.connector, event.name): event for event in _EVENTS}
CONNECTORS: Sequence[str] = sorted({event.connector for event in _EVENTS} | {
    "aws", "dockerhub", "eventline", "generic", "postgresql", "slack"
})  # fmt: skip
