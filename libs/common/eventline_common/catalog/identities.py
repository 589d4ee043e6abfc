"""Which identity types exist, and what their fields are (contract identities-connectors, section 3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from eventline_common.catalog.fields import FieldKind, IdentityField
from eventline_common.domain.validation import DecodeError, Reader, ValidationError

GITHUB_SCOPES = (
    "admin:gpg_key",
    "admin:org",
    "admin:org_hook",
    "admin:public_key",
    "admin:repo_hook",
    "codespace",
    "delete:packages",
    "delete_repo",
    "gist",
    "notifications",
    "public_repo",
    "read:discussion",
    "read:gpg_key",
    "read:org",
    "read:packages",
    "read:public_key",
    "read:repo_hook",
    "read:user",
    "repo",
    "repo:invite",
    "repo:status",
    "repo_deployment",
    "security_events",
    "user",
    "user:email",
    "user:follow",
    "workflow",
    "write:discussion",
    "write:gpg_key",
    "write:org",
    "write:packages",
    "write:public_key",
    "write:repo_hook",
)


@dataclass(frozen=True, slots=True)
class IdentityType:
    """A type of identity: deferred ones need a web browser before they are ready, refreshable ones expire."""

    connector: str
    name: str
    fields: tuple[IdentityField, ...]
    deferred: bool = False
    refreshable: bool = False
    one_of: tuple[str, ...] = ()
    together: tuple[str, ...] = ()

    @property
    def reference(self) -> str:
        """The type as people write it."""
        return f"{self.connector}/{self.name}"


def _secret(name: str, **more: Any) -> IdentityField:
    return IdentityField(name, secret=True, **more)


def _internal_tokens() -> tuple[IdentityField, ...]:
    return (
        _secret("access_token", verbatim=True, internal=True),
        _secret("refresh_token", verbatim=True, internal=True),
    )


_TTL = IdentityField("ttl", FieldKind.INTEGER, internal=True, always=True)
_EXPIRATION = IdentityField("expiration_time", FieldKind.DATE, internal=True, optional=True)
_CLIENT = (IdentityField("client_id", verbatim=True), _secret("client_secret", verbatim=True))


def _slack(name: str) -> IdentityType:
    fields = (
        *(IdentityField(each.name, secret=each.secret, verbatim=True, optional=True) for each in _CLIENT),
        IdentityField("scopes", FieldKind.STRING_LIST),
        *_internal_tokens(),
        IdentityField("ttl", FieldKind.INTEGER, internal=True),
        _EXPIRATION,
        IdentityField("incoming_webhook_channel", internal=True, optional=True),
        _secret("incoming_webhook_uri", internal=True, optional=True),
    )
    together = ("client_id", "client_secret")
    return IdentityType("slack", name, fields, deferred=True, refreshable=True, together=together)


_TYPES = (
    IdentityType(
        "aws",
        "access_key",
        (
            IdentityField("access_key_id", variable="AWS_ACCESS_KEY_ID"),
            _secret("secret_access_key", variable="AWS_SECRET_ACCESS_KEY"),
        ),
    ),
    IdentityType("dockerhub", "password", (IdentityField("username"), _secret("password"))),
    IdentityType("dockerhub", "token", (IdentityField("username"), _secret("token"))),
    IdentityType("eventline", "api_key", (_secret("key", verbatim=True, variable="EVENTLINE_API_KEY"),)),
    IdentityType("generic", "api_key", (_secret("key", verbatim=True),)),
    IdentityType("generic", "password", (IdentityField("login", optional=True), _secret("password"))),
    IdentityType(
        "generic",
        "gpg_key",
        (
            _secret("private_key", kind=FieldKind.TEXT, verbatim=True, optional=True),
            IdentityField("public_key", FieldKind.TEXT, verbatim=True, optional=True),
            _secret("password", optional=True),
        ),
        one_of=("private_key", "public_key"),
    ),
    IdentityType(
        "generic",
        "ssh_key",
        (
            _secret("private_key", kind=FieldKind.TEXT, verbatim=True, newline=True),
            IdentityField("public_key", FieldKind.TEXT, verbatim=True, optional=True, newline=True),
            IdentityField("certificate", FieldKind.TEXT, verbatim=True, optional=True, newline=True),
            _secret("password", optional=True),
        ),
    ),
    IdentityType(
        "generic",
        "oauth2",
        (
            IdentityField("issuer", FieldKind.URI),
            IdentityField("discovery", FieldKind.BOOLEAN, optional=True),
            IdentityField("discovery_endpoint", FieldKind.URI, optional=True),
            IdentityField("authorization_endpoint", FieldKind.URI, optional=True),
            IdentityField("token_endpoint", FieldKind.URI, optional=True),
            *_CLIENT,
            IdentityField("scopes", FieldKind.STRING_LIST),
            *_internal_tokens(),
            _TTL,
            _EXPIRATION,
        ),
        deferred=True,
        refreshable=True,
    ),
    IdentityType(
        "github",
        "oauth2",
        (
            IdentityField("username", optional=True, variable="GITHUB_USER"),
            *_CLIENT,
            IdentityField(
                "scopes",
                FieldKind.ENUM_LIST,
                values=GITHUB_SCOPES,
                preselected=("admin:repo_hook", "admin:org_hook", "write:repo_hook", "read:packages"),
            ),
            _secret("access_token", verbatim=True, internal=True, variable="GITHUB_TOKEN"),
            _secret("refresh_token", verbatim=True, internal=True),
            _TTL,
            _EXPIRATION,
        ),
        deferred=True,
        refreshable=True,
    ),
    IdentityType(
        "github",
        "token",
        (
            IdentityField("username", variable="GITHUB_USER"),
            _secret("token", verbatim=True, variable="GITHUB_TOKEN"),
        ),
    ),
    IdentityType(
        "postgresql",
        "password",
        (IdentityField("user", variable="PGUSER"), _secret("password", variable="PGPASSWORD")),
    ),
    _slack("oauth2_bot"),
    _slack("oauth2_user"),
)

IDENTITY_TYPES: Mapping[tuple[str, str], IdentityType] = {(each.connector, each.name): each for each in _TYPES}


def find_identity_type(connector: str, name: str) -> IdentityType:
    """Return a type; raises DecodeError, which lists the alternatives."""
    connectors = sorted({each.connector for each in _TYPES})
    if connector not in connectors:
        raise DecodeError(f'unknown connector "{connector}"; connectors with identities: {", ".join(connectors)}')
    if (connector, name) not in IDENTITY_TYPES:
        known = ", ".join(each.name for each in _TYPES if each.connector == connector)
        raise DecodeError(f'unknown identity type "{name}" of connector "{connector}"; its types: {known}')
    return IDENTITY_TYPES[connector, name]


def decode_identity_data(connector: str, name: str, value: object) -> tuple[dict[str, object], list[ValidationError]]:
    """Read the data of an identity; pointers start with `/data`, unknown fields are dropped, empty ones omitted.

    Raises DecodeError for an unknown type, data that are not an object, and fields of the wrong JSON type.
    """
    kind = find_identity_type(connector, name)
    reader = Reader.of(value, ("data",), [])
    read = {each.name: each.read(reader) for each in kind.fields}
    if kind.one_of and not any(read[each] for each in kind.one_of):
        for each in kind.one_of:
            reader.wrong(each, "missing_value", f"one of {' and '.join(kind.one_of)} is needed")
    if any(read[each] for each in kind.together):
        for each in kind.together:
            if not read[each]:
                reader.wrong(each, "missing_value", f"{' and '.join(kind.together)} belong together")
    return {key: found for key, found in read.items() if found is not None}, reader.errors


def initial_data(kind: IdentityType, data: Mapping[str, object]) -> dict[str, object]:
    """Return the data as they are before an initialization: what the server fills in is dropped, or 0 if needed."""
    kept = [each for each in kind.fields if (each.always if each.internal else each.name in data)]
    return {each.name: 0 if each.internal else data[each.name] for each in kept}


def identity_environment(connector: str, name: str, data: Mapping[str, object]) -> dict[str, str]:
    """Return the variables that an identity injects into executions."""
    fields = IDENTITY_TYPES[connector, name].fields
    return {each.variable: str(data[each.name]) for each in fields if each.variable and data.get(each.name)}


def secret_fields(connector: str, name: str) -> Sequence[str]:
    """Return the names of the fields whose values must never be shown."""
    return [each.name for each in IDENTITY_TYPES[connector, name].fields if each.secret]
