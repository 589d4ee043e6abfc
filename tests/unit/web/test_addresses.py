import pytest

from eventline_web.domain import public_uri, reachable_uri


@pytest.mark.parametrize(
    ("address", "secure", "uri"),
    [
        ("localhost:8086", False, "http://localhost:8086"),
        (":8086", False, "http://127.0.0.1:8086"),
        ("0.0.0.0:8086", True, "https://127.0.0.1:8086"),
        ("[::]:8086", False, "http://127.0.0.1:8086"),
        ("[::1]:8086", False, "http://[::1]:8086"),
    ],
)
def test_a_server_that_listens_everywhere_is_reached_on_this_machine(address: str, secure: bool, uri: str) -> None:
    assert reachable_uri(address, secure=secure) == uri


@pytest.mark.parametrize(
    ("address", "uri"),
    [
        ("localhost:8085", "http://localhost:8085"),
        (":8085", "http://eventline.example.com:8085"),
        ("[::]:8085", "http://eventline.example.com:8085"),
    ],
)
def test_people_see_the_host_that_they_know(address: str, uri: str) -> None:
    assert public_uri(address, secure=False, web_uri="https://eventline.example.com/") == uri
