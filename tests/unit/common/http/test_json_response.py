"""The layout of JSON answers."""

from datetime import UTC, datetime

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.http.json_response import JsonResponse, encode, no_content

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


def test_a_body_has_two_spaces_and_a_final_line_feed() -> None:
    assert encode({"a": [1]}) == b'{\n  "a": [\n    1\n  ]\n}\n'


def test_characters_that_mean_something_in_html_are_escaped() -> None:
    assert encode({"<k>": "a & <b>"}) == b'{\n  "\\u003ck\\u003e": "a \\u0026 \\u003cb\\u003e"\n}\n'


def test_times_are_written_as_rfc_3339() -> None:
    assert encode([datetime(2024, 5, 1, 10, 20, 30, 100_000, tzinfo=UTC)]) == b'[\n  "2024-05-01T10:20:30.1Z"\n]\n'


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError):
        encode({"a": object()})


@given(JSON)
def test_every_value_survives(value: object) -> None:
    body = encode(value)

    assert orjson.loads(body) == value
    assert not set(b"<>&") & set(body)


def test_the_content_type_has_no_parameter() -> None:
    assert JsonResponse({}).headers["content-type"] == "application/json"


def test_an_empty_answer_has_neither_body_nor_content_type() -> None:
    response = no_content()

    assert (response.status_code, response.body) == (204, b"")
    assert "content-type" not in response.headers
