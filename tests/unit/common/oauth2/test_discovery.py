"""Where discovery looks, and what it makes of what it finds (RFC 8414)."""

from collections.abc import Mapping

import orjson
import pytest

from eventline_common.http.outgoing import Answer, OutgoingClient
from eventline_common.oauth2.discovery import discover
from eventline_common.oauth2.errors import OAuth2Error
from eventline_common.oauth2.providers import Providers
from eventline_common.settings import ConnectorsSettings, SlackConnectorSettings, SlackOAuth2Settings

ISSUER = "https://sso.example.com/tenant"
RFC_PLACE = "https://sso.example.com/.well-known/oauth-authorization-server/tenant"
OLD_PLACE = "https://sso.example.com/.well-known/oauth-authorization-server"
DOCUMENT = {"issuer": ISSUER, "authorization_endpoint": f"{ISSUER}/a", "token_endpoint": f"{ISSUER}/t"}
IDENTITY = {"issuer": ISSUER, "discovery": True, "client_id": "c", "client_secret": "s"}


class Web(OutgoingClient):
    """Documents by their address; everything else is not there."""

    def __init__(self, documents: Mapping[str, object]) -> None:
        self.documents = documents
        self.asked: list[str] = []

    async def send(
        self, method: str, uri: str, *, headers: Mapping[str, str] | None = None, content: bytes | None = None
    ) -> Answer:
        self.asked.append(uri)
        if uri not in self.documents:
            return Answer(404, {}, b"")
        return Answer(200, {}, orjson.dumps(self.documents[uri]))


@pytest.mark.parametrize(("place", "asked"), [(RFC_PLACE, [RFC_PLACE]), (OLD_PLACE, [RFC_PLACE, OLD_PLACE])])
async def test_an_issuer_with_a_path_is_found_as_the_rfc_says_or_as_before(place: str, asked: list[str]) -> None:
    web = Web({place: DOCUMENT})

    found = await discover(web, ISSUER)

    assert (found.token_endpoint, web.asked) == (f"{ISSUER}/t", asked)


async def test_a_slash_at_the_end_makes_no_difference() -> None:
    assert await discover(
        Web({OLD_PLACE: {**DOCUMENT, "issuer": "https://sso.example.com"}}), "https://sso.example.com/"
    )


async def test_a_document_of_another_issuer_is_refused_unless_it_was_named() -> None:
    web = Web({RFC_PLACE: {**DOCUMENT, "issuer": "https://elsewhere.example"}, "https://d": DOCUMENT})

    with pytest.raises(OAuth2Error, match=r'found the issuer "https://elsewhere.example", not'):
        await discover(web, ISSUER)
    assert (await discover(web, "https://other.example", endpoint="https://d")).issuer == ISSUER


@pytest.mark.parametrize("document", [[], "text", None])
async def test_a_document_that_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(OAuth2Error, match="is not an object"):
        await discover(Web({RFC_PLACE: document}), ISSUER)


@pytest.mark.parametrize(
    ("more", "given", "method", "pkce"),
    [
        ({}, {}, "client_secret_basic", False),
        ({"code_challenge_methods_supported": ["plain", "S256"]}, {}, "client_secret_basic", True),
        ({"code_challenge_methods_supported": ["plain"]}, {}, "client_secret_basic", False),
        ({"token_endpoint_auth_methods_supported": ["client_secret_post"]}, {}, "client_secret_post", False),
        (
            {"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"]},
            {},
            "client_secret_basic",
            False,
        ),
        (
            {"code_challenge_methods_supported": "S256"},
            {"token_endpoint": "https://mine/t"},
            "client_secret_basic",
            False,
        ),
    ],
)
async def test_what_the_document_says_is_followed_and_what_the_user_says_wins(
    more: dict[str, object], given: dict[str, object], method: str, pkce: bool
) -> None:
    providers = Providers(Web({RFC_PLACE: {**DOCUMENT, **more}}), ConnectorsSettings())

    provider = await providers.find("generic", {**IDENTITY, **given})

    assert provider.authorization_endpoint == f"{ISSUER}/a"
    assert provider.token_endpoint == given.get("token_endpoint", f"{ISSUER}/t")
    assert (provider.auth_method, provider.pkce) == (method, pkce)


async def test_without_discovery_endpoints_are_on_the_host_of_the_issuer() -> None:
    web = Web({})

    provider = await Providers(web, ConnectorsSettings()).find("generic", {**IDENTITY, "discovery": False})

    assert provider.authorization_endpoint == "https://sso.example.com/authorize"
    assert provider.token_endpoint == "https://sso.example.com/token"
    assert web.asked == []


@pytest.mark.parametrize("endpoint", ["javascript:alert(1)", "/authorize", "https:", "https://x/#f", "https://[::1"])
async def test_an_endpoint_that_no_browser_should_open_is_refused(endpoint: str) -> None:
    providers = Providers(Web({RFC_PLACE: {**DOCUMENT, "authorization_endpoint": endpoint}}), ConnectorsSettings())

    with pytest.raises(OAuth2Error, match="is not an address that starts with https://"):
        await providers.find("generic", IDENTITY)


async def test_slack_has_the_application_of_the_identity_or_of_the_server_or_none() -> None:
    slack = SlackConnectorSettings(oauth2=SlackOAuth2Settings(client_id="server", client_secret="s"))
    configured = Providers(Web({}), ConnectorsSettings(slack=slack))

    assert (await configured.find("slack", {})).client_id == "server"
    assert (await configured.find("slack", {"client_id": "own", "client_secret": "s"})).client_id == "own"
    with pytest.raises(OAuth2Error, match="there is no Slack application"):
        await Providers(Web({}), ConnectorsSettings()).find("slack", {})


async def test_secrets_are_not_in_what_is_printed_of_a_provider() -> None:
    provider = await Providers(Web({}), ConnectorsSettings()).find(
        "github", {"client_id": "c", "client_secret": "hush"}
    )

    assert "hush" not in repr(provider)
    assert provider.token_endpoint == "https://github.com/login/oauth/access_token"
