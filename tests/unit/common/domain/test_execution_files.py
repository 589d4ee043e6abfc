"""The files and variables of an execution (handbook 5.6; contract execution, 11 to 13; job-spec, section 9)."""

from pathlib import PurePosixPath
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventline_common.domain.execution_files import (
    context_json,
    execution_environment,
    execution_files,
    file_name,
    is_valid_code_header,
    program_text,
    starts_with_shebang,
    value_files,
)
from eventline_common.domain.job_spec import Command, Script, Step

HEADER = "#!/bin/sh\n\nset -eu\n\n"
EVENT = {
    "id": "e",
    "connector": "github",
    "name": "push",
    "data": {
        "branch": "main",
        "count": 1_000_000,
        "forced": False,
        "author": None,
        "tags": ["a", {"b": "c"}],
        "no": {},
    },
}
IDENTITY = {"id": "i", "name": "gh", "data": {"username": "bob", "token": "s3<cr>et&"}}


def contents(value: object) -> dict[str, str]:
    return {path: file.content.decode() for path, file in value_files("event", value)}


def files(**members: Any) -> dict[str, tuple[str, bool]]:
    nothing: dict[str, Any] = {"steps": [], "code_header": HEADER, "event": None, "parameters": None, "identities": {}}
    found = execution_files(**{**nothing, **members})
    return {path: (file.content.decode(), file.executable) for path, file in found.items()}


def test_an_execution_without_anything_has_a_context_only() -> None:
    assert files() == {"context.json": ("{}\n", False)}


def test_programs_are_executable_and_numbered_by_the_position_of_their_step() -> None:
    steps = [
        Step("a", code="echo\n"),
        Step("b", command=Command("ls")),
        Step("c", script=Script("x.rb", content="#!/usr/bin/env ruby\nputs 1\n")),
        Step("d", script=Script("x.sh")),
    ]
    found = files(steps=steps)
    del found["context.json"]
    assert found == {
        "steps/1": (HEADER + "echo\n", True),
        "steps/3": ("#!/usr/bin/env ruby\nputs 1\n", True),
        "steps/4": (HEADER, True),
    }


def test_every_value_has_a_file_without_a_newline() -> None:
    found = files(event=EVENT, parameters={"count": 3, "name": "é"}, identities={"gh": IDENTITY})
    del found["context.json"]
    assert found == {
        "event/branch": ("main", False),
        "event/count": ("1000000", False),
        "event/forced": ("false", False),
        "event/author": ("null", False),
        "event/tags/0": ("a", False),
        "event/tags/1/b": ("c", False),
        "parameters/count": ("3", False),
        "parameters/name": ("é", False),
        "identities/gh/username": ("bob", False),
        "identities/gh/token": ("s3<cr>et&", False),
    }


def test_the_context_holds_everything_that_there_is() -> None:
    text = context_json(EVENT, {"count": 3}, {"gh": IDENTITY})
    assert orjson.loads(text) == {"event": EVENT, "parameters": {"count": 3}, "identities": {"gh": IDENTITY}}
    assert orjson.loads(context_json(None, {}, {})) == {}


def test_the_context_is_indented_ends_with_a_newline_and_escapes_what_markup_is_made_of() -> None:
    assert context_json(None, {"a": "<é>&"}, {}).decode() == (
        '{\n  "parameters": {\n    "a": "\\u003cé\\u003e\\u0026"\n  }\n}\n'
    )


@pytest.mark.parametrize(
    ("member", "name"),
    [
        ("plain", "plain"),
        ("with space é", "with space é"),
        (".hidden", ".hidden"),
        ("100%", "100%"),
        ("a/b", "a%2Fb"),
        ("../../etc/passwd", "..%2F..%2Fetc%2Fpasswd"),
        ("a\0b", "a%00b"),
        (".", "%2E"),
        ("..", "%2E%2E"),
        ("", "%"),
        ("%", "%25"),
        ("a%2Fb", "a%252Fb"),
        ("%2E", "%252E"),
        ("a%25b", "a%2525b"),
    ],
)
def test_a_member_that_no_file_can_be_named_after_is_encoded(member: str, name: str) -> None:
    assert file_name(member) == name


