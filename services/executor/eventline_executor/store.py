"""Reads the identities that executions use; their data leave the database encrypted and stay inside this process."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from eventline_common.crypto.identities import IdentityCipher
from eventline_common.db.session import Database, Row
from eventline_common.ids import IdentityId, ProjectId


@dataclass(frozen=True, slots=True)
class Identity:
    """An identity with its data in clear."""

    id: IdentityId
    project_id: ProjectId
    name: str
    status: str
    creation_time: datetime
    update_time: datetime
    last_use_time: datetime
    refresh_time: datetime | None
    connector: str
    type: str
    data: Mapping[str, Any]


_USE = """
UPDATE identities i SET last_use_time = $3
WHERE i.project_id = $1 AND i.name = ANY($2::text[])
RETURNING i.id, i.project_id, i.name, i.status, i.creation_time, i.update_time, i.last_use_time, i.refresh_time,
    i.connector, i.type, i.data
"""


class IdentityStore:
    """Loads identities by name and notes that they were used."""

    def __init__(self, database: Database, cipher: IdentityCipher) -> None:
        self._database = database
        self._cipher = cipher

    async def use(self, project_id: ProjectId, names: Sequence[str], *, now: datetime) -> Mapping[str, Identity]:
        """Return the identities that exist, by name; raises the cipher's error for one that cannot be decrypted."""
        if not names:
            return {}
        async with self._database.connection() as connection:
            rows = await connection.fetch(_USE, project_id, list(names), now)
        return {row["name"]: self._identity(row) for row in rows}

    def _identity(self, row: Row) -> Identity:
        columns = {key: value for key, value in row.items() if key != "data"}
        return Identity(**columns, data=orjson.loads(self._cipher.decrypt(row["data"], context=row["id"])))
