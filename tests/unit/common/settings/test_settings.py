"""Settings have the defaults of the handbook, and each can be changed."""

import base64
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import pytest

from eventline_common.settings import (
    ExecutorSettings,
    HttpServerSettings,
    InfluxSettings,
    KubernetesRunnerSettings,
    LimitsSettings,
    LocalRunnerSettings,
    LogBackend,
    MountPoint,
    NatsSettings,
    PgSettings,
    Settings,
    SettingsError,
    SmtpServerSettings,
    TlsSettings,
    TracingSettings,
    WorkerSettings,
    load_settings,
)

KEY = bytes(range(32))
KEY_TEXT = base64.b64encode(KEY).decode()

TLS = TlsSettings(Path("c.pem"), Path("k.pem"))

Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a configuration that has a valid key, unless it gives one itself."""

    def load(source: str) -> Settings:
        path = tmp_path / "eventline.yaml"
        path.write_text(source if "encryption_key:" in source else f"encryption_key: {KEY_TEXT}\n{source}")
        return load_settings(path, {})

    return load


def test_a_configuration_with_only_a_key_has_all_defaults(load: Load) -> None:
    settings = load("")
    assert settings.encryption_key == KEY
    assert settings == Settings(encryption_key=KEY)
    assert settings.api_http_server.address == "localhost:8085"
    assert settings.web_http_server.address == "localhost:8087"
    assert settings.connectors_http_server.address == "localhost:8086"
    assert settings.web_http_server_uri == "http://localhost:8087"
    assert settings.pg.uri == "postgres://eventline:eventline@localhost:5432/eventline"
    assert settings.allowed_runners == ("local", "docker", "ssh")
    assert (settings.job_execution_refresh_interval, settings.job_execution_timeout) == (10, 120)
    assert settings.max_parallel_job_executions is None


EVERYTHING = """
logger: {backend_type: json, json_backend: {}, debug_level: 2, terminal_backend: {domain_width: 10, color: false}}
data_directory: /usr/share/eventline
api_http_server: {address: ":1", log_successful_requests: true, hide_internal_errors: true}
web_http_server: {tls: {certificate: c.pem, private_key: k.pem}, address: "[::1]:443", method_less_route_ids: true}
connectors_http_server: {address: "0.0.0.0:0"}
monitoring: {api: "", executor: "h:1"}
influx: {bucket: b, uri: https://i, org: o, token: t, batch_size: 5, tags: {a: b}, log_requests: true}
tracing: {endpoint: https://o/v1, sample_ratio: 0.5, headers: {a: b}}
pg: {uri: "postgresql:///db?host=/run", application_name: a, pool_size: 9, connection_acquisition_timeout: 1}
nats: {uri: "tls://n:1", token: t, user: u, password: p, subject_prefix: a.b}
insecure_http_cookies: true
api_http_server_uri: https://api/
connectors_http_server_uri: connectors:8086
connectors: {github: {enabled: true, webhook_secret: s, api_uri: "https://ghe/api/v3/", recovery_interval: 60}}
workers: {job-scheduler: {disabled: true, sleep_duration: 100}}
max_parallel_job_executions: 3
job_execution_retention: 4
job_execution_refresh_interval: 5
job_execution_timeout: 6
event_retention: 7
audit_log_retention: 9
session_retention: 8
allowed_runners: [local, ssh]
runners:
  local: {root_directory: /a, user: nobody}
  docker: {uri: "unix:///var/run/docker.sock", mount_points: [{source: /s, target: /t, read_only: true}]}
  ssh: {root_directory: /b}
  kubernetes: {config_path: /k, namespace: n, start_timeout: 30, architecture: arm64}
executor: {runners: [docker], max_executions: 1, shutdown_grace: 0, kill_delay: 0.5, timeout: 2}
limits: {request_body: 2048, webhook_body: 4096, jobs_per_deployment: 2, step_output: 0}
notifications:
  smtp_server: {address: "m:26", username: u, password: p}
  from_address: a@b
  subject_prefix: ""
  signature: ""
  allowed_domains: [b]
"""

CHANGED: list[tuple[Callable[[Settings], object], object]] = [
    (lambda s: s.logger.backend_type, LogBackend.JSON),
    (lambda s: s.logger.debug_level, 2),
    (lambda s: (s.logger.terminal_backend.domain_width, s.logger.terminal_backend.color), (10, False)),
    (lambda s: s.data_directory, "/usr/share/eventline"),
    (lambda s: s.api_http_server, HttpServerSettings(":1", log_successful_requests=True, hide_internal_errors=True)),
    (lambda s: s.web_http_server, HttpServerSettings("[::1]:443", TLS, method_less_route_ids=True)),
    (lambda s: s.connectors_http_server.address, "0.0.0.0:0"),
    (lambda s: (s.monitoring.api, s.monitoring.web, s.monitoring.executor), ("", "localhost:9087", "h:1")),
    (lambda s: s.influx, InfluxSettings("b", "https://i", "o", "t", 5, {"a": "b"}, log_requests=True)),
    (lambda s: s.tracing, TracingSettings("https://o/v1", 0.5, {"a": "b"})),
    (lambda s: s.pg, PgSettings("postgresql:///db?host=/run", "a", 9, 1)),
    (lambda s: s.nats, NatsSettings("tls://n:1", "t", "u", "p", "a.b")),
    (lambda s: s.insecure_http_cookies, True),
    (lambda s: s.api_http_server_uri, "https://api"),
    (lambda s: s.connectors_http_server_uri, "http://connectors:8086"),
    (lambda s: (s.connectors.github.enabled, s.connectors.github.webhook_secret), (True, "s")),
    (
        lambda s: (s.connectors.github.api_uri, s.connectors.github.recovery_interval),
        ("https://ghe/api/v3", 60),
    ),
    (lambda s: s.worker("job-scheduler"), WorkerSettings(disabled=True, sleep_duration=100)),
    (lambda s: s.worker("event-worker"), WorkerSettings()),
    (lambda s: (s.max_parallel_job_executions, s.job_execution_retention), (3, 4)),
    (lambda s: (s.job_execution_refresh_interval, s.job_execution_timeout), (5, 6)),
    (lambda s: (s.event_retention, s.session_retention, s.audit_log_retention), (7, 8, 9)),
    (lambda s: s.allowed_runners, ("local", "ssh")),
    (lambda s: s.runners.local, LocalRunnerSettings(Path("/a"), "nobody")),
    (lambda s: s.runners.docker.uri, "unix:///var/run/docker.sock"),
    (lambda s: s.runners.docker.mount_points, (MountPoint("/s", "/t", read_only=True),)),
    (lambda s: s.runners.ssh.root_directory, PurePosixPath("/b")),
    (lambda s: s.runners.kubernetes, KubernetesRunnerSettings("/k", "n", 30, "arm64")),
    (lambda s: s.executor, ExecutorSettings(("docker",), 1, 0, 0.5, 2)),
    (lambda s: s.limits, LimitsSettings(2048, 4096, 2, 0)),
    (lambda s: s.notifications.smtp_server, SmtpServerSettings("m:26", "u", "p")),
    (lambda s: (s.notifications.from_address, s.notifications.allowed_domains), ("a@b", ("b",))),
    (lambda s: (s.notifications.subject_prefix, s.notifications.signature), ("", "")),
]


@pytest.mark.parametrize(("read", "expected"), CHANGED)
def test_every_setting_can_be_changed(load: Load, read: Callable[[Settings], object], expected: object) -> None:
    assert read(load(EVERYTHING)) == expected
    assert read(load("")) != expected or expected == WorkerSettings()


def test_the_text_of_settings_holds_no_secret(load: Load) -> None:
    settings = load(
        "pg: {uri: 'postgres://u:hunter2@h/d'}\nnats: {password: hunter2, token: hunter2, uri: 'nats://u:hunter2@h'}\n"
        "connectors: {github: {webhook_secret: hunter2}}\nnotifications: {smtp_server: {password: hunter2}}\n"
        "influx: {bucket: b, token: hunter2}"
    )
    assert "hunter2" not in repr(settings)
    assert repr(KEY) not in repr(settings)


@pytest.mark.parametrize(
    ("given", "understood"),
    [
        ('""', "http://localhost:8087"),
        ("null", "http://localhost:8087"),
        ("localhost:8087", "http://localhost:8087"),
        ("eventline.example.com:80/base", "http://eventline.example.com:80/base"),
        ("'[::1]:8087'", "http://[::1]:8087"),
        ("https://eventline.example.com/", "https://eventline.example.com"),
    ],
)
def test_the_public_address_may_be_empty_or_bare(load: Load, given: str, understood: str) -> None:
    assert load(f"web_http_server_uri: {given}").web_http_server_uri == understood


def test_zero_means_unset_for_optional_integers_and_the_default_for_others(load: Load) -> None:
    settings = load(
        "max_parallel_job_executions: 0\nsession_retention: 0\njob_execution_timeout: 0\npg: {pool_size: 0}"
    )
    assert settings.max_parallel_job_executions is None
    assert settings.session_retention is None
    assert settings.job_execution_timeout == 120
    assert settings.pg.pool_size == 5


def test_null_is_as_good_as_absent_everywhere(load: Load) -> None:
    source = (
        "logger:\npg:\nnats: {uri:, token:}\nconnectors:\nrunners: {docker:}\nnotifications: {smtp_server:}\ninflux:\n"
    )
    assert load(f"{source}allowed_runners:\nworkers:\nlimits:\nexecutor:\nmonitoring:") == load("")


def test_an_empty_string_leaves_the_default_where_it_would_mean_nothing(load: Load) -> None:
    source = "pg: {uri: ''}\nnotifications: {from_address: '', smtp_server: {address: ''}}"
    settings = load(source)
    assert settings.pg.uri == "postgres://eventline:eventline@localhost:5432/eventline"
    assert settings.notifications.from_address == "no-reply@localhost"
    assert settings.notifications.smtp_server.address == "localhost:25"


def test_a_server_whose_object_names_no_address_listens_on_port_8080(load: Load) -> None:
    settings = load("api_http_server: {log_successful_requests: true}\nconnectors_http_server: {}")
    assert settings.api_http_server.address == "localhost:8080"
    assert settings.connectors_http_server.address == "localhost:8086"


def test_unknown_members_are_ignored(load: Load) -> None:
    source = (
        "pro: {license_name: x}\nservice_api: {http_server: api}\npg: {schema_names: [eventline]}\nconnectors: {x: {}}"
    )
    assert load(source) == load("")


def test_previous_keys_are_read_in_order(load: Load) -> None:
    others = [bytes([number]) * 32 for number in (1, 2)]
    listed = ", ".join(base64.b64encode(key).decode() for key in others)
    assert load(f"encryption_keys_previous: [{listed}]").encryption_keys_previous == tuple(others)


def test_without_a_file_the_key_is_missing() -> None:
    with pytest.raises(SettingsError) as raised:
        load_settings(None, {})
    assert raised.value.sentences[0].startswith("encryption_key is missing: it must be Base64")


def test_a_program_that_decrypts_nothing_needs_no_key_but_refuses_a_wrong_one(tmp_path: Path) -> None:
    assert load_settings(None, {}, needs_key=False) == Settings()
    (tmp_path / "eventline.yaml").write_text("encryption_key: x")
    with pytest.raises(SettingsError, match="encryption_key must be"):
        load_settings(tmp_path / "eventline.yaml", {}, needs_key=False)


@pytest.mark.parametrize(
    ("source", "allowed"),
    [
        ("", ("local", "docker", "ssh")),
        ("runners: {kubernetes: {}}", ("local", "docker", "ssh", "kubernetes")),
        ("allowed_runners: []", ("local", "docker", "ssh", "kubernetes")),
        ("allowed_runners: [kubernetes]", ("kubernetes",)),
        ("allowed_runners: [local]\nrunners: {kubernetes: {namespace: n}}", ("local",)),
    ],
)
def test_a_cluster_is_only_used_when_somebody_says_so(load: Load, source: str, allowed: tuple[str, ...]) -> None:
    assert load(source).allowed_runners == allowed
