"""Notifications on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.notifications.notification import Notification
from eventline_common.domain.notifications import Channel, NotificationKind, NotificationStatus
from eventline_common.http.views import Id


class DeliveryView(BaseModel):
    """What became of a notification by one channel."""

    channel: Channel
    status: NotificationStatus
    attempts: int = Field(ge=0, examples=[1])
    next_delivery_time: datetime | None = None
    delivery_time: datetime | None = None
    error_message: str | None = Field(default=None, examples=["the server refused the recipient"])


class NotificationView(BaseModel):
    """Something that the project is told."""

    id: Id
    project_id: Id
    kind: NotificationKind
    status: NotificationStatus
    creation_time: datetime
    message_id: Id | None = Field(
        default=None, description="The message that it goes out with; notifications with the same one are a digest."
    )
    job_id: Id | None = None
    job_execution_id: Id | None = None
    identity_id: Id | None = None
    details: dict[str, Any] = Field(examples=[{"job_name": "hello-world"}])
    error_message: str | None = Field(default=None, examples=["the project has no channel"])
    deliveries: list[DeliveryView]


def notification_view(notification: Notification) -> dict[str, object]:
    """Return the object of a notification; what is absent is omitted."""
    members = {
        "id": notification.id,
        "project_id": notification.project_id,
        "kind": notification.kind.value,
        "status": notification.status.value,
        "creation_time": notification.creation_time,
        "message_id": notification.message_id,
        "job_id": notification.job_id,
        "job_execution_id": notification.job_execution_id,
        "identity_id": notification.identity_id,
        "details": notification.details,
        "error_message": notification.error_message,
        "deliveries": list(notification.deliveries),
    }
    return {name: value for name, value in members.items() if value is not None}
