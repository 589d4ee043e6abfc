"""The settings of every service: read once, typed, frozen, wrong ones told in sentences."""

from eventline_common.settings.connectors import (
    ConnectorsSettings,
    GithubConnectorSettings,
    GithubOAuth2Settings,
    SlackConnectorSettings,
    SlackOAuth2Settings,
)
from eventline_common.settings.errors import SettingsError
from eventline_common.settings.executor import ExecutorSettings
from eventline_common.settings.http_server import HttpServerSettings, TlsSettings
from eventline_common.settings.influx import InfluxSettings
from eventline_common.settings.limits import LimitsSettings
from eventline_common.settings.load import load_settings
from eventline_common.settings.logger import LogBackend, LoggerSettings, TerminalBackendSettings
from eventline_common.settings.monitoring import MonitoringSettings
from eventline_common.settings.notifications import NotificationsSettings, SmtpServerSettings
from eventline_common.settings.runners import (
    RUNNER_NAMES,
    DockerRunnerSettings,
    KubernetesRunnerSettings,
    LocalRunnerSettings,
    MountPoint,
    RunnersSettings,
    SshRunnerSettings,
)
from eventline_common.settings.servers import NatsSettings, PgSettings
from eventline_common.settings.tracing import TracingSettings
from eventline_common.settings.tree import Settings
from eventline_common.settings.workers import WorkerSettings

__all__ = [
    "RUNNER_NAMES",
    "ConnectorsSettings",
    "DockerRunnerSettings",
    "ExecutorSettings",
    "GithubConnectorSettings",
    "GithubOAuth2Settings",
    "HttpServerSettings",
    "InfluxSettings",
    "KubernetesRunnerSettings",
    "LimitsSettings",
    "LocalRunnerSettings",
    "LogBackend",
    "LoggerSettings",
    "MonitoringSettings",
    "MountPoint",
    "NatsSettings",
    "NotificationsSettings",
    "PgSettings",
    "RunnersSettings",
    "Settings",
    "SettingsError",
    "SlackConnectorSettings",
    "SlackOAuth2Settings",
    "SmtpServerSettings",
    "SshRunnerSettings",
    "TerminalBackendSettings",
    "TlsSettings",
    "TracingSettings",
    "WorkerSettings",
    "load_settings",
]
