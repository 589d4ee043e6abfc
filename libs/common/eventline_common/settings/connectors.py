"""Settings of the connectors (identities-connectors.md, section 12)."""

from dataclasses import dataclass, field

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class GithubOAuth2Settings:
    """Settings `connectors.github.oauth2`: where GitHub, or a GitHub Enterprise server, gives tokens."""

    authorization_endpoint: str = "https://github.com/login/oauth/authorize"
    token_endpoint: str = "https://github.com/login/oauth/access_token"  # noqa: S105 - an address


@dataclass(frozen=True, slots=True)
class SlackOAuth2Settings:
    """Settings `connectors.slack.oauth2`; the client is the one of identities that have none of their own."""

    authorization_endpoint: str = "https://slack.com/oauth/v2/authorize"
    token_endpoint: str = "https://slack.com/api/oauth.v2.access"  # noqa: S105 - an address
    client_id: str = ""
    client_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class GithubConnectorSettings:
    """Settings `connectors.github`; the secret signs what GitHub sends, the recovery interval is in seconds."""

    enabled: bool = False
    webhook_secret: str = field(default="", repr=False)
    oauth2: GithubOAuth2Settings = field(default_factory=GithubOAuth2Settings)
    api_uri: str = "https://api.github.com"
    recovery_interval: int = 300


@dataclass(frozen=True, slots=True)
class SlackConnectorSettings:
    """Settings `connectors.slack`."""

    oauth2: SlackOAuth2Settings = field(default_factory=SlackOAuth2Settings)


@dataclass(frozen=True, slots=True)
class ConnectorsSettings:
    """Settings `connectors`."""

    github: GithubConnectorSettings = field(default_factory=GithubConnectorSettings)
    slack: SlackConnectorSettings = field(default_factory=SlackConnectorSettings)


def read_connectors(block: Block) -> ConnectorsSettings:
    """Read `connectors`."""
    github = block.block("github")
    default = GithubConnectorSettings()
    settings = GithubConnectorSettings(
        enabled=github.boolean("enabled", default.enabled),
        webhook_secret=github.text("webhook_secret"),
        api_uri=github.uri("api_uri", default.api_uri, schemes=("https", "http")).rstrip("/"),
        recovery_interval=github.integer("recovery_interval", default.recovery_interval, least=0),
        oauth2=_read_github_oauth2(github.block("oauth2")),
    )
    if settings.enabled and not settings.webhook_secret:
        github.wrong("webhook_secret", "is missing: an enabled connector needs a secret to check what GitHub sends")
    slack = block.block("slack").block("oauth2")
    return ConnectorsSettings(settings, SlackConnectorSettings(_read_slack_oauth2(slack)))


def _read_github_oauth2(block: Block) -> GithubOAuth2Settings:
    default = GithubOAuth2Settings()
    return GithubOAuth2Settings(
        authorization_endpoint=_read_endpoint(block, "authorization_endpoint", default.authorization_endpoint),
        token_endpoint=_read_endpoint(block, "token_endpoint", default.token_endpoint),
    )


def _read_slack_oauth2(block: Block) -> SlackOAuth2Settings:
    default = SlackOAuth2Settings()
    settings = SlackOAuth2Settings(
        authorization_endpoint=_read_endpoint(block, "authorization_endpoint", default.authorization_endpoint),
        token_endpoint=_read_endpoint(block, "token_endpoint", default.token_endpoint),
        client_id=block.text("client_id"),
        client_secret=block.text("client_secret"),
    )
    if bool(settings.client_id) != bool(settings.client_secret):
        missing = "client_secret" if settings.client_id else "client_id"
        block.wrong(missing, "is missing: client_id and client_secret belong together")
    return settings


def _read_endpoint(block: Block, member: str, default: str) -> str:
    return block.uri(member, default, schemes=("https", "http"))
