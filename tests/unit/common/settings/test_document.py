"""The configuration file is a template that gives YAML; its first document counts."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.settings import SettingsError
from eventline_common.settings.document import parse_document, read_document


@pytest.mark.parametrize("source", ["", "\n", "# nothing\n", "---\n", "null", '{{ env "X" }}'])
def test_an_empty_file_is_an_empty_object(source: str) -> None:
    assert parse_document(source, {}) == {}


def test_only_the_first_document_counts() -> None:
    assert parse_document("a: 1\n---\na: 2\n", {}) == {"a": 1}


def test_plain_words_and_times_are_strings_as_in_go() -> None:
    source = "a: yes\nb: off\nc: 12:30\nd: 2022-01-02\ne: localhost:80\nf: 1_000"
    assert parse_document(source, {}) == {
        "a": "yes",
        "b": "off",
        "c": "12:30",
        "d": "2022-01-02",
        "e": "localhost:80",
        "f": "1_000",
    }


def test_numbers_booleans_and_null_are_themselves() -> None:
    source = "a: 10\nb: 0x10\nc: 1.5\nd: True\ne: ~\nf:\ng: -3\nh: 1e3"
    expected = {"a": 10, "b": 16, "c": 1.5, "d": True, "e": None, "f": None, "g": -3, "h": 1000.0}
    assert parse_document(source, {}) == expected


def test_merge_keys_work() -> None:
    assert parse_document("a: &a {x: 1}\nb:\n  <<: *a\n  y: 2", {})["b"] == {"x": 1, "y": 2}


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_whatever_a_variable_holds_comes_through_quote_unchanged(value: str) -> None:
    assert parse_document('a: {{ env "X" | quote }}', {"X": value}) == {"a": value}


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("a: [", "the rendered text is not YAML: line 1, column 5: "),
        ("a: 1\na: 2", 'the rendered text is not YAML: line 2, column 1: the member "a" is given twice'),
        ("b:\n  - x: !!python/object:os.system {}", "could not determine a constructor"),
        ("- a", "the configuration must be an object of settings"),
        ("text", "the configuration must be an object of settings"),
        ("a: {{ b }}", "the template cannot be rendered: line 1: unknown function"),
        ("a: \x00", "the rendered text is not YAML: "),
    ],
)
def test_what_cannot_be_read_is_told_in_a_sentence(source: str, sentence: str) -> None:
    with pytest.raises(SettingsError) as raised:
        parse_document(source, {})
    assert sentence in raised.value.sentences[0]


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as raised:
        read_document(tmp_path / "absent.yaml", {})
    assert str(raised.value) == (
        f"invalid configuration in {tmp_path}/absent.yaml:\n  the file cannot be read: No such file or directory"
    )


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "eventline.yaml").write_bytes(b"a: \xff")
    with pytest.raises(SettingsError, match="not UTF-8 text, at byte 3"):
        read_document(tmp_path / "eventline.yaml", {})
