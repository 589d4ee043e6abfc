"""What the engine promises when things break; `make proofs` shows the same with larger numbers."""

import pytest

from eventline_common.testing.client import Client
from eventline_common.testing.platform import Platform
from tests.proofs import abort_tree, lost_executor, wiped_streams


@pytest.mark.timeout(180)
def test_a_killed_executor_loses_its_executions_and_its_programs(platform: Platform, client: Client) -> None:
    lost_executor.prove(platform, client, print)


@pytest.mark.timeout(180)
def test_nothing_waits_for_ever_when_every_stream_is_deleted(platform: Platform, client: Client) -> None:
    wiped_streams.prove(platform, client, print)


@pytest.mark.timeout(120)
def test_an_abort_ends_every_process_of_the_step(platform: Platform, client: Client) -> None:
    abort_tree.prove(platform, client, print)
