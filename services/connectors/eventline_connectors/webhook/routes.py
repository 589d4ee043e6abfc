"""Where requests come in: authenticated, checked, stored, answered."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import orjson
from starlette.requests import Request
from starlette.responses import Response

from eventline_common.clock import Clock
from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import AWAY
from eventline_common.errors import InvalidValue, NotFound, Unavailable
from eventline_common.http.json_response import JsonResponse, no_content
from eventline_common.http.logged_paths import WEBHOOK_REQUESTS
from eventline_connectors.counters import Counters
from eventline_connectors.deliveries.bodies import Bodies
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.deliveries.intake import Intake
from eventline_connectors.webhook import contents
from eventline_connectors.webhook.lookups import WebhookLookups
from eventline_connectors.webhook.senders import SECRET_FIELDS, authenticate
from eventline_connectors.webhook.store import Webhook

PATH = WEBHOOK_REQUESTS + "{target}"

_TARGET = re.compile(r"[A-Za-z0-9_-]{32,100}")
_KEY_HEADER = "Idempotency-Key"
_KEY = re.compile(r"[ -~]{1,200}")
# Bytes of one header that is copied into an event.
_LONGEST_HEADER = 8192


class UnknownWebhook(NotFound):
    """No job has this address."""

    code = "unknown_webhook"


class InvalidIdempotencyKey(InvalidValue):
    """The key that names a request is too long, or not made of printable ASCII characters."""

    code = "invalid_idempotency_key"


@dataclass(frozen=True, slots=True)
class WebhookRequests:
    """The addresses of jobs with the trigger `webhook/request`."""

    lookups: WebhookLookups
    cipher: IdentityCipher
    intake: Intake
    clock: Clock
    counters: Counters
    bodies: Bodies

    async def receive(self, request: Request) -> Response:
        """Answer 204 once a request is committed, 200 if one with its key was here before; all else is an error."""
        target = request.path_params["target"]
        webhook = await self._find(target)
        content_type = request.headers.get("content-type", "").strip()
        body = await self.bodies.read(request)
        authenticate(_authentication(webhook), request.headers, body, self._secret(webhook))
        contents.check_content_type(content_type, has_body=bool(body))
        contents.decode(content_type, body)
        delivery = _delivery(target, webhook, request.headers, content_type, body, now=self.clock.now())
        new = await self.intake.take(delivery)
        self.counters.delivery_received("webhook", new=new)
        return no_content() if new else JsonResponse({"status": "known", "delivery_id": delivery.delivery_id})

    async def _find(self, target: str) -> Webhook:
        try:
            webhook = await self.lookups.find(target) if _TARGET.fullmatch(target) else None
        except AWAY as error:
            raise Unavailable("the request could not be stored for now; send it again later") from error
        if webhook is None:
            raise UnknownWebhook("no job has this address")
        if not webhook.is_active:
            raise Unavailable("the subscription of the job is not active yet; its status tells why")
        return webhook

    def _secret(self, webhook: Webhook) -> bytes:
        if webhook.identity is None:
            return b""
        member = SECRET_FIELDS.get(webhook.identity.type)
        if member is None:
            raise Unavailable(f"the identity of the job is of type {webhook.identity.type}, which has no secret to use")
        data = orjson.loads(self.cipher.decrypt(webhook.identity.data, context=webhook.identity.id))
        return str(data[member]).encode()


def _authentication(webhook: Webhook) -> str:
    return str(webhook.parameters.get("authentication", "none"))


def _delivery(
    target: str, webhook: Webhook, headers: Mapping[str, str], content_type: str, body: bytes, *, now: datetime
) -> Delivery:
    key = headers.get(_KEY_HEADER.lower())
    if key is not None and _KEY.fullmatch(key) is None:
        raise InvalidIdempotencyKey(f"the header {_KEY_HEADER} must be 1 to 200 printable ASCII characters")
    wanted = webhook.parameters.get("headers", ())
    names = wanted if isinstance(wanted, Sequence) else ()
    return Delivery(
        connector="webhook",
        target=target,
        delivery_id=key or str(uuid.uuid4()),
        body_hash=hashlib.sha256(body).digest(),
        reception_time=now,
        event_type=content_type[:200],
        headers={name: headers[name][:_LONGEST_HEADER] for name in names if name in headers},
        body=body,
    )
