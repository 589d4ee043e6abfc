"""The second half of the flow: tokens for a code, and new tokens for old ones (RFC 6749, sections 4.1.3 and 6)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import parse_qsl

from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.rfc6749.parameters import prepare_token_request

from eventline_common.http.outgoing import Answer, OutgoingClient, OutgoingError, shown
from eventline_common.oauth2.errors import OAuth2Error, provider_error
from eventline_common.oauth2.providers import Provider
from eventline_common.times import format_time

_LONGEST_TTL = 10 * 365 * 86_400


@dataclass(frozen=True, slots=True)
class Tokens:
    """What a token endpoint gave; ttl in seconds, 0 if the token does not expire; `more` are fields of the type."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    ttl: int
    more: Mapping[str, str] = field(default_factory=dict, repr=False)


async def exchange_code(
    client: OutgoingClient,
    provider: Provider,
    *,
    kind: tuple[str, str],
    code: str,
    redirect_uri: str,
    code_verifier: str | None,
) -> Tokens:
    """Exchange a code for tokens; raise OAuth2Error."""
    body = prepare_token_request(
        "authorization_code", redirect_uri=redirect_uri, code=code, code_verifier=code_verifier
    )
    return await _request(client, provider, kind, body)


async def refresh_tokens(
    client: OutgoingClient, provider: Provider, *, kind: tuple[str, str], refresh_token: str
) -> Tokens:
    """Exchange a refresh token for new tokens; raise OAuth2Error."""
    return await _request(client, provider, kind, prepare_token_request("refresh_token", refresh_token=refresh_token))


def with_tokens(data: Mapping[str, object], tokens: Tokens, *, now: datetime) -> dict[str, object]:
    """Return the data of an identity with new tokens; a refresh token stays until another one comes (G-38)."""
    changed = {name: value for name, value in data.items() if name != "expiration_time"}
    changed["access_token"] = tokens.access_token
    if tokens.refresh_token is not None:
        changed["refresh_token"] = tokens.refresh_token
    changed["ttl"] = tokens.ttl
    if tokens.ttl:
        changed["expiration_time"] = format_time(now + timedelta(seconds=tokens.ttl))
    return {**changed, **tokens.more}


def next_refresh(data: Mapping[str, object], *, now: datetime) -> datetime | None:
    """Return half of the way to the expiration; None if nothing expires or nothing could be refreshed (G-38)."""
    ttl = data.get("ttl")
    if not isinstance(ttl, int) or ttl <= 0 or not data.get("refresh_token"):
        return None
    return now + timedelta(seconds=-(-ttl // 2))


async def _request(client: OutgoingClient, provider: Provider, kind: tuple[str, str], body: str) -> Tokens:
    headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
    auth = ClientAuth(provider.client_id, provider.client_secret, provider.auth_method)
    try:
        uri, headers, body = auth.prepare("POST", provider.token_endpoint, headers, body)
        answer = await client.send("POST", uri, headers=headers, content=body.encode())
    except UnicodeEncodeError as error:
        raise OAuth2Error("client_id and client_secret must consist of Latin characters") from error
    except OutgoingError as error:
        raise OAuth2Error(f"the token endpoint failed: {error}") from error
    return read_tokens(kind, answer, place=shown(provider.token_endpoint))


def read_tokens(kind: tuple[str, str], answer: Answer, *, place: str) -> Tokens:
    """Read the answer of a token endpoint; raise OAuth2Error, also for one with status 200 but without a token."""
    document = _document(answer)
    if document is None:
        raise OAuth2Error(f"the token endpoint {place} answered with status {answer.status} and no JSON object")
    if document.get("error"):
        raise provider_error(document["error"], document.get("error_description"))
    if not answer.is_success:
        raise OAuth2Error(f"the token endpoint {place} answered with status {answer.status}")
    found = _READERS.get(kind, _read_plain)(document)
    if not found.access_token:
        raise OAuth2Error(f"the token endpoint {place} answered without an access token")
    return found


def _document(answer: Answer) -> Mapping[str, object] | None:
    if answer.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(answer.body.decode(errors="replace")))
    try:
        document = answer.json()
    except ValueError:
        return None
    return document if isinstance(document, Mapping) else None


def _read_plain(document: Mapping[str, object]) -> Tokens:
    return Tokens(
        access_token=_text(document, "access_token"),
        refresh_token=_text(document, "refresh_token") or None,
        ttl=_seconds(document.get("expires_in")),
    )


def _read_slack_bot(document: Mapping[str, object]) -> Tokens:
    found = _read_plain(document)
    return Tokens(found.access_token, found.refresh_token, found.ttl, _webhook(document))


def _read_slack_user(document: Mapping[str, object]) -> Tokens:
    """Read the tokens of the user who agreed; when they are refreshed, they stand at the top (Slack's reference)."""
    user = document.get("authed_user")
    if isinstance(user, Mapping) and user.get("access_token"):
        found = _read_plain(user)
    else:
        found = _read_plain(document if document.get("token_type") == "user" else {})
    return Tokens(found.access_token, found.refresh_token, found.ttl, _webhook(document))


def _webhook(document: Mapping[str, object]) -> Mapping[str, str]:
    webhook = document.get("incoming_webhook")
    if not isinstance(webhook, Mapping):
        return {}
    found = {
        "incoming_webhook_channel": _text(webhook, "channel"),
        "incoming_webhook_uri": _text(webhook, "url"),
    }
    return {name: value for name, value in found.items() if value}


_READERS: Mapping[tuple[str, str], Callable[[Mapping[str, object]], Tokens]] = {
    ("slack", "oauth2_bot"): _read_slack_bot,
    ("slack", "oauth2_user"): _read_slack_user,
}


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _seconds(value: object) -> int:
    """Return a number of seconds, which some servers write as a string; what makes no sense is 0."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        value = int(value[:20])
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 < value < _LONGEST_TTL:
        return 0
    return int(value)
