"""Which events a delivery of GitHub means, and what their data are (contract identities-connectors, section 10)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from eventline_common.times import parse_time
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.github.targets import Target

_TAGS = "refs/tags/"
_BRANCHES = "refs/heads/"
_NO_REVISION = "0" * 40

Payload = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Occurrence:
    """Something that happened in a repository, or in an organization as a whole if `repository` is empty."""

    name: str
    organization: str
    repository: str
    event_time: datetime
    data: Mapping[str, object]


def is_for(target: Target, payload: Payload) -> bool:
    """Tell whether a payload belongs to the target that it was delivered to: the address is not signed."""
    organization, repository = _owner(payload), _text(payload, "repository", "name")
    if organization and organization.lower() != target.organization.lower():
        return False
    return not (target.repository and repository and repository.lower() != target.repository.lower())


def occurrences(delivery: Delivery, payload: Payload) -> Sequence[Occurrence]:
    """Return what a delivery tells: `raw` always, and at most one more."""
    target = Target.parse(delivery.target)
    raw = Occurrence(
        name="raw",
        organization=_owner(payload) or target.organization,
        repository=_text(payload, "repository", "name") or target.repository,
        event_time=delivery.reception_time,
        data={"delivery_id": delivery.delivery_id, "event_type": delivery.event_type, "event": payload},
    )
    special = _special(delivery, payload)
    return [raw] if special is None else [raw, special]


def _special(delivery: Delivery, payload: Payload) -> Occurrence | None:
    organization, repository = _text(payload, "organization", "login"), _text(payload, "repository", "name")
    if not organization or not repository:
        return None
    match delivery.event_type:
        case "repository":
            found = _repository(payload, now=delivery.reception_time)
        case "push":
            found = _push(payload, now=delivery.reception_time)
        case _:
            return None
    if found is None:
        return None
    name, event_time, data = found
    return Occurrence(
        name, organization, repository, event_time, {"organization": organization, "repository": repository, **data}
    )


def _repository(payload: Payload, *, now: datetime) -> tuple[str, datetime, Payload] | None:
    match payload.get("action"):
        case "created":
            return "repository_creation", _time(payload, "created_at") or now, {}
        case "deleted":
            return "repository_deletion", _time(payload, "updated_at") or now, {}
        case _:
            return None


def _push(payload: Payload, *, now: datetime) -> tuple[str, datetime, Payload] | None:
    ref, before, after = _text(payload, "ref"), _text(payload, "before"), _text(payload, "after")
    created, deleted = payload.get("created") is True, payload.get("deleted") is True
    kind, prefix = ("tag", _TAGS) if ref.startswith(_TAGS) else ("branch", _BRANCHES)
    if not ref.startswith(prefix) or not before or not after:
        return None
    name = {kind: ref.removeprefix(prefix)}
    if created:
        return f"{kind}_creation", now, {**name, "revision": after}
    if deleted:
        return f"{kind}_deletion", now, {**name, "revision": before}
    if kind == "tag":
        return None
    old = {} if before == _NO_REVISION else {"old_revision": before}
    return "push", now, {**name, **old, "new_revision": after}


def _owner(payload: Payload) -> str:
    """Return whose repository a payload is about; users have repositories too."""
    return _text(payload, "organization", "login") or _text(payload, "repository", "owner", "login")


def _text(payload: object, *path: str) -> str:
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload if isinstance(payload, str) else ""


def _time(payload: Payload, name: str) -> datetime | None:
    repository = payload.get("repository")
    value = repository.get(name) if isinstance(repository, dict) else None
    try:
        if isinstance(value, int) and not isinstance(value, bool):
            return datetime.fromtimestamp(value, UTC)
        return parse_time(value) if isinstance(value, str) else None
    except (ValueError, OverflowError, OSError):
        return None
