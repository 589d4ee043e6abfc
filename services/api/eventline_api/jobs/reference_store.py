"""What specifications refer to."""

from collections.abc import Mapping, Sequence

from eventline_common.db.session import Tx
from eventline_common.domain.job_spec import KnownIdentity
from eventline_common.ids import ProjectId

_LIST_IDENTITIES = """
SELECT name, status, connector, type FROM identities WHERE project_id = $1 AND name = ANY($2::text[])
ORDER BY id FOR KEY SHARE
"""


async def list_identities(tx: Tx, project_id: ProjectId, names: Sequence[str]) -> Mapping[str, KnownIdentity]:
    """Return the identities of these names; none of them is deleted before this transaction ends."""
    if not names:
        return {}
    rows = await tx.fetch(_LIST_IDENTITIES, project_id, list(names))
    return {row["name"]: KnownIdentity(row["status"], f"{row['connector']}/{row['type']}") for row in rows}
