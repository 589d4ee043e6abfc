"""Replaying events."""

from datetime import datetime

from eventline_api.audit_log.service import record
from eventline_api.events import store
from eventline_api.events.store import Event
from eventline_common.bus import Subjects
from eventline_common.db.session import Tx
from eventline_common.http.caller import CallerInProject
from eventline_common.http.transactions import Announcements
from eventline_common.ids import EventId


async def replay_event(
    tx: Tx, caller: CallerInProject, id: EventId, announcements: Announcements, subjects: Subjects, *, now: datetime
) -> Event:
    """Let an event happen again for its job (G-66); raise UnknownEvent."""
    event = await store.replay_event(tx, caller.project_id, id, now=now)
    name = f"{event.connector}/{event.name}"
    await record(tx, caller, "replay", "event", id=id, name=name, details={"new_event_id": event.id}, now=now)
    announcements.add(subjects.event(event.connector, event.name))
    return event
