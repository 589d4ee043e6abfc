"""Whose address is logged, and whose is counted."""

import pytest

from eventline_common.http.client_address import limited_address, logged_address


def headers(**values: str) -> dict[bytes, str]:
    return {name.replace("_", "-").encode(): value for name, value in values.items()}


SCOPE = {"type": "http", "client": ("127.0.0.1", 4711)}


@pytest.mark.parametrize(
    ("given", "address"),
    [
        (headers(), "127.0.0.1"),
        (headers(x_real_ip="203.0.113.1", x_forwarded_for="203.0.113.2"), "203.0.113.1"),
        (headers(x_forwarded_for=" 203.0.113.2 , 10.0.0.1"), "203.0.113.2"),
    ],
)
def test_the_log_names_what_a_proxy_says(given: dict[bytes, str], address: str) -> None:
    assert logged_address(SCOPE, given) == address


def test_limits_believe_a_proxy_in_the_own_network() -> None:
    assert limited_address(SCOPE, headers(x_real_ip="203.0.113.1")) == "203.0.113.1"


def test_limits_do_not_believe_a_stranger() -> None:
    stranger = {"type": "http", "client": ("8.8.8.8", 4711)}

    assert limited_address(stranger, headers(x_real_ip="203.0.113.1")) == "8.8.8.8"


def test_limits_do_not_believe_what_is_no_address() -> None:
    assert limited_address(SCOPE, headers(x_real_ip="anything")) == "127.0.0.1"
