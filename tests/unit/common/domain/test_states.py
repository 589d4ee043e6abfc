"""The table of states (design of the engine, section 1; contract execution, sections 4 and 5)."""

import pytest

from eventline_common.domain.states import FINAL, NEXT, Status, may_follow


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("created", {"started", "aborted"}),
        ("started", {"successful", "failed", "aborted"}),
        ("successful", {"created"}),
        ("failed", {"created"}),
        ("aborted", {"created"}),
    ],
)
def test_a_status_is_followed_by_nothing_but_what_the_contract_says(before: str, after: set[str]) -> None:
    assert {status.value for status in Status if may_follow(Status(before), status)} == after


def test_every_status_is_in_the_table_and_final_ones_only_restart() -> None:
    assert set(NEXT) == set(Status)
    assert {status for status, following in NEXT.items() if following == {Status.CREATED}} == FINAL
