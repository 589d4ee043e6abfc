"""What is accepted as a JSON body."""

import pytest

from eventline_common.errors import InvalidRequestBody
from eventline_common.http.bodies import DEPTH_LIMIT, decode_json


def test_json_is_read() -> None:
    assert decode_json(b' {"a": [1, 2.5, null, "x"]} ') == {"a": [1, 2.5, None, "x"]}


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b"", "it is empty"),
        (b"  \n", "it is empty"),
        (b"{", "not JSON"),
        (b'{"a": 1}}', "not JSON"),
        (b"\xff\xfe", "not JSON"),
        (b'"\\ud800"', "not JSON"),
        (b"NaN", "not JSON"),
        (b'{"a": "x\\u0000y"}', "null character"),
        (b'{"\\u0000": 1}', "null character"),
        (b'["\\\\", "\\u0000"]', "null character"),
        (b"[" * (DEPTH_LIMIT + 1) + b"]" * (DEPTH_LIMIT + 1), "nested more than 100 levels"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_is_not_acceptable_is_refused_without_data(raw: bytes, reason: str) -> None:
    with pytest.raises(InvalidRequestBody) as caught:
        decode_json(raw)

    assert str(caught.value).startswith("invalid request body: ")
    assert reason in str(caught.value)
    assert caught.value.details is None


def test_the_deepest_allowed_body_is_accepted() -> None:
    value = decode_json(b"[" * DEPTH_LIMIT + b"]" * DEPTH_LIMIT)

    for _ in range(DEPTH_LIMIT - 1):
        assert isinstance(value, list)
        value = value[0]
    assert value == []


def test_a_wide_body_is_not_a_deep_one() -> None:
    assert decode_json(b"[" + b"[]," * 1000 + b"{}]") == [*([[]] * 1000), {}]


def test_an_escaped_backslash_before_u0000_is_not_a_null_character() -> None:
    assert decode_json(b'["\\\\u0000"]') == ["\\u0000"]
