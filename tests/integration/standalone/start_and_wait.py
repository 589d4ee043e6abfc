"""Starts an embedded PostgreSQL, says its address, and waits; run by the tests as a process of its own."""

import sys
import time
from pathlib import Path

from eventline_common.embedded.postgresql import EmbeddedPostgresql, PostgresqlOptions

if __name__ == "__main__":
    server = EmbeddedPostgresql.start(PostgresqlOptions(Path(sys.argv[1]), fsync=False))
    print(server.pid, server.uri, flush=True)
    time.sleep(600)
