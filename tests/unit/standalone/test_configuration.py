"""The configuration file that `eventline up` writes."""

import pytest

from eventline_common.settings.document import parse_document
from eventline_standalone.addresses import WantedPorts, plan_addresses
from eventline_standalone.configuration import Decided, complete_document, named_server, number, render_document

ADDRESSES = plan_addresses({}, WantedPorts(), free_port=lambda: 1)
DECIDED = Decided(ADDRESSES, "postgres://pg/eventline", "nats://nats", "a2V5", "/data/execution")


def test_servers_addresses_and_key_are_filled_in() -> None:
    document = complete_document({}, DECIDED)

    assert document["pg"] == {"uri": "postgres://pg/eventline"}
    assert document["nats"] == {"uri": "nats://nats"}
    assert document["api_http_server"] == {"address": "localhost:8085"}
    assert document["web_http_server_uri"] == "http://localhost:8087"
    assert document["encryption_key"] == "a2V5"


def test_what_the_user_wrote_stays() -> None:
    start = {
        "encryption_key": "mine",
        "pg": {"pool_size": 9},
        "web_http_server_uri": "https://eventline.example.com",
        "notifications": {"from_address": "me@example.com"},
    }

    document = complete_document(start, DECIDED)

    assert document["encryption_key"] == "mine"
    assert document["pg"] == {"pool_size": 9, "uri": "postgres://pg/eventline"}
    assert document["web_http_server_uri"] == "https://eventline.example.com"
    assert document["notifications"] == {"from_address": "me@example.com"}
    assert start["pg"] == {"pool_size": 9}


def test_cookies_may_be_insecure_only_where_the_web_interface_has_no_tls() -> None:
    plain = complete_document({}, DECIDED)
    behind_tls = complete_document({"web_http_server_uri": "https://eventline.example.com"}, DECIDED)
    own_tls = complete_document({"web_http_server": {"tls": {"certificate": "c", "private_key": "k"}}}, DECIDED)
    chosen = complete_document({"insecure_http_cookies": False}, DECIDED)

    assert plain["insecure_http_cookies"] is True
    assert behind_tls["insecure_http_cookies"] is False
    assert own_tls["web_http_server_uri"] == "https://localhost:8087"
    assert own_tls["insecure_http_cookies"] is False
    assert chosen["insecure_http_cookies"] is False


@pytest.mark.parametrize(
    "value", ["{{ not a template }}", "0o17", "1e3", "yes", "a\nb", 'say "hé" 🙂', "# x", 7, 1.5, True, None, ["a", 1]]
)
def test_what_is_written_is_what_is_read(value: object) -> None:
    document = {"notifications": {"signature": value}}

    assert parse_document(render_document(document), {}) == document


def test_a_server_counts_as_named_only_when_it_has_an_address() -> None:
    assert named_server({"pg": {"uri": "postgres://x"}}, "pg") == "postgres://x"
    assert named_server({"pg": {"pool_size": 3}}, "pg") is None
    assert named_server({"pg": {"uri": None}}, "pg") is None
    assert named_server({}, "nats") is None


def test_numbers_come_from_the_file_or_are_the_default() -> None:
    assert number({"executor": {"shutdown_grace": 3}}, "executor", "shutdown_grace", 10) == 3
    assert number({}, "executor", "shutdown_grace", 10) == 10


@pytest.mark.parametrize(
    ("given", "completed"),
    [
        (None, {"local": {"root_directory": "/data/execution"}}),
        (
            {"docker": {"uri": "unix:///x"}},
            {"docker": {"uri": "unix:///x"}, "local": {"root_directory": "/data/execution"}},
        ),
        ({"local": {"root_directory": "/mine"}}, {"local": {"root_directory": "/mine"}}),
        ({"local": {"user": "jobs"}}, {"local": {"user": "jobs"}}),
    ],
)
def test_local_programs_run_below_the_data_directory_unless_somebody_says_otherwise(
    given: object, completed: object
) -> None:
    assert complete_document({"runners": given}, DECIDED)["runners"] == completed
