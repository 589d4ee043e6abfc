"""What specifications refer to."""

from collections.abc import Mapping, Sequence

from eventline_common.db.session import Tx
from eventline_common.domain.following import Follower
from eventline_common.domain.job_spec import KnownIdentity
from eventline_common.ids import ProjectId

_LIST_IDENTITIES = """
SELECT name, status, connector, type FROM identities WHERE project_id = $1 AND name = ANY($2::text[])
ORDER BY id FOR KEY SHARE
"""


_LIST_FOLLOWERS = """
SELECT j.name, r.spec -> 'trigger' AS trigger
FROM subscriptions s
JOIN jobs j ON j.id = s.job_id
JOIN job_revisions r ON r.id = j.current_revision_id
WHERE s.project_id = $1 AND s.connector = 'eventline' AND s.status <> 'terminating'
ORDER BY j.name
"""


async def list_followers(tx: Tx, project_id: ProjectId) -> Mapping[str, Follower]:
    """Return the triggers of the jobs of a project that follow others, by the names of the jobs."""
    return {
        row["name"]: Follower(row["trigger"].get("parameters") or {}, row["trigger"].get("filters") or ())
        for row in await tx.fetch(_LIST_FOLLOWERS, project_id)
    }


async def list_identities(tx: Tx, project_id: ProjectId, names: Sequence[str]) -> Mapping[str, KnownIdentity]:
    """Return the identities of these names; none of them is deleted before this transaction ends."""
    if not names:
        return {}
    rows = await tx.fetch(_LIST_IDENTITIES, project_id, list(names))
    return {row["name"]: KnownIdentity(row["status"], f"{row['connector']}/{row['type']}") for row in rows}
