"""Every error of the contract, and of what is beyond it, has its status, its code, and its `data`."""

import pytest

from .error_row import Refused
from .errors_beyond import ERRORS as BEYOND
from .errors_of_the_contract import ERRORS as OF_THE_CONTRACT
from .route_row import filled
from .shapes import ERROR, VALIDATION_ERROR, array_of
from .stage import Stage

ERRORS = (*OF_THE_CONTRACT, *BEYOND)


@pytest.mark.parametrize("row", ERRORS, ids=lambda row: row.name)
def test_a_refusal_has_its_status_its_code_and_its_data(stage: Stage, row: Refused) -> None:
    stage.made.update(row.given(stage))

    path = filled(row.path, stage.made) + row.query
    answer = stage.ask(row.method, path, row.body(stage), content=row.content)

    assert (answer.status_code, answer.json().get("code")) == (row.status, row.code), answer.text
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    assert ERROR(body) is None
    assert body["error"]
    if row.code == "invalid_request_body":
        told = body.get("data", {}).get("validation_errors", [])
        assert [(error["pointer"], error["code"]) for error in told] == list(row.wrong)
        assert array_of(VALIDATION_ERROR)(told) is None
        assert ("data" in body) == bool(row.wrong), "data is absent unless there are validation errors"
