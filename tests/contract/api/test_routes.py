"""Every route of the contract, and every route beyond it, does what it is for."""

import pytest

from .route_row import Row, filled
from .routes_beyond import ROUTES as BEYOND
from .routes_of_the_contract import ROUTES as OF_THE_CONTRACT
from .stage import Stage

ROUTES = (*OF_THE_CONTRACT, *BEYOND)


@pytest.mark.parametrize("row", ROUTES, ids=lambda row: row.name)
def test_a_route_answers_as_the_table_says(stage: Stage, row: Row) -> None:
    stage.made.update(row.given(stage))

    path = filled(row.path + row.query, stage.made)
    answer = stage.ask(row.method, path, row.body(stage), project=stage.project if row.caller == "project" else None)

    assert answer.status_code == row.status, answer.text
    if row.status == 204 or row.method == "HEAD":
        assert (answer.content, "content-type" in answer.headers) == (b"", False)
        return
    assert answer.headers["content-type"].partition(";")[0] == row.media
    if row.media == "application/json":
        assert answer.headers["content-type"] == "application/json"
        assert row.answer is not None, "the row names no shape"
        assert row.answer(answer.json()) is None
