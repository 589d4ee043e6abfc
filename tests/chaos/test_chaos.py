"""A short mix of load and faults; `make chaos` runs many and longer ones (`python -m tests.chaos`)."""

import pytest

from tests.chaos.history import run_history


@pytest.mark.timeout(240)
def test_nothing_is_lost_and_nothing_runs_twice_under_faults() -> None:
    history = run_history(seed=20261124, seconds=12)

    assert history.verdict.broken == []
    assert history.verdict.counts["programs run"] > 20
