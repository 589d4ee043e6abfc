"""How long things are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from eventline_scheduler.retention import store

LOGIN_FAILURES_KEPT = timedelta(days=1)
DELIVERIES_KEPT = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Periods:
    """Settings `event_retention` and `session_retention`; None keeps for ever."""

    events: timedelta | None
    sessions: timedelta | None


@dataclass(frozen=True, slots=True)
class Pruning:
    """Rows of one kind that are deleted when they are older than `kept`."""

    kind: str
    statement: str
    kept: timedelta


def prunings(periods: Periods) -> Sequence[Pruning]:
    """Return what is deleted by age alone."""
    always = [
        Pruning("oauth2_states", store.DELETE_OAUTH2_STATES, timedelta(0)),
        Pruning("login_failures", store.DELETE_LOGIN_FAILURES, LOGIN_FAILURES_KEPT),
        Pruning("webhook_deliveries", store.DELETE_WEBHOOK_DELIVERIES, DELIVERIES_KEPT),
    ]
    if periods.sessions is not None:
        always.append(Pruning("web_sessions", store.DELETE_WEB_SESSIONS, periods.sessions))
    return always
