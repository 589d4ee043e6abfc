"""The table of states (design of the engine, section 1; contract execution, sections 4 and 5)."""

from pathlib import Path

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


def test_the_documentation_shows_the_table() -> None:
    text = (Path(__file__).parents[4] / "docs" / "reference" / "engine.md").read_text()
    table = text.partition("| from | to |\n|---|---|\n")[2].partition("\n\n")[0]
    shown = {}
    for line in table.splitlines():
        before, after = line.strip("| ").split(" | ")
        shown[Status(before.strip("`"))] = {Status(word.strip("` ")) for word in after.split(",")}

    assert shown == NEXT
