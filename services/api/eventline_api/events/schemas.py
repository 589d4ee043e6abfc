"""Events on the wire (contract http-api, section 11)."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.events.store import Event
from eventline_common.http.views import Id


class EventView(BaseModel):
    """An event."""

    id: Id
    project_id: Id
    job_id: Id
    creation_time: datetime = Field(description="When it was recorded.")
    event_time: datetime = Field(description="When it happened, or was due.")
    connector: str = Field(examples=["time"])
    name: str = Field(examples=["tick"])
    data: dict[str, Any] = Field(examples=[{}])
    processed: bool = Field(default=False, description="Only present when true.", examples=[True])
    original_event_id: Id | None = Field(default=None, description="The event that this one replays.")


def event_view(event: Event) -> dict[str, object]:
    """Return the object of an event."""
    return {
        "id": event.id,
        "project_id": event.project_id,
        "job_id": event.job_id,
        "creation_time": event.creation_time,
        "event_time": event.event_time,
        "connector": event.connector,
        "name": event.name,
        "data": event.data,
        **({"processed": True} if event.processed else {}),
        **({"original_event_id": event.original_event_id} if event.original_event_id else {}),
    }
