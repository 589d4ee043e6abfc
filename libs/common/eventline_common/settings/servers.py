"""Settings of the servers that everything stands on: PostgreSQL and NATS."""

import re
from dataclasses import dataclass, field

from eventline_common.settings.block import Block


@dataclass(frozen=True, slots=True)
class PgSettings:
    """Settings `pg`. The size of the pool is that of each service; the timeout is in milliseconds."""

    uri: str = field(default="postgres://eventline:eventline@localhost:5432/eventline", repr=False)
    application_name: str = ""
    pool_size: int = 5
    connection_acquisition_timeout: int = 5000


@dataclass(frozen=True, slots=True)
class NatsSettings:
    """Settings `nats`."""

    uri: str = field(default="nats://localhost:4222", repr=False)
    token: str = field(default="", repr=False)
    user: str = ""
    password: str = field(default="", repr=False)
    subject_prefix: str = "eventline"


_PREFIX = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")


def read_pg(block: Block) -> PgSettings:
    """Read `pg`."""
    default = PgSettings()
    return PgSettings(
        uri=block.uri("uri", default.uri, schemes=("postgres", "postgresql"), needs_host=False),
        application_name=block.text("application_name"),
        pool_size=block.integer("pool_size", default.pool_size, least=2, most=1000, zero=True),
        connection_acquisition_timeout=block.integer(
            "connection_acquisition_timeout", default.connection_acquisition_timeout, least=1, zero=True
        ),
    )


def read_nats(block: Block) -> NatsSettings:
    """Read `nats`."""
    default = NatsSettings()
    prefix = block.filled("subject_prefix", default.subject_prefix)
    if not _PREFIX.fullmatch(prefix):
        block.wrong("subject_prefix", f'must be letters, digits, "_", "-" and single dots between them, not "{prefix}"')
    return NatsSettings(
        uri=block.uri("uri", default.uri, schemes=("nats", "tls", "ws", "wss")),
        token=block.text("token"),
        user=block.text("user"),
        password=block.text("password"),
        subject_prefix=prefix,
    )
