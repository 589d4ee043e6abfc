"""Finds out what an authorization server offers (RFC 8414)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from authlib.oauth2.rfc8414 import get_well_known_url

from eventline_common.http.outgoing import OutgoingClient, OutgoingError, shown
from eventline_common.oauth2.errors import OAuth2Error, one_line


@dataclass(frozen=True, slots=True)
class Metadata:
    """The members of a discovery document that matter here; empty ones are absent."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    code_challenge_methods: Sequence[str]
    token_endpoint_auth_methods: Sequence[str]

    @property
    def offers_pkce(self) -> bool:
        """Whether the server takes part in PKCE with the method S256."""
        return "S256" in self.code_challenge_methods


async def discover(client: OutgoingClient, issuer: str, *, endpoint: str = "") -> Metadata:
    """Fetch the document of an issuer, at `endpoint` if it is given; raise OAuth2Error.

    Without `endpoint` the document must be that of the issuer (RFC 8414, section 3.3). An issuer whose address has a
    path is looked for as the RFC says first, then without its path, as servers of version 1 did.
    """
    if endpoint:
        return await _fetch(client, endpoint)
    missing: OAuth2Error | None = None
    for place in _places(issuer):
        try:
            metadata = await _fetch(client, place)
        except _NoDocument as error:
            missing = missing or error
            continue
        if metadata.issuer.rstrip("/") != issuer.rstrip("/"):
            raise OAuth2Error(
                f'discovery at {shown(place)} found the issuer "{one_line(metadata.issuer)}", not "{one_line(issuer)}";'
                " correct issuer, or set discovery_endpoint"
            )
        return metadata
    assert missing is not None
    raise missing


class _NoDocument(OAuth2Error):
    """There is nothing at an address."""


def _places(issuer: str) -> Sequence[str]:
    bare = issuer.rstrip("/")
    path = urlsplit(bare).path
    without_path = bare.removesuffix(path) if path else bare
    return tuple(dict.fromkeys(get_well_known_url(place, external=True) for place in (bare, without_path)))


async def _fetch(client: OutgoingClient, place: str) -> Metadata:
    try:
        answer = await client.send("GET", place, headers={"Accept": "application/json"})
    except OutgoingError as error:
        raise OAuth2Error(f"discovery failed: {error}") from error
    if answer.status == 404:
        raise _NoDocument(f"discovery failed: there is no document at {shown(place)} (status 404)")
    if answer.status != 200:
        raise OAuth2Error(f"discovery failed: {shown(place)} answered with status {answer.status}")
    try:
        document = answer.json()
    except ValueError as error:
        raise OAuth2Error(f"discovery failed: the document at {shown(place)} is not JSON") from error
    if not isinstance(document, Mapping):
        raise OAuth2Error(f"discovery failed: the document at {shown(place)} is not an object")
    return Metadata(
        issuer=_text(document, "issuer"),
        authorization_endpoint=_text(document, "authorization_endpoint"),
        token_endpoint=_text(document, "token_endpoint"),
        code_challenge_methods=_texts(document, "code_challenge_methods_supported"),
        token_endpoint_auth_methods=_texts(document, "token_endpoint_auth_methods_supported"),
    )


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _texts(document: Mapping[str, object], name: str) -> Sequence[str]:
    value = document.get(name)
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
