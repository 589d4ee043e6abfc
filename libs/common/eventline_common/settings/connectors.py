"""Settings of the connectors (identities-connectors.md, section 12)."""

from dataclasses import dataclass, field

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class GithubConnectorSettings:
    """Settings `connectors.github`; the secret signs what GitHub sends."""

    enabled: bool = False
    webhook_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class ConnectorsSettings:
    """Settings `connectors`: only that of GitHub has any."""

    github: GithubConnectorSettings = field(default_factory=GithubConnectorSettings)


def read_connectors(block: Block) -> ConnectorsSettings:
    """Read `connectors`."""
    github = block.block("github")
    settings = GithubConnectorSettings(github.boolean("enabled", False), github.text("webhook_secret"))
    if settings.enabled and not settings.webhook_secret:
        github.wrong("webhook_secret", "is missing: an enabled connector needs a secret to check what GitHub sends")
    return ConnectorsSettings(settings)
