"""Signed deliveries, as senders make them."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

import orjson

from eventline_common.crypto.signatures import sign


@dataclass(frozen=True)
class SignedDelivery:
    """A request to post: `headers` and `body` as they are, to `path` below the address of the connectors or of web."""

    path: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


def github_delivery(
    payload: object,
    *,
    secret: str,
    target: str,
    event: str = "push",
    delivery_id: str | None = None,
    algorithm: str = "sha256",
    form: bool = False,
) -> SignedDelivery:
    """Return a delivery of GitHub to the hook of `target` (`<organization>` or `<organization>:<repository>`).

    `payload` is encoded unless it is bytes already; `form` sends it as a form, as hooks with that content type do.
    """
    raw = payload if isinstance(payload, bytes) else orjson.dumps(payload)
    body = urlencode({"payload": raw.decode()}).encode() if form else raw
    signature_header = "X-Hub-Signature-256" if algorithm == "sha256" else "X-Hub-Signature"
    headers = {
        "Content-Type": "application/x-www-form-urlencoded" if form else "application/json",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery_id or str(uuid.uuid4()),
        signature_header: sign(body, secret.encode(), algorithm=algorithm),
    }
    return SignedDelivery(f"/ext/connectors/github/hooks/{target}", body, headers)


def push_payload(
    *, organization: str, repository: str, branch: str = "main", after: str | None = None
) -> dict[str, object]:
    """Return the least payload of a push that means something; each one differs from every other."""
    return {
        "ref": f"refs/heads/{branch}",
        "before": uuid.uuid4().hex + "0" * 8,
        "after": after or uuid.uuid4().hex + "0" * 8,
        "created": False,
        "deleted": False,
        "repository": {"name": repository, "owner": {"login": organization}},
        "organization": {"login": organization},
    }
