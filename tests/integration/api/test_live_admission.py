"""A stream shows nothing to whom a request would be refused."""

from dataclasses import replace

import pytest

from eventline_api.app import create_application
from eventline_api.platform import ApiPlatform
from eventline_common.ids import ProjectId

from .conftest import Someone
from .executions import Engine, engine
from .test_live import client_of_bob, serving, stream

__all__ = ["engine"]

ENDS = {
    "revoked": "DELETE FROM api_keys WHERE account_id = $1",
    "expired": "UPDATE api_keys SET expiration_time = '2025-01-01' WHERE account_id = $1",
    "without its account": "DELETE FROM accounts WHERE id = $1",
}


@pytest.mark.parametrize("end", ENDS)
async def test_a_stream_ends_when_its_key_does(
    platform: ApiPlatform, engine: Engine, bob: Someone, main_project: ProjectId, end: str
) -> None:
    id = await engine.execution(await engine.job(steps=[{"code": "true"}]))
    application = create_application(replace(platform, stream_check_period=0))
    async with (
        serving(application) as uri,
        client_of_bob(uri, bob, main_project) as client,
        stream(client, "/live") as watcher,
    ):
        await watcher.next()
        claimed = await engine.start(id)
        admitted = await watcher.next()
        async with platform.database.transaction() as tx:
            await tx.execute(ENDS[end], bob.id)
        await engine.finish(claimed)
        refused = await watcher.rest()

    assert (admitted.event, admitted.data["status"]) == ("job_execution", "started")
    assert refused == []
