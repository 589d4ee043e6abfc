"""How the embedded PostgreSQL is set up: for one machine that has other things to do."""

from dataclasses import dataclass

# Read by `postgres --single -j`: statements end with a semicolon and an empty line.
BOOTSTRAP = """\
ALTER ROLE {superuser} PASSWORD '{superuser_password}';

CREATE ROLE {role} LOGIN CREATEDB PASSWORD '{password}';

CREATE DATABASE {database} OWNER {role};

"""

CONFIGURATION = """\
# Written once. eventline.conf is written anew at each start; settings below the next line win over it.
include 'eventline.conf'
"""

HOST_ACCESS = """\
# type  database  user  address       method
host    all       all   127.0.0.1/32  scram-sha-256
"""

SETTINGS = """\
# Written at each start; put settings of your own into postgresql.conf, below the include.
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = ''
max_connections = {max_connections}
password_encryption = 'scram-sha-256'
shared_buffers = {shared_buffers_mb}MB
effective_cache_size = 512MB
work_mem = 8MB
maintenance_work_mem = 64MB
huge_pages = off
dynamic_shared_memory_type = posix
random_page_cost = 1.1
effective_io_concurrency = 32
jit = off
checkpoint_timeout = 15min
checkpoint_completion_target = 0.9
max_wal_size = 1GB
min_wal_size = 80MB
wal_buffers = 8MB
max_wal_senders = 4
autovacuum_max_workers = 2
autovacuum_vacuum_scale_factor = 0.05
autovacuum_analyze_scale_factor = 0.05
logging_collector = off
log_checkpoints = off
log_line_prefix = '%m [%p] %a '
log_timezone = 'UTC'
timezone = 'UTC'
lc_messages = 'C'
"""

# Three idle processes less; version 18 and later know the setting.
SYNCHRONOUS_IO = "io_method = sync\n"
FIRST_WITH_IO_METHOD = 18

THROWAWAY = """\
fsync = off
synchronous_commit = off
full_page_writes = off
"""


@dataclass(frozen=True)
class PostgresqlTuning:
    """The sizes that a caller may choose."""

    max_connections: int = 100
    shared_buffers_mb: int = 64


def render_settings(tuning: PostgresqlTuning, *, port: int, fsync: bool, major: int) -> str:
    """Give the text of eventline.conf."""
    text = SETTINGS.format(
        port=port, max_connections=tuning.max_connections, shared_buffers_mb=tuning.shared_buffers_mb
    )
    if major >= FIRST_WITH_IO_METHOD:
        text += SYNCHRONOUS_IO
    return text if fsync else text + THROWAWAY
