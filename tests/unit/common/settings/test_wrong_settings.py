"""What is wrong in a configuration is told with the name of the setting and what it may be, all at once."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from eventline_common.settings import Settings, SettingsError, load_settings

KEY_TEXT = base64.b64encode(bytes(range(32))).decode()

Load = Callable[[str], Settings]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Load a configuration that has a valid key, unless it gives one itself."""

    def load(source: str) -> Settings:
        path = tmp_path / "eventline.yaml"
        path.write_text(source if "encryption_key:" in source else f"encryption_key: {KEY_TEXT}\n{source}")
        return load_settings(path, {})

    return load


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("pg: {pool_size: 1}", "pg.pool_size must be an integer between 2 and 1000, not 1"),
        ("pg: {pool_size: 1001}", "pg.pool_size must be an integer between 2 and 1000, not 1001"),
        ('pg: {pool_size: "5"}', "pg.pool_size must be an integer between 2 and 1000, not a string"),
        ("pg: {pool_size: true}", "pg.pool_size must be an integer between 2 and 1000, not a boolean"),
        ("pg: {pool_size: 2.5}", "pg.pool_size must be an integer between 2 and 1000, not a number"),
        ("pg: [1]", "pg must be an object, not an array"),
        ("pg: {uri: localhost}", "pg.uri must be a URI that begins with postgres:// or postgresql://"),
        ("nats: {uri: 'nats://'}", "nats.uri must be a URI that begins with nats://, tls://, ws:// or wss://"),
        ("nats: {uri: 'nats://h:99999'}", "nats.uri must be a URI"),
        ("nats: {subject_prefix: 'a.*'}", "nats.subject_prefix must be letters, digits"),
        ("api_http_server: {address: localhost}", 'api_http_server.address must be <host>:<port>, not "localhost"'),
        ("api_http_server: {address: 'a:70000'}", 'api_http_server.address must be <host>:<port>, not "a:70000"'),
        ("api_http_server: {address: 8085}", "api_http_server.address must be a string, not an integer"),
        ("api_http_server: {tls: {certificate: c}}", "api_http_server.tls.private_key is missing"),
        ("api_http_server: {tls: {certificate: '', private_key: k}}", "api_http_server.tls.certificate is missing"),
        ("monitoring: {api: x}", 'monitoring.api must be <host>:<port>, or "" to turn it off, not "x"'),
        ("insecure_http_cookies: yes", "insecure_http_cookies must be true or false, not a string"),
        ("max_parallel_job_executions: -1", "max_parallel_job_executions must be an integer of at least 1, not -1"),
        ("session_retention: false", "session_retention must be an integer of at least 1, not a boolean"),
        ("job_execution_timeout: -5", "job_execution_timeout must be an integer of at least 1, not -5"),
        (
            "allowed_runners: [local, teleport]",
            'allowed_runners[1] must be local, docker, ssh or kubernetes, not "teleport"',
        ),
        ("allowed_runners: local", "allowed_runners must be an array, not a string"),
        ("allowed_runners: [1]", "allowed_runners[0] must be a string that is not empty, not an integer"),
        ("executor: {runners: [x]}", "executor.runners[0] must be local, docker, ssh or kubernetes"),
        ("executor: {kill_delay: -1}", "executor.kill_delay must be a number of at least 0, not -1"),
        ("executor: {timeout: 1h}", "executor.timeout must be a number of at least 1, not a string"),
        ("runners: {local: {root_directory: x}}", 'runners.local.root_directory must be an absolute path, not "x"'),
        ("runners: {ssh: {root_directory: x}}", 'runners.ssh.root_directory must be an absolute path, not "x"'),
        ("runners: {docker: {uri: 'http://x'}}", "runners.docker.uri must be a URI that begins with unix:// or tcp://"),
        ("runners: {docker: {uri: 'tcp://:2375'}}", "runners.docker.uri must name a host, such as tcp://"),
        ("runners: {docker: {uri: 'unix:///'}}", "runners.docker.uri must name a socket, such as unix:///"),
        ("runners: {ssh: {host_keys: x}}", 'runners.ssh.host_keys must be first_use or pinned, not "x"'),
        ("runners: {ssh: {known_hosts_file: x}}", 'runners.ssh.known_hosts_file must be an absolute path, not "x"'),
        (
            "runners: {docker: {mount_points: [{source: ./s, target: /t}]}}",
            'runners.docker.mount_points[0].source must be an absolute path or the name of a volume, not "./s"',
        ),
        ("runners: {docker: {certificate_path: x}}", "runners.docker.private_key_path is missing"),
        ("runners: {docker: {mount_points: [{target: /t}]}}", "runners.docker.mount_points[0].source is missing"),
        (
            "runners: {docker: {mount_points: [{source: /s, target: t}]}}",
            'runners.docker.mount_points[0].target must be an absolute path, not "t"',
        ),
        (
            "runners: {kubernetes: {namespace: A_}}",
            'runners.kubernetes.namespace must be the name of a Kubernetes namespace, not "A_"',
        ),
        (
            "runners: {kubernetes: {start_timeout: 0}}",
            "runners.kubernetes.start_timeout must be a number of at least 1, not 0",
        ),
        (
            "runners: {kubernetes: {architecture: vax}}",
            'runners.kubernetes.architecture must be amd64 or arm64, not "vax"',
        ),
        ("runners: {kubernetes: {config_path: 1}}", "runners.kubernetes.config_path must be a string, not an integer"),
        ("runners: {docker: {mount_points: [x]}}", "runners.docker.mount_points[0] must be an object, not a string"),
        ("connectors: {github: {enabled: true}}", "connectors.github.webhook_secret is missing"),
        ("influx: {org: o}", "influx.bucket is missing"),
        ("influx: {bucket: b, tags: {a: ''}}", "influx.tags.a is missing: it must be a string that is not empty"),
        ("influx: {bucket: b, tags: {a: 1}}", "influx.tags.a must be a string, not an integer; put it in quotes"),
        ("influx: {bucket: b, uri: 'ftp://x'}", "influx.uri must be a URI that begins with http:// or https://"),
        ("logger: {backend_type: syslog}", 'logger.backend_type must be terminal or json, not "syslog"'),
        ("logger: {backend_type: json}", "logger.json_backend is missing"),
        ("workers: {x: {sleep_duration: -1}}", "workers.x.sleep_duration must be an integer of at least 1, not -1"),
        ("limits: {request_body: 1}", "limits.request_body must be an integer of at least 1024, not 1"),
        ("notifications: {from_address: nobody}", "notifications.from_address must be a mail address"),
        ('notifications: {subject_prefix: "a\\nb"}', "notifications.subject_prefix must be a single line"),
        ("notifications: {allowed_domains: ['']}", "notifications.allowed_domains[0] must be a string that is not"),
        ("web_http_server_uri: eventline.example.com", "web_http_server_uri must be a URI that begins with http://"),
        ("web_http_server_uri: 'ftp://x'", "web_http_server_uri must be a URI that begins with http:// or https://"),
        ("web_http_server_uri: 5", "web_http_server_uri must be a string, not an integer"),
        ("encryption_key: 'short'", "encryption_key must be Base64 of exactly 32 bytes"),
        (f"encryption_key: {KEY_TEXT[:-4]}", "encryption_key must be Base64 of exactly 32 bytes"),
        ("encryption_key: ''", "encryption_key is missing"),
        (f"encryption_key: {base64.b64encode(bytes(32)).decode()}", "encryption_key is missing"),
        ("encryption_keys_previous: [x]", "encryption_keys_previous[0] must be Base64 of exactly 32 bytes"),
    ],
)
def test_a_wrong_setting_is_told_with_its_name_and_what_it_may_be(load: Load, source: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        load(source)
    assert len(raised.value.sentences) == 1
    assert raised.value.sentences[0].startswith(sentence)


def test_everything_that_is_wrong_is_told_at_once(load: Load) -> None:
    with pytest.raises(SettingsError) as raised:
        load("encryption_key: ''\npg: {pool_size: 1, uri: x}\nlogger: 5\nallowed_runners: [x]")
    assert len(raised.value.sentences) == 5
    assert str(raised.value).startswith("invalid configuration in ")
    assert all(sentence in str(raised.value) for sentence in raised.value.sentences)


def test_a_message_never_quotes_what_may_be_secret(load: Load) -> None:
    with pytest.raises(SettingsError) as raised:
        load(
            "encryption_key: hunter2\npg: {uri: 'mysql://u:hunter2@h'}\n"
            "connectors: {github: {webhook_secret: [hunter2]}}"
        )
    assert len(raised.value.sentences) == 3
    assert "hunter2" not in str(raised.value)
