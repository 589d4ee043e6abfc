"""The statements on stored deliveries."""

from collections.abc import Sequence

from eventline_common.db.session import Row, Tx
from eventline_connectors.deliveries.delivery import Delivery

_INSERT = """
INSERT INTO webhook_deliveries (connector, target, delivery_id, body_hash, reception_time, event_type, headers, body)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bytea[], $5::timestamptz[], $6::text[], $7::jsonb[],
                     $8::bytea[])
ON CONFLICT DO NOTHING
RETURNING connector, target, delivery_id, body_hash
"""

# Bodies can be large: their sizes decide how many are read at once, the first one in any case.
_TAKE = """
WITH waiting AS MATERIALIZED (
    SELECT connector, target, delivery_id, reception_time, octet_length(body) AS size FROM webhook_deliveries
    WHERE NOT processed ORDER BY reception_time LIMIT $1
    FOR NO KEY UPDATE SKIP LOCKED
), taken AS (
    SELECT w.*, sum(size) OVER (ORDER BY reception_time, connector, target, delivery_id) - size AS before FROM waiting w
)
SELECT d.* FROM taken t JOIN webhook_deliveries d USING (connector, target, delivery_id)
WHERE t.before < $2
ORDER BY d.reception_time
"""

_MARK_PROCESSED = """
UPDATE webhook_deliveries d SET processed = true, body = NULL, headers = '{}'
FROM unnest($1::text[], $2::text[], $3::text[]) AS p (connector, target, delivery_id)
WHERE d.connector = p.connector AND d.target = p.target AND d.delivery_id = p.delivery_id
"""

_LIST_KNOWN = """
SELECT delivery_id FROM webhook_deliveries WHERE connector = $1 AND target = $2 AND delivery_id = ANY($3::text[])
"""


async def insert_deliveries(tx: Tx, deliveries: Sequence[Delivery]) -> list[bool]:
    """Store deliveries and tell which of them are new, in order; the others were stored before, or are said twice."""
    rows = await tx.fetch(
        _INSERT,
        [d.connector for d in deliveries],
        [d.target for d in deliveries],
        [d.delivery_id for d in deliveries],
        [d.body_hash for d in deliveries],
        [d.reception_time for d in deliveries],
        [d.event_type for d in deliveries],
        [dict(d.headers) for d in deliveries],
        [d.body for d in deliveries],
    )
    stored = {(row["connector"], row["target"], row["delivery_id"], row["body_hash"]) for row in rows}
    answers = []
    for delivery in deliveries:
        key = (*delivery.key, delivery.body_hash)
        answers.append(key in stored)
        stored.discard(key)
    return answers


async def take_deliveries(tx: Tx, *, limit: int, size: int) -> Sequence[Delivery]:
    """Lock the oldest deliveries that wait and that nobody else has; up to a size in bytes, but at least one."""
    return [_delivery(row) for row in await tx.fetch(_TAKE, limit, size)]


async def mark_processed(tx: Tx, deliveries: Sequence[Delivery]) -> None:
    """Say that nothing more comes of these deliveries; what they said is in events, or of no interest."""
    await tx.execute(
        _MARK_PROCESSED,
        [d.connector for d in deliveries],
        [d.target for d in deliveries],
        [d.delivery_id for d in deliveries],
    )


async def list_known(tx: Tx, connector: str, target: str, ids: Sequence[str]) -> set[str]:
    """Return which of these delivery ids are stored already."""
    return {row["delivery_id"] for row in await tx.fetch(_LIST_KNOWN, connector, target, list(ids))}


def _delivery(row: Row) -> Delivery:
    return Delivery(
        connector=row["connector"],
        target=row["target"],
        delivery_id=row["delivery_id"],
        body_hash=row["body_hash"],
        reception_time=row["reception_time"],
        event_type=row["event_type"],
        headers=row["headers"],
        body=row["body"] or b"",
    )
