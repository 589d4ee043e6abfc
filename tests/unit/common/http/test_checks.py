"""Generic validation codes (contract http-api, section 6)."""

from collections.abc import Callable

import pytest

from eventline_common.errors import InvalidRequestBody
from eventline_common.http.checks import Checks

CASES: list[tuple[Callable[[Checks], object], list[str]]] = [
    (lambda checks: checks.name("/n", "a-b_9"), []),
    (lambda checks: checks.name("/n", ""), ["string_too_short"]),
    (lambda checks: checks.name("/n", "Upper"), ["invalid_format"]),
    (lambda checks: checks.name("/n", "-a"), ["invalid_format"]),
    (lambda checks: checks.name("/n", "a\n"), ["invalid_format"]),
    (lambda checks: checks.name("/n", "é" * 101), ["string_too_long", "invalid_format"]),
    (lambda checks: checks.length("/n", "é" * 100, least=1, most=100), []),
    (lambda checks: checks.length("/n", "ab", least=3, most=100), ["string_too_short"]),
    (lambda checks: checks.not_empty("/n", ""), ["missing_or_empty_string"]),
    (lambda checks: checks.one_of("/n", "b", ["a"]), ["invalid_value"]),
    (lambda checks: checks.one_of("/n", "a", ["a"]), []),
    (lambda checks: checks.integer("/n", 0, least=1, most=9), ["integer_too_small"]),
    (lambda checks: checks.integer("/n", 10, least=1, most=9), ["integer_too_large"]),
    (lambda checks: checks.integer("/n", 9, least=1, most=9), []),
    (lambda checks: checks.present("/n", given=False), ["missing_or_null_value"]),
    (lambda checks: checks.moment("/n", "tomorrow"), ["invalid_datetime"]),
    (lambda checks: checks.moment("/n", "2024-05-01T10:20:30Z"), []),
    (lambda checks: checks.http_uri("/n", "http://[bad"), ["invalid_uri_format"]),
    (lambda checks: checks.http_uri("/n", "example.com/x"), ["missing_uri_scheme"]),
    (lambda checks: checks.http_uri("/n", "ftp://example.com"), ["invalid_value"]),
    (lambda checks: checks.http_uri("/n", "https://example.com/x?y"), []),
]


@pytest.mark.parametrize(("check", "codes"), CASES)
def test_each_rule_has_its_codes(check: Callable[[Checks], object], codes: list[str]) -> None:
    checks = Checks()

    check(checks)

    assert [error.code for error in checks.errors] == codes
    assert all(error.pointer == "/n" and error.message for error in checks.errors)


def test_all_errors_are_told_at_once_in_text_and_data() -> None:
    checks = Checks()
    checks.name("/name", "A")
    checks.not_empty("/password", "")

    with pytest.raises(InvalidRequestBody) as caught:
        checks.finish()

    lines = str(caught.value).splitlines()
    assert lines[:2] == ["invalid request body:", "invalid data:"]
    assert lines[2].startswith("  /name: ")
    assert lines[3] == "  /password: missing or empty string"
    assert caught.value.details == {
        "validation_errors": [{"pointer": e.pointer, "code": e.code, "message": e.message} for e in checks.errors]
    }


def test_an_enumeration_lists_what_is_accepted() -> None:
    checks = Checks()

    checks.one_of("/role", "root", ["user", "admin"])

    assert checks.errors[0].message == '"root" is not one of "user", "admin"'
