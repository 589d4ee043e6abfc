"""Outgoing webhooks: a signed JSON document per message; how to verify it is in `docs/guides/notifications.md`."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import orjson

from eventline_common.crypto.identities import IdentityCipher, UndecryptableIdentity
from eventline_common.crypto.project_secrets import WEBHOOK_SECRET, decrypt_project_secret
from eventline_common.http.outgoing import OutgoingClient, OutgoingError
from eventline_common.times import format_time
from eventline_notifier.channels.channel import Refused, Undeliverable
from eventline_notifier.domain import Execution, Message, Notification
from eventline_notifier.texts import link_of, subject_of


@dataclass(frozen=True, slots=True)
class WebhookChannel:
    """Posts to the address of the project, signed with its secret."""

    client: OutgoingClient
    cipher: IdentityCipher
    web_uri: str

    async def send(self, message: Message, *, now: datetime) -> str | None:
        """Send; only an answer with a status of success counts as taken."""
        target = message.target
        if target.webhook_uri is None or target.webhook_secret is None:
            raise Undeliverable("the project has no webhook")
        try:
            secret = decrypt_project_secret(
                self.cipher, target.webhook_secret, project_id=target.id, member=WEBHOOK_SECRET
            )
        except UndecryptableIdentity as error:
            raise Refused(f"the secret of the webhook cannot be used: {error}") from error
        body = orjson.dumps(document_of(message, self.web_uri))
        try:
            answer = await self.client.send(
                "POST",
                target.webhook_uri,
                headers=signed_headers(message.id, body, secret=secret, now=now),
                content=body,
            )
        except OutgoingError as error:
            raise Refused(str(error)) from error
        if not answer.is_success:
            raise Refused(f"the server answered {explained(answer.status)}")
        return None

    async def rest(self) -> None:
        """There is no conversation to end."""


def explained(status: int) -> str:
    """Return a status that is none of success, with what to do about it where that can be told."""
    return f"{status}, and redirections are not followed" if 300 <= status < 400 else str(status)


def signed_headers(message_id: str, body: bytes, *, secret: str, now: datetime) -> Mapping[str, str]:
    """Sign the timestamp and the body, so that an old request cannot be sent again as a new one."""
    timestamp = str(int(now.timestamp()))
    signature = hmac.new(secret.encode(), f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return {
        "Content-Type": "application/json",
        "Eventline-Message": message_id,
        "Eventline-Timestamp": timestamp,
        "Eventline-Signature": f"v1={signature}",
    }


def document_of(message: Message, web_uri: str) -> Mapping[str, object]:
    """Return the document; `total` counts the notifications that it stands for, of which it holds the first."""
    return {
        "id": message.id,
        "time": format_time(message.creation_time),
        "project": {"id": message.target.id, "name": message.target.name},
        "total": message.total,
        "counts": {kind.value: count for kind, count in message.counts.items()},
        "notifications": [_notification(notification, web_uri) for notification in message.notifications],
    }


def _notification(notification: Notification, web_uri: str) -> Mapping[str, object]:
    job = {"id": notification.job_id, "name": notification.job_name} if notification.job_id else None
    identity = (
        {"id": notification.identity_id, "name": notification.identity_name} if notification.identity_id else None
    )
    members = {
        "id": notification.id,
        "kind": notification.kind.value,
        "time": format_time(notification.creation_time),
        "subject": subject_of(notification),
        "link": link_of(notification, web_uri),
        "job": job,
        "job_execution": _execution(notification.execution) if notification.execution is not None else None,
        "identity": identity,
        "details": notification.details or None,
    }
    return {name: value for name, value in members.items() if value is not None}


def _execution(execution: Execution) -> Mapping[str, object]:
    members = {
        "id": execution.id,
        "start_time": format_time(execution.start_time) if execution.start_time else None,
        "end_time": format_time(execution.end_time) if execution.end_time else None,
        "failure_message": execution.failure_message,
    }
    return {name: value for name, value in members.items() if value is not None}
