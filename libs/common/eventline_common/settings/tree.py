"""All settings, as one frozen value (handbook 9.3, service-config.md section 3)."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from eventline_common.settings.address import with_scheme
from eventline_common.settings.block import Block
from eventline_common.settings.connectors import ConnectorsSettings, read_connectors
from eventline_common.settings.encryption import read_key, read_previous_keys
from eventline_common.settings.executor import ExecutorSettings, read_executor
from eventline_common.settings.http_server import HttpServerSettings, read_http_server
from eventline_common.settings.influx import InfluxSettings, read_influx
from eventline_common.settings.limits import LimitsSettings, read_limits
from eventline_common.settings.logger import LoggerSettings, read_logger
from eventline_common.settings.monitoring import MonitoringSettings, read_monitoring
from eventline_common.settings.notifications import NotificationsSettings, read_notifications
from eventline_common.settings.runners import DEFAULT_RUNNERS, RunnersSettings, read_allowed_runners, read_runners
from eventline_common.settings.servers import NatsSettings, PgSettings, read_nats, read_pg
from eventline_common.settings.tracing import TracingSettings, read_tracing
from eventline_common.settings.workers import WorkerSettings, read_worker

API_ADDRESS = "localhost:8085"
CONNECTORS_ADDRESS = "localhost:8086"
WEB_ADDRESS = "localhost:8087"
WEB_URI = "http://localhost:8087"

_API_SERVER = HttpServerSettings(API_ADDRESS)
_CONNECTORS_SERVER = HttpServerSettings(CONNECTORS_ADDRESS)
_WEB_SERVER = HttpServerSettings(WEB_ADDRESS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The whole configuration.

    Retentions are in days, the refresh interval and the timeout in seconds. The URIs of the api and of the connectors
    are how web reaches them; empty, it goes to the addresses that they listen on.
    """

    logger: LoggerSettings = field(default_factory=LoggerSettings)
    data_directory: str = "data"
    api_http_server: HttpServerSettings = field(default=_API_SERVER)
    web_http_server: HttpServerSettings = field(default=_WEB_SERVER)
    connectors_http_server: HttpServerSettings = field(default=_CONNECTORS_SERVER)
    monitoring: MonitoringSettings = field(default_factory=MonitoringSettings)
    influx: InfluxSettings | None = None
    tracing: TracingSettings | None = None
    pg: PgSettings = field(default_factory=PgSettings)
    nats: NatsSettings = field(default_factory=NatsSettings)
    encryption_key: bytes = field(default=b"", repr=False)
    encryption_keys_previous: tuple[bytes, ...] = field(default=(), repr=False)
    web_http_server_uri: str = WEB_URI
    api_http_server_uri: str = ""
    connectors_http_server_uri: str = ""
    insecure_http_cookies: bool = False
    hide_identity_secrets: bool = False
    connectors: ConnectorsSettings = field(default_factory=ConnectorsSettings)
    workers: Mapping[str, WorkerSettings] = field(default_factory=dict)
    max_parallel_job_executions: int | None = None
    job_execution_retention: int | None = None
    job_execution_refresh_interval: int = 10
    job_execution_timeout: int = 120
    event_retention: int | None = None
    audit_log_retention: int | None = None
    session_retention: int | None = None
    allowed_runners: tuple[str, ...] = DEFAULT_RUNNERS
    runners: RunnersSettings = field(default_factory=RunnersSettings)
    executor: ExecutorSettings = field(default_factory=ExecutorSettings)
    limits: LimitsSettings = field(default_factory=LimitsSettings)
    notifications: NotificationsSettings = field(default_factory=NotificationsSettings)

    def worker(self, name: str) -> WorkerSettings:
        """Give the settings of a worker, which need not be in the configuration."""
        return self.workers.get(name, WorkerSettings())


def read_settings(block: Block) -> Settings:
    """Read everything; what is wrong is in the problems of the block."""
    workers = block.block("workers")
    default = Settings()
    return Settings(
        logger=read_logger(block.block("logger")),
        data_directory=block.filled("data_directory", default.data_directory),
        api_http_server=read_http_server(block, "api_http_server", default=API_ADDRESS),
        web_http_server=read_http_server(block, "web_http_server", default=WEB_ADDRESS),
        connectors_http_server=read_http_server(
            block, "connectors_http_server", default=CONNECTORS_ADDRESS, unnamed=CONNECTORS_ADDRESS
        ),
        monitoring=read_monitoring(block.block("monitoring")),
        influx=read_influx(block.block("influx")) if block.has("influx") else None,
        tracing=read_tracing(block.block("tracing")) if block.has("tracing") else None,
        pg=read_pg(block.block("pg")),
        nats=read_nats(block.block("nats")),
        encryption_key=read_key(block),
        encryption_keys_previous=read_previous_keys(block),
        web_http_server_uri=_read_server_uri(block, "web_http_server_uri", WEB_URI),
        api_http_server_uri=_read_server_uri(block, "api_http_server_uri", ""),
        connectors_http_server_uri=_read_server_uri(block, "connectors_http_server_uri", ""),
        insecure_http_cookies=block.boolean("insecure_http_cookies", False),
        hide_identity_secrets=block.boolean("hide_identity_secrets", False),
        connectors=read_connectors(block.block("connectors")),
        workers={name: read_worker(workers.block(name)) for name in workers.members()},
        max_parallel_job_executions=block.optional_integer("max_parallel_job_executions"),
        job_execution_retention=block.optional_integer("job_execution_retention"),
        job_execution_refresh_interval=block.integer("job_execution_refresh_interval", 10, least=1, zero=True),
        job_execution_timeout=block.integer("job_execution_timeout", 120, least=1, zero=True),
        event_retention=block.optional_integer("event_retention"),
        audit_log_retention=block.optional_integer("audit_log_retention"),
        session_retention=block.optional_integer("session_retention"),
        allowed_runners=read_allowed_runners(block),
        runners=read_runners(block.block("runners")),
        executor=read_executor(block.block("executor")),
        limits=read_limits(block.block("limits")),
        notifications=read_notifications(block.block("notifications")),
    )


def _read_server_uri(block: Block, member: str, default: str) -> str:
    """Read the address of a server, accepting a bare `host:port`; the result has no slash at its end (G-51)."""
    members = Block({member: with_scheme(block.text(member))}, problems=block.problems)
    return members.uri(member, default, schemes=("http", "https")).rstrip("/")
