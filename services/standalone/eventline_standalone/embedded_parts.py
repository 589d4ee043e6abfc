"""PostgreSQL and NATS as parts: they keep the port of their first start, so that the services find them again."""

import signal
import subprocess
from dataclasses import replace

from eventline_common.embedded.nats import EmbeddedNats, NatsOptions
from eventline_common.embedded.ports import LOOPBACK
from eventline_common.embedded.postgresql import EmbeddedPostgresql, PostgresqlOptions
from eventline_standalone.health import accepts_connections
from eventline_standalone.parts import Part

POSTGRESQL_STOP = ((signal.SIGINT, 30.0), (signal.SIGQUIT, 5.0))
NATS_STOP = ((signal.SIGTERM, 10.0),)


class PostgresqlStarter:
    """Starts the embedded PostgreSQL; `uri` is known after the first start."""

    def __init__(self, options: PostgresqlOptions) -> None:
        self._options = options
        self.uri = ""

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it and return once it accepts connections."""
        server = EmbeddedPostgresql.start(self._options)
        self._options = replace(self._options, port=server.port)
        self.uri = server.uri
        return server.process

    def is_ready(self) -> bool:
        """Tell whether it accepts connections."""
        return accepts_connections(LOOPBACK, self._options.port or 0)

    def part(self) -> Part:
        """Give the part for the supervisor."""
        log = self._options.data_directory / "server.log"
        return Part("postgresql", self.start, self.is_ready, log_file=log, stop_signals=POSTGRESQL_STOP)


class NatsStarter:
    """Starts the embedded NATS; `uri` is known after the first start."""

    def __init__(self, options: NatsOptions) -> None:
        self._options = options
        self.uri = ""

    def start(self) -> "subprocess.Popen[bytes]":
        """Start it and return once it accepts connections."""
        server = EmbeddedNats.start(self._options)
        self._options = replace(self._options, port=server.port)
        self.uri = server.uri
        return server.process

    def is_ready(self) -> bool:
        """Tell whether it accepts connections."""
        return accepts_connections(LOOPBACK, self._options.port or 0)

    def part(self) -> Part:
        """Give the part for the supervisor."""
        log = self._options.data_directory / "server.log"
        return Part("nats", self.start, self.is_ready, log_file=log, stop_signals=NATS_STOP)
