"""The first half of the flow: the address where a person agrees (RFC 6749, section 4.1.1)."""

from collections.abc import Mapping, Sequence

from authlib.oauth2.rfc6749.parameters import prepare_grant_uri
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from eventline_common.oauth2.providers import Provider

# The one scope of Slack that belongs to the application whoever the token is for.
_SLACK_WEBHOOK = "incoming-webhook"


def redirect_uri(web_uri: str, connector: str, type: str) -> str:
    """Return where the provider sends people back to; it must be registered there exactly so."""
    return f"{web_uri}/ext/connectors/{connector}/{type}"


def scope_parameters(connector: str, type: str, scopes: Sequence[str]) -> Mapping[str, str]:
    """Return the query parameters that ask for scopes."""
    if connector != "slack":
        return {"scope": " ".join(scopes)}
    if type == "oauth2_bot":
        return {"scope": ",".join(scopes)}
    of_user = [scope for scope in scopes if scope != _SLACK_WEBHOOK]
    webhook = {"scope": _SLACK_WEBHOOK} if _SLACK_WEBHOOK in scopes else {}
    return {"user_scope": ",".join(of_user), **webhook}


def authorization_uri(
    provider: Provider, *, redirect_uri: str, state: str, scopes: Mapping[str, str], code_verifier: str | None
) -> str:
    """Return the address to open in a browser, with a challenge if there is a verifier."""
    challenge: dict[str, str] = {}
    if code_verifier is not None:
        challenge = {
            "code_challenge": create_s256_code_challenge(code_verifier),
            "code_challenge_method": "S256",
        }
    found: str = prepare_grant_uri(
        provider.authorization_endpoint,
        client_id=provider.client_id,
        response_type="code",
        redirect_uri=redirect_uri,
        state=state,
        **scopes,
        **challenge,
    )
    return found
