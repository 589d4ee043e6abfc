"""The configuration file of the image: each variable has its effect, and none when it is not set (G-51, G-52)."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest

from eventline_common.settings import Settings, SettingsError, load_settings
from eventline_common.settings.http_server import HttpServerSettings
from eventline_common.settings.influx import InfluxSettings

IMAGE = Path(__file__).parents[4] / "deploy" / "docker" / "eventline.yaml"
KEY = b"k" * 32
REQUIRED = {"EVENTLINE_ENCRYPTION_KEY": base64.b64encode(KEY).decode()}

Read = Callable[[Settings], object]

VARIABLES: list[tuple[str, str, Read, object]] = [
    (
        "EVENTLINE_WEB_HTTP_SERVER_URI",
        "https://e.example.com",
        lambda s: s.web_http_server_uri,
        "https://e.example.com",
    ),
    (
        "EVENTLINE_WEB_HTTP_SERVER_URI",
        "e.example.com:8087",
        lambda s: s.web_http_server_uri,
        "http://e.example.com:8087",
    ),
    ("EVENTLINE_API_HTTP_SERVER_URI", "http://api:8085", lambda s: s.api_http_server_uri, "http://api:8085"),
    ("EVENTLINE_CONNECTORS_HTTP_SERVER_URI", "c:8086", lambda s: s.connectors_http_server_uri, "http://c:8086"),
    ("EVENTLINE_PG_URI", "postgres://a:b@c/d", lambda s: s.pg.uri, "postgres://a:b@c/d"),
    ("EVENTLINE_NATS_URI", "nats://nats:4222", lambda s: s.nats.uri, "nats://nats:4222"),
    ("EVENTLINE_CONNECTORS_GITHUB_WEBHOOK_SECRET", "a: #", lambda s: s.connectors.github.webhook_secret, "a: #"),
    ("EVENTLINE_CONNECTORS_GITHUB_WEBHOOK_SECRET", "s", lambda s: s.connectors.github.enabled, True),
    ("EVENTLINE_MAX_PARALLEL_JOB_EXECUTIONS", "7", lambda s: s.max_parallel_job_executions, 7),
    ("EVENTLINE_JOB_EXECUTION_RETENTION", "30", lambda s: s.job_execution_retention, 30),
    ("EVENTLINE_SESSION_RETENTION", "9", lambda s: s.session_retention, 9),
    ("EVENTLINE_NOTIFICATIONS_SMTP_SERVER_ADDRESS", "m:26", lambda s: s.notifications.smtp_server.address, "m:26"),
    ("EVENTLINE_NOTIFICATIONS_SMTP_SERVER_USERNAME", "u", lambda s: s.notifications.smtp_server.username, "u"),
    ("EVENTLINE_NOTIFICATIONS_SMPT_SERVER_USERNAME", "u", lambda s: s.notifications.smtp_server.username, "u"),
    ("EVENTLINE_NOTIFICATIONS_SMTP_SERVER_PASSWORD", '"p\\', lambda s: s.notifications.smtp_server.password, '"p\\'),
    ("EVENTLINE_NOTIFICATIONS_SMPT_SERVER_PASSWORD", "p", lambda s: s.notifications.smtp_server.password, "p"),
    ("EVENTLINE_NOTIFICATIONS_FROM_ADDRESS", "a@b.c", lambda s: s.notifications.from_address, "a@b.c"),
    ("EVENTLINE_NOTIFICATIONS_SUBJECT_PREFIX", "[x] ", lambda s: s.notifications.subject_prefix, "[x] "),
    ("EVENTLINE_NOTIFICATIONS_SIGNATURE", "two\nlines", lambda s: s.notifications.signature, "two\nlines"),
]


def load(**variables: str) -> Settings:
    return load_settings(IMAGE, {**REQUIRED, **variables})


@pytest.mark.parametrize(("name", "value", "read", "expected"), VARIABLES)
def test_a_variable_that_is_set_has_its_effect_and_no_other(
    name: str, value: str, read: Read, expected: object
) -> None:
    settings = load(**{name: value})
    assert read(settings) == expected
    others = [
        other
        for other_name, _, other, _ in VARIABLES
        if other_name.replace("SMPT", "SMTP") != name.replace("SMPT", "SMTP")
    ]
    assert [other(settings) for other in others] == [other(load()) for other in others]


@pytest.mark.parametrize(("name", "value", "read", "expected"), VARIABLES)
@pytest.mark.parametrize("variables", [{}, None], ids=["absent", "empty"])
def test_a_variable_that_is_not_set_leaves_the_default(
    name: str, value: str, read: Read, expected: object, variables: dict[str, str] | None
) -> None:
    given = {name: ""} if variables is None else variables
    assert read(load(**given)) == read(Settings())


def test_the_right_spelling_of_the_mail_variables_wins() -> None:
    settings = load(
        EVENTLINE_NOTIFICATIONS_SMTP_SERVER_USERNAME="right", EVENTLINE_NOTIFICATIONS_SMPT_SERVER_USERNAME="wrong"
    )
    assert settings.notifications.smtp_server.username == "right"


def test_influx_is_off_unless_a_variable_turns_it_on() -> None:
    assert load().influx is None
    settings = load(EVENTLINE_INFLUX_URI="http://i:1", EVENTLINE_INFLUX_BUCKET="b", EVENTLINE_INFLUX_ORG="o")
    assert settings.influx == InfluxSettings(bucket="b", uri="http://i:1", org="o")
    assert load(EVENTLINE_INFLUX_BUCKET="b").influx == InfluxSettings(bucket="b")
    with pytest.raises(SettingsError, match=r"influx\.bucket is missing"):
        load(EVENTLINE_INFLUX_URI="http://i:1")


def test_the_key_is_mandatory() -> None:
    assert load().encryption_key == KEY
    with pytest.raises(SettingsError, match="encryption_key is missing"):
        load_settings(IMAGE, {})


def test_the_servers_listen_on_all_addresses() -> None:
    settings = load()
    assert settings.api_http_server == HttpServerSettings("0.0.0.0:8085")
    assert settings.web_http_server == HttpServerSettings("0.0.0.0:8087")
    assert settings.connectors_http_server == HttpServerSettings("0.0.0.0:8086")
