"""How long things are kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from eventline_scheduler.retention import store

LOGIN_FAILURES_KEPT = timedelta(days=1)
DELIVERIES_KEPT = timedelta(days=7)
# What people were told, and which runs were missed; what still waits to be told is never deleted.
NOTIFICATIONS_KEPT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Pruning:
    """Rows of one kind that are deleted when they are older than `kept`."""

    kind: str
    statement: str
    kept: timedelta


# What is deleted by age alone, whatever the settings say.
BY_AGE: Sequence[Pruning] = (
    Pruning("oauth2_states", store.DELETE_OAUTH2_STATES, timedelta(0)),
    Pruning("login_failures", store.DELETE_LOGIN_FAILURES, LOGIN_FAILURES_KEPT),
    Pruning("webhook_deliveries", store.DELETE_WEBHOOK_DELIVERIES, DELIVERIES_KEPT),
    Pruning("notifications", store.DELETE_NOTIFICATIONS, NOTIFICATIONS_KEPT),
    Pruning("notification_deliveries", store.DELETE_NOTIFICATION_DELIVERIES, NOTIFICATIONS_KEPT),
    Pruning("missed_runs", store.DELETE_MISSED_RUNS, NOTIFICATIONS_KEPT),
)


def web_sessions(kept: timedelta) -> Pruning:
    """Return the deletion of web sessions, counted from their creation (setting `session_retention`)."""
    return Pruning("web_sessions", store.DELETE_WEB_SESSIONS, kept)


def audit_log(kept: timedelta) -> Pruning:
    """Return the deletion of what the audit log says, counted from when it happened (setting `audit_log_retention`)."""
    return Pruning("audit_log", store.DELETE_AUDIT_LOG, kept)
