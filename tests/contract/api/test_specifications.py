"""Every rule of job specifications, over the network: deployed alone, in an array, and as a dry run."""

import json

import httpx
import pytest

from .execution_parameters import PARAMETERS, VALUES
from .specification_errors import BROKEN, CODES, REFERENCES, UNREADABLE, Broken, Unreadable
from .stage import CODE, Stage, Theatre

SOUND = {"name": "contract", "steps": CODE}


@pytest.fixture(scope="module")
def theatre_with_identities(theatre: Theatre) -> Stage:
    """A project with an identity in each status; nothing is ever deployed to it for good."""
    stage = Stage.open(theatre)
    for status in ("ready", "pending", "error"):
        stage.rows.execute("UPDATE identities SET status = $2 WHERE id = $1", stage.identity(status), status)
    return stage


@pytest.mark.parametrize("row", (*BROKEN, *REFERENCES), ids=lambda row: row.name)
def test_what_is_wrong_with_a_specification_is_told_with_pointer_and_code(
    theatre_with_identities: Stage, row: Broken
) -> None:
    stage, spec = theatre_with_identities, {**SOUND, **row.members}
    single = stage.ask("PUT", "/jobs/name/contract?dry-run", spec)
    together = stage.ask("PUT", "/jobs?dry-run=", [{**SOUND, "name": "first"}, spec])

    if not row.expected:
        assert (single.status_code, together.status_code) == (204, 204), (single.text, together.text)
        return
    assert told(single) == row.expected
    assert told(together) == [(f"/1{pointer}", code) for pointer, code in (*row.expected, *row.references)]
    assert stage.ask("PUT", "/jobs/name/contract", spec).json() == single.json(), "a dry run says the same"


@pytest.mark.parametrize("row", UNREADABLE, ids=lambda row: row.name)
def test_what_cannot_be_decoded_is_told_in_one_sentence(theatre_with_identities: Stage, row: Unreadable) -> None:
    stage, spec = theatre_with_identities, {**SOUND, **row.members}

    for answer in (stage.ask("PUT", "/jobs/name/contract", spec), stage.ask("PUT", "/jobs", [spec])):
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_request_body")
        assert "data" not in answer.json()
        assert answer.json()["error"].startswith("invalid request body: ")


def test_the_text_of_an_error_lists_every_rule_that_is_broken(stage: Stage) -> None:
    spec = {"name": "A", "steps": [{}], "retention": -1}

    text = stage.ask("PUT", "/jobs/name/A", spec).json()["error"]

    first, second, *lines = text.splitlines()
    assert first.startswith("invalid request body")
    assert second.startswith("invalid data")
    assert [line.split(":")[0] for line in lines] == ["  /name", "  /retention", "  /steps/0"]


@pytest.mark.parametrize(("name", "value", "code"), VALUES, ids=lambda value: str(value))
def test_values_of_parameters_are_checked_by_type(stage: Stage, name: str, value: str, code: str) -> None:
    id = stage.job(parameters=PARAMETERS)

    answer = stage.ask("POST", f"/jobs/id/{id}/execute", content=f'{{"parameters": {{"{name}": {value}}}}}'.encode())

    if code:
        assert told(answer) == [(f"/parameters/{name}", code)]
        return
    assert answer.status_code == 200
    given = json.loads(value)
    default = next(parameter["default"] for parameter in PARAMETERS if parameter["name"] == name)
    assert answer.json()["parameters"][name] == (default if given is None else given)
    assert set(answer.json()["parameters"]) == {parameter["name"] for parameter in PARAMETERS}


def test_every_code_has_a_row() -> None:
    in_rows = {code for row in (*BROKEN, *REFERENCES) for _, code in row.expected}

    assert in_rows == CODES, "add a row to tests/contract/api/specification_errors.py for each of these codes"


def told(answer: httpx.Response) -> list[tuple[str, str]]:
    """Return pointers and codes of the validation errors in an answer."""
    assert answer.status_code == 400, answer.text
    errors = answer.json()["data"]["validation_errors"]
    return [(error["pointer"], error["code"]) for error in errors]
