"""SQL of the audit log."""

from collections.abc import Sequence

from eventline_api.audit_log.entry import AuditEntry, AuditFilter
from eventline_common.db.session import Row, Tx
from eventline_common.http.paged_query import PagedQuery
from eventline_common.http.paging import Collection, Cursor, Order, Slice, Sort
from eventline_common.ids import AccountId, ProjectId

ENTRIES = Collection(
    sorts={"id": Sort.by_text("id", "id"), "time": Sort.by_time("time", "id", field="time")},
    default_sort="time",
    default_order=Order.DESC,
)

_LIST = PagedQuery(
    """
    SELECT * FROM audit_log
    WHERE ($1::text IS NULL OR project_id = $1) AND ($2::text IS NULL OR account_id = $2)
      AND ($3::text IS NULL OR action = $3) AND ($4::text IS NULL OR object_type = $4)
      AND ($5::text IS NULL OR object_id = $5) AND ($6::timestamptz IS NULL OR time >= $6)
      AND ($7::timestamptz IS NULL OR time < $7) AND {keyset}
    """,
    ENTRIES,
    arguments=7,
)

_INSERT = """
INSERT INTO audit_log
    (id, time, account_id, username, project_id, action, object_type, object_id, object_name, address, details)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
"""


async def insert_entry(tx: Tx, entry: AuditEntry) -> None:
    """Add an entry."""
    await tx.execute(_INSERT, *_values(entry))


async def insert_entries(tx: Tx, entries: Sequence[AuditEntry]) -> None:
    """Add entries, in one round trip."""
    await tx.executemany(_INSERT, [_values(entry) for entry in entries])


def _values(entry: AuditEntry) -> tuple[object, ...]:
    return (
        entry.id,
        entry.time,
        entry.account_id,
        entry.username,
        entry.project_id,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.object_name,
        entry.address,
        entry.details,
    )


async def list_entries(tx: Tx, filter: AuditFilter, cursor: Cursor) -> Slice[AuditEntry]:
    """Return a page of the entries that match a filter."""
    return await _LIST.fetch(
        tx,
        cursor,
        filter.project_id,
        filter.account_id,
        filter.action,
        filter.object_type,
        filter.object_id,
        filter.start,
        filter.end,
        read=_read,
    )


def _read(row: Row) -> AuditEntry:
    return AuditEntry(
        id=row["id"],
        time=row["time"],
        account_id=AccountId(row["account_id"]) if row["account_id"] else None,
        username=row["username"],
        project_id=ProjectId(row["project_id"]) if row["project_id"] else None,
        action=row["action"],
        object_type=row["object_type"],
        object_id=row["object_id"],
        object_name=row["object_name"],
        address=row["address"],
        details=row["details"],
    )
