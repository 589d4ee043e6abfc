"""Reads and checks a delivery of GitHub: first the signature of the raw body, then what it says (section 9)."""

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs

import orjson

from eventline_common.crypto.signatures import ALGORITHMS, is_signed
from eventline_common.errors import EventlineError, Forbidden, InvalidRequestBody, InvalidValue, Unauthorized
from eventline_common.http.bodies import decode_foreign_json
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.github.targets import Target

_SIGNATURE_HEADERS = {"sha256": "X-Hub-Signature-256", "sha1": "X-Hub-Signature"}
_EVENT_TYPE = re.compile(r"[a-z0-9_.-]{1,100}")
_DELIVERY_ID = re.compile(r"[!-~]{1,200}")
_JSON = "application/json"
_FORM = "application/x-www-form-urlencoded"


class DisabledConnector(Forbidden):
    """The connector of GitHub is not enabled in the configuration."""

    code = "disabled_connector"


class MissingSignature(Unauthorized):
    """The delivery is not signed."""

    code = "missing_signature"


class InvalidSignature(Unauthorized):
    """The delivery is signed with another secret, or was changed on its way."""

    code = "invalid_signature"


class UnsupportedContentType(EventlineError):
    """The body is of a type that nobody here reads."""

    code = "unsupported_content_type"
    status = 415


class InvalidDeliveryHeader(InvalidValue):
    """A header that every delivery has is missing, or cannot be."""

    code = "invalid_delivery_header"


def check_content_type(headers: Mapping[str, str]) -> str:
    """Return the media type of a delivery; raise UnsupportedContentType."""
    media_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type not in (_JSON, _FORM):
        raise UnsupportedContentType(f'the content type "{media_type[:100]}" is not {_JSON} or {_FORM}')
    return media_type


def read_delivery(target: Target, headers: Mapping[str, str], body: bytes, *, secret: bytes, now: datetime) -> Delivery:
    """Return a delivery that GitHub sent; `headers` finds them in lower case. Raises what the answer is to be."""
    media_type = check_content_type(headers)
    check_signature(headers, body, secret)
    raw = body if media_type == _JSON else _payload_field(body)
    return make_delivery(
        target,
        decode_payload(raw),
        raw=raw,
        event_type=_header(headers, "X-GitHub-Event", _EVENT_TYPE),
        delivery_id=_header(headers, "X-GitHub-Delivery", _DELIVERY_ID),
        now=now,
    )


def make_delivery(
    target: Target,
    payload: Mapping[str, object],
    *,
    raw: bytes,
    event_type: str,
    delivery_id: str,
    now: datetime,
) -> Delivery:
    """Return the delivery of a payload. Its hash is that of what it says, however GitHub writes it down."""
    return Delivery(
        connector="github",
        target=target.key,
        delivery_id=delivery_id,
        body_hash=hashlib.sha256(orjson.dumps(payload, option=orjson.OPT_SORT_KEYS)).digest(),
        reception_time=now,
        event_type=event_type,
        body=raw,
    )


def check_signature(headers: Mapping[str, str], body: bytes, secret: bytes) -> None:
    """Raise MissingSignature or InvalidSignature; SHA-1 counts only when there is no SHA-256 (G-41)."""
    for algorithm in ALGORITHMS:
        signature = headers.get(_SIGNATURE_HEADERS[algorithm].lower())
        if signature is None:
            continue
        if is_signed(body, signature, secret, algorithm=algorithm):
            return
        raise InvalidSignature(
            f"the signature in {_SIGNATURE_HEADERS[algorithm]} is not that of the body; "
            "does the hook have the secret of the setting connectors.github.webhook_secret?"
        )
    raise MissingSignature(f"the delivery has no header {_SIGNATURE_HEADERS['sha256']}; give the hook a secret")


def decode_payload(raw: bytes) -> Mapping[str, object]:
    """Return the payload; raise InvalidRequestBody."""
    payload = decode_foreign_json(raw)
    if not isinstance(payload, dict):
        raise InvalidRequestBody("invalid request body: the payload must be a JSON object")
    return payload


def _payload_field(body: bytes) -> bytes:
    try:
        fields = parse_qs(body.decode("ascii"), strict_parsing=True, max_num_fields=10, errors="strict")
    except ValueError as error:
        raise InvalidRequestBody(f"invalid request body: not a form: {error}") from error
    values = fields.get("payload", [])
    if len(values) != 1:
        raise InvalidRequestBody('invalid request body: the form must have one field "payload"')
    return values[0].encode()


def _header(headers: Mapping[str, str], name: str, form: re.Pattern[str]) -> str:
    value = headers.get(name.lower(), "")
    if form.fullmatch(value) is None:
        raise InvalidDeliveryHeader(f"the header {name} is missing or malformed")
    return value