@given(st.text(max_size=400))
def test_a_file_name_is_one_name_that_file_systems_take(member: str) -> None:
    name = file_name(member)
    assert PurePosixPath("d", name).parts == ("d", name)
    assert name != ".."
    assert "\0" not in name
    assert len(name.encode()) <= 255


_odd = st.text(st.sampled_from("/%.25EF0\0ab"), max_size=6)


@given(_odd, _odd)
def test_different_members_have_different_files(one: str, other: str) -> None:
    assert (file_name(one) == file_name(other)) is (one == other)


def test_long_names_are_cut_and_stay_apart() -> None:
    one, other = file_name("é" * 200 + "1"), file_name("é" * 200 + "2")
    assert one != other
    assert one.startswith("é" * 100)


def test_what_lies_too_deep_or_has_too_long_a_path_is_left_to_the_context() -> None:
    deep: object = "leaf"
    for _ in range(100):
        deep = {"a": deep}
    assert contents(deep) == {}
    long: object = "leaf"
    for _ in range(20):
        long = {"b" * 200: long}
    assert contents({"long": long, "short": 1}) == {"event/short": "1"}


@pytest.mark.parametrize("text", ["#!/bin/sh", "#! /usr/bin/env ruby\n", "#!\t/bin/sh", "#!\n/bin/sh"])
def test_a_program_with_a_shebang_stays_as_it_is(text: str) -> None:
    assert starts_with_shebang(text)
    assert program_text(Step("s", code=text), HEADER) == text


@pytest.mark.parametrize("text", ["echo", " #!/bin/sh", "\ufeff#!/bin/sh", "#!", "#!  \n", "# !/bin/sh", "\n#!/bin/sh"])
def test_a_program_without_a_shebang_gets_the_header(text: str) -> None:
    assert not starts_with_shebang(text)
    assert program_text(Step("s", code=text), HEADER) == HEADER + text


def test_a_program_starts_on_a_line_of_its_own() -> None:
    assert program_text(Step("s", code="echo"), "#!/bin/sh") == "#!/bin/sh\necho"


@pytest.mark.parametrize(
    "header", [HEADER, "#!/bin/sh", "#!/bin/sh -eu\nx y z", "#! /usr/bin/env bash  \n", "#!/bin/sh\r\n"]
)
def test_a_code_header_starts_with_a_shebang_of_at_most_one_argument(header: str) -> None:
    assert is_valid_code_header(header)


@pytest.mark.parametrize(
    "header", ["", "echo", "#!", "#!\n/bin/sh", " #!/bin/sh", "#!/usr/bin/env bash -eu", "\n#!/bin/sh"]
)
def test_other_code_headers_are_refused(header: str) -> None:
    assert not is_valid_code_header(header)


def environment(**members: Any) -> dict[str, str]:
    nothing: dict[str, Any] = {"identities": [], "job_environment": {}, "parameters": {}}
    return execution_environment(
        project_id="p", project_name="main", job_id="j", job_name="job", execution_id="x", attempt=2,
        **{**nothing, **members},
    )  # fmt: skip


def test_a_job_knows_what_it_is() -> None:
    assert environment() == {
        "EVENTLINE": "true",
        "EVENTLINE_PROJECT_ID": "p",
        "EVENTLINE_PROJECT_NAME": "main",
        "EVENTLINE_JOB_ID": "j",
        "EVENTLINE_JOB_NAME": "job",
        "EVENTLINE_JOB_EXECUTION_ID": "x",
        "EVENTLINE_JOB_EXECUTION_ATTEMPT": "2",
    }


def test_identities_the_job_and_parameters_follow_each_other_and_the_last_wins() -> None:
    found = environment(
        identities=[{"A": "identity", "B": "identity", "C": "identity", "EVENTLINE": "identity"}],
        job_environment={"B": "job", "C": "job"},
        parameters={"C": "parameter"},
    )
    assert {name: found[name] for name in ("A", "B", "C", "EVENTLINE")} == {
        "A": "identity",
        "B": "job",
        "C": "parameter",
        "EVENTLINE": "identity",
    }
