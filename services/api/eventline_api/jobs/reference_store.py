"""What specifications refer to."""

from collections.abc import Mapping, Sequence

from eventline_common.db.session import Tx
from eventline_common.ids import ProjectId

_LIST_IDENTITY_STATUSES = """
SELECT name, status FROM identities WHERE project_id = $1 AND name = ANY($2::text[]) ORDER BY id FOR KEY SHARE
"""


async def list_identity_statuses(tx: Tx, project_id: ProjectId, names: Sequence[str]) -> Mapping[str, str]:
    """Return the status of each identity of these names; none of them is deleted before this transaction ends."""
    if not names:
        return {}
    rows = await tx.fetch(_LIST_IDENTITY_STATUSES, project_id, list(names))
    return {row["name"]: row["status"] for row in rows}
