"""The channels that a project is told by besides mail, and what a body says about them.

Secrets come in and never go out: a member that is absent stays as it is, an empty or null one is removed.
"""

import ipaddress
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from eventline_common.domain.validation import Reader

_URI_LIMIT = 2000
_SECRET_LENGTH = 16, 200
_SLACK_CHANNEL_LIMIT = 200

Encrypt = Callable[[str], bytes]


@dataclass(frozen=True, slots=True)
class Channels:
    """What is stored; secrets are encrypted."""

    webhook_uri: str | None = None
    webhook_secret: bytes | None = field(default=None, repr=False)
    slack_identity: str | None = None
    slack_channel: str | None = None
    slack_webhook_uri: bytes | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class ChannelChanges:
    """What a body says: the members that are in it, with the empty text for those that are to go."""

    given: dict[str, str] = field(repr=False)
    place: Reader = field(repr=False)

    @classmethod
    def read(cls, reader: Reader) -> "ChannelChanges":
        """Read the members of channels and check what can be checked without knowing what is stored."""
        given = {name: reader.text(name) for name in Channels.__dataclass_fields__ if name in reader.value}
        if given.get("webhook_uri"):
            _check_uri(reader, "webhook_uri", given["webhook_uri"], plain=True)
        if given.get("slack_webhook_uri"):
            _check_uri(reader, "slack_webhook_uri", given["slack_webhook_uri"], plain=False)
        if given.get("webhook_secret"):
            reader.check_length("webhook_secret", given["webhook_secret"], *_SECRET_LENGTH)
        if given.get("slack_channel"):
            reader.check_length("slack_channel", given["slack_channel"], 1, _SLACK_CHANNEL_LIMIT)
        if given.get("slack_identity"):
            reader.name("slack_identity")
        return cls(given, reader)

    def apply(self, stored: Channels, *, encrypt_secret: Encrypt, encrypt_slack_uri: Encrypt) -> Channels:
        """Return what is stored from now on; what does not fit together is reported at its place."""
        webhook_uri = self._text("webhook_uri", stored.webhook_uri)
        secret = self._secret("webhook_secret", stored.webhook_secret, encrypt_secret)
        if webhook_uri is not None and secret is None:
            self.place.wrong(
                "webhook_secret",
                "missing_or_empty_string",
                "a webhook needs a secret that its requests are signed with; make one with: openssl rand -hex 32",
            )
        identity = self._text("slack_identity", stored.slack_identity)
        slack_uri = self._secret("slack_webhook_uri", stored.slack_webhook_uri, encrypt_slack_uri)
        if identity is not None and slack_uri is not None:
            self.place.wrong(
                "slack_identity", "invalid_value", "give either an identity or the address of an incoming webhook"
            )
        return Channels(
            webhook_uri=webhook_uri,
            webhook_secret=secret if webhook_uri is not None else None,
            slack_identity=identity,
            slack_channel=self._text("slack_channel", stored.slack_channel) if identity is not None else None,
            slack_webhook_uri=slack_uri,
        )

    def _text(self, name: str, stored: str | None) -> str | None:
        return (self.given[name] or None) if name in self.given else stored

    def _secret(self, name: str, stored: bytes | None, encrypt: Encrypt) -> bytes | None:
        if name not in self.given:
            return stored
        return encrypt(self.given[name]) if self.given[name] else None


def _check_uri(reader: Reader, name: str, text: str, *, plain: bool) -> None:
    """Refuse what is no address; without `plain`, only TLS is good enough, except on this machine. Never quotes it."""
    schemes = "http or https" if plain else "https"
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if len(text) > _URI_LIMIT or not text.isprintable() or " " in text or not host or port == 0:
        reader.wrong(name, "invalid_uri_format", f"it must be an {schemes} address of at most {_URI_LIMIT} characters")
    elif parts.scheme not in ("http", "https") or not (plain or parts.scheme == "https" or _is_local(host)):
        reader.wrong(name, "invalid_value", f"it must be an address with the scheme {schemes}")


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
