"""The schema goes up, down, and up again, and leaves nothing behind."""

import asyncio
from collections.abc import Sequence

import asyncpg
import pytest

from eventline_common.db.migrate import current_revision, downgrade, head_revision, known_revisions, upgrade

_LEFT = """
SELECT relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = current_schema() AND relname <> 'alembic_version' AND relname <> 'alembic_version_pkc'
UNION ALL
SELECT proname FROM pg_proc p JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = current_schema()
"""


def objects(uri: str) -> Sequence[str]:
    async def read() -> Sequence[str]:
        connection = await asyncpg.connect(uri)
        try:
            return sorted(row[0] for row in await connection.fetch(_LEFT))
        finally:
            await connection.close()

    return asyncio.run(read())


@pytest.mark.timeout(120)
def test_the_schema_goes_down_without_a_trace_and_up_again(database_uri: str) -> None:
    before = objects(database_uri)

    downgrade(database_uri, "base")
    left = objects(database_uri)
    upgrade(database_uri)

    assert before
    assert left == []
    assert objects(database_uri) == before
    assert current_revision(database_uri) == head_revision()
    assert head_revision() in known_revisions()
