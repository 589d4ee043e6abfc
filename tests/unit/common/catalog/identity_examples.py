"""One complete example of each identity type, for every test that wants to see them all."""

from typing import Any

CLIENT = {"client_id": "id", "client_secret": "secret"}
TOKENS = {"access_token": "access", "refresh_token": "refresh", "expiration_time": "2026-01-31T10:20:30Z"}
SLACK = {
    "scopes": ["incoming-webhook"],
    **TOKENS,
    "incoming_webhook_channel": "#c",
    "incoming_webhook_uri": "https://h",
}
OAUTH2 = {
    "issuer": "https://example.com",
    "discovery": True,
    "discovery_endpoint": "https://example.com/d",
    "authorization_endpoint": "https://example.com/a",
    "token_endpoint": "https://example.com/t",
    **CLIENT,
    "scopes": ["read"],
    **TOKENS,
    "ttl": 3600,
}
GITHUB = {"username": "bob", **CLIENT, "scopes": ["repo", "read:packages"], **TOKENS, "ttl": 60}

# type, complete data, variables, secrets
TYPES: list[tuple[str, dict[str, Any], dict[str, str], set[str]]] = [
    (
        "aws/access_key",
        {"access_key_id": "a", "secret_access_key": "b"},
        {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
        {"secret_access_key"},
    ),
    ("dockerhub/password", {"username": "a", "password": "b"}, {}, {"password"}),
    ("dockerhub/token", {"username": "a", "token": "b"}, {}, {"token"}),
    ("eventline/api_key", {"key": "k"}, {"EVENTLINE_API_KEY": "k"}, {"key"}),
    ("generic/api_key", {"key": "k"}, {}, {"key"}),
    ("generic/password", {"login": "a", "password": "b"}, {}, {"password"}),
    (
        "generic/gpg_key",
        {"private_key": "a", "public_key": "b", "password": "c"},
        {},
        {"private_key", "password"},
    ),
    (
        "generic/ssh_key",
        {"private_key": "a\n", "public_key": "b\n", "certificate": "c\n", "password": "d"},
        {},
        {"private_key", "password"},
    ),
    ("generic/oauth2", OAUTH2, {}, {"client_secret", "access_token", "refresh_token"}),
    (
        "github/oauth2",
        GITHUB,
        {"GITHUB_USER": "bob", "GITHUB_TOKEN": "access"},
        {"client_secret", "access_token", "refresh_token"},
    ),
    (
        "github/token",
        {"username": "bob", "token": "github_pat_1"},
        {"GITHUB_USER": "bob", "GITHUB_TOKEN": "github_pat_1"},
        {"token"},
    ),
    ("postgresql/password", {"user": "a", "password": "b"}, {"PGUSER": "a", "PGPASSWORD": "b"}, {"password"}),
    ("slack/oauth2_bot", SLACK, {}, {"client_secret", "access_token", "refresh_token", "incoming_webhook_uri"}),
    ("slack/oauth2_user", SLACK, {}, {"client_secret", "access_token", "refresh_token", "incoming_webhook_uri"}),
]
