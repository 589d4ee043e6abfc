"""Where the authorization server of an identity is, and how it wants to be spoken to (identities-connectors, 5)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

from eventline_common.http.outgoing import OutgoingClient
from eventline_common.oauth2.discovery import Metadata, discover
from eventline_common.oauth2.errors import OAuth2Error, one_line
from eventline_common.settings import ConnectorsSettings, SlackOAuth2Settings

Data = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Provider:
    """An authorization server as one identity sees it.

    `issuer` is what an answer must come from when it says where it comes from (RFC 9207), empty if nothing is known.
    """

    authorization_endpoint: str
    token_endpoint: str
    client_id: str
    client_secret: str = field(repr=False)
    pkce: bool = False
    auth_method: str = "client_secret_basic"
    issuer: str = ""


class Providers:
    """Finds the provider of an identity, by asking it if the identity says so."""

    def __init__(self, client: OutgoingClient, settings: ConnectorsSettings) -> None:
        self._client = client
        self._settings = settings

    async def find(self, connector: str, data: Data) -> Provider:
        """Return the provider for the data of an identity; raise OAuth2Error."""
        match connector:
            case "github":
                github = self._settings.github.oauth2
                client = _client(data)
                return Provider(github.authorization_endpoint, github.token_endpoint, *client, pkce=True)
            case "slack":
                slack = self._settings.slack.oauth2
                client = _slack_client(data, slack)
                return Provider(slack.authorization_endpoint, slack.token_endpoint, *client)
            case _:
                return await self._generic(data)

    async def _generic(self, data: Data) -> Provider:
        issuer, endpoint = _text(data, "issuer"), _text(data, "discovery_endpoint")
        client_id, client_secret = _client(data)
        found = await discover(self._client, issuer, endpoint=endpoint) if data.get("discovery") else None
        return Provider(
            authorization_endpoint=_endpoint(
                "authorization endpoint",
                _text(data, "authorization_endpoint"),
                found.authorization_endpoint if found else "",
                _below(issuer, "/authorize"),
            ),
            token_endpoint=_endpoint(
                "token endpoint",
                _text(data, "token_endpoint"),
                found.token_endpoint if found else "",
                _below(issuer, "/token"),
            ),
            client_id=client_id,
            client_secret=client_secret,
            pkce=found is not None and found.offers_pkce,
            auth_method=_auth_method(found),
            issuer="" if endpoint else issuer,
        )


def _client(data: Data) -> tuple[str, str]:
    return _text(data, "client_id"), _text(data, "client_secret")


def _slack_client(data: Data, settings: SlackOAuth2Settings) -> tuple[str, str]:
    """Return the identity's own client, or the one of the settings; raise OAuth2Error if there is none."""
    client = _client(data) if data.get("client_id") else (settings.client_id, settings.client_secret)
    if not all(client):
        raise OAuth2Error(
            "there is no Slack application: give the identity client_id and client_secret, or the server the settings"
            " connectors.slack.oauth2.client_id and connectors.slack.oauth2.client_secret"
        )
    return client


def _endpoint(what: str, *candidates: str) -> str:
    """Return the first candidate that is not empty; raise OAuth2Error unless browsers and we can go there."""
    found = next((candidate for candidate in candidates if candidate), "")
    try:
        parts = urlsplit(found)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.fragment:
        raise OAuth2Error(f'the {what} "{one_line(found)}" is not an address that starts with https:// or http://')
    return found


def _below(issuer: str, path: str) -> str:
    """Return a path on the host of the issuer, whose own path is dropped."""
    try:
        parts = urlsplit(issuer)
    except ValueError:
        return issuer
    return urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _auth_method(metadata: Metadata | None) -> str:
    """Return how the client proves who it is: in a header, unless the server only takes it in the body."""
    methods = metadata.token_endpoint_auth_methods if metadata else ()
    only_in_body = "client_secret_post" in methods and "client_secret_basic" not in methods
    return "client_secret_post" if only_in_body else "client_secret_basic"


def _text(data: Data, name: str) -> str:
    value = data.get(name)
    return value if isinstance(value, str) else ""
