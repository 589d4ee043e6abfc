"""What `eventline up` prints, and what it never prints."""

from pathlib import Path

from eventline_standalone.addresses import WantedPorts, plan_addresses
from eventline_standalone.summary import Running, render_summary

RUNNING = Running(
    version="2.0.0",
    addresses=plan_addresses({}, WantedPorts(host="0.0.0.0"), free_port=lambda: 1),
    web_uri="http://localhost:8087",
    pg_uri="postgres://eventline:secret@127.0.0.1:5555/eventline",
    nats_uri="nats://eventline:secret@127.0.0.1:4333",
    data_directory=Path("/srv/data"),
    seconds=3.21,
)


def test_the_summary_says_where_everything_listens_and_how_to_log_in() -> None:
    text = render_summary(RUNNING)

    for expected in (
        "Eventline 2.0.0 is running (started in 3.2 s).",
        "http://localhost:8087",
        "http://localhost:8085",
        "http://localhost:8086",
        "postgres://127.0.0.1:5555/eventline",
        "nats://127.0.0.1:4333",
        "/srv/data/logs",
        'as "admin" with the password "admin"',
        "evcli login",
    ):
        assert expected in text


def test_the_summary_names_no_password_of_a_server() -> None:
    assert "secret" not in render_summary(RUNNING)
