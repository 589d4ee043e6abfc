"""Subscriptions on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field

from eventline_api.subscriptions.store import Subscription
from eventline_common.http.logged_paths import WEBHOOK_REQUESTS
from eventline_common.http.views import Id, Name

_ADDRESS = "https://eventline.example.com/ext/connectors/webhook/requests/3q2-7wAAAAAA"


class SubscriptionView(BaseModel):
    """What the trigger of a job listens to."""

    id: Id
    project_id: Id
    job_id: Id | None = Field(default=None, description="Absent once the job is deleted.")
    job_name: Name | None = None
    connector: str = Field(examples=["github"])
    event: str = Field(examples=["push"])
    parameters: dict[str, Any] = Field(examples=[{"organization": "exograd"}])
    identity: Name | None = Field(default=None, description="The name of the identity of the trigger.")
    creation_time: datetime
    status: str = Field(
        examples=["active"],
        description="`inactive`: not subscribed yet; `active`: subscribed; `terminating`: being ended.",
    )
    last_update_time: datetime | None = Field(default=None, description="When the connector last dealt with it.")
    next_update_time: datetime | None = Field(default=None, description="When a failed subscription is tried again.")
    error_message: str | None = Field(
        default=None, description="What is wrong, if anything.", examples=["bad credentials"]
    )
    address: str | None = Field(
        default=None, description="Of `webhook/request`: where to send requests.", examples=[_ADDRESS]
    )


def subscription_view(subscription: Subscription, *, web_uri: str) -> dict[str, object]:
    """Return the object of a subscription; members that are not there have nothing to say."""
    optional = {
        "job_id": subscription.job_id,
        "job_name": subscription.job_name,
        "identity": subscription.identity_name,
        "last_update_time": subscription.last_update_time,
        "next_update_time": subscription.next_update_time,
        "error_message": subscription.error_message,
        "address": _address(subscription.target, web_uri),
    }
    return {
        "id": subscription.id,
        "project_id": subscription.project_id,
        "connector": subscription.connector,
        "event": subscription.event,
        "parameters": subscription.parameters,
        "creation_time": subscription.creation_time,
        "status": subscription.status,
        **{name: value for name, value in optional.items() if value is not None},
    }


def _address(target: str | None, web_uri: str) -> str | None:
    return None if target is None else f"{web_uri}{WEBHOOK_REQUESTS}{target}"
