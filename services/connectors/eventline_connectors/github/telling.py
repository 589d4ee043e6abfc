"""Turns deliveries of GitHub into events."""

from collections.abc import Mapping, Sequence

from eventline_common.db.session import Tx
from eventline_common.errors import InvalidRequestBody
from eventline_common.logging import get_logger
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.events_store import NewEvent
from eventline_connectors.github.mapping import Occurrence, is_for, occurrences
from eventline_connectors.github.matching_store import Listener, list_first_deliveries, list_listeners
from eventline_connectors.github.reception import decode_payload
from eventline_connectors.github.targets import Target


class GithubDeliveries:
    """What a delivery of GitHub means to whom."""

    async def tell(self, tx: Tx, deliveries: Sequence[Delivery]) -> Sequence[Sequence[NewEvent]]:
        """Return, for each delivery, one event per subscription that is to hear of it."""
        found = [_read(delivery) for delivery in deliveries]
        reports = [
            (position, delivery.target, occurrence)
            for position, (delivery, told) in enumerate(zip(deliveries, found, strict=True))
            for occurrence in told.values()
        ]
        listeners = await list_listeners(tx, reports) if reports else []
        heard = {deliveries[listener.position].body_hash for listener in listeners}
        first_ids = await list_first_deliveries(tx, list(heard)) if heard else {}
        events: list[list[NewEvent]] = [[] for _ in deliveries]
        for listener in listeners:
            delivery = deliveries[listener.position]
            first_id = first_ids.get(delivery.body_hash, delivery.delivery_id)
            events[listener.position].append(_event(listener, found[listener.position][listener.name], first_id))
        return events


def _read(delivery: Delivery) -> Mapping[str, Occurrence]:
    """Return what a delivery tells, by the names of the events."""
    try:
        payload = decode_payload(delivery.body)
    except InvalidRequestBody as error:
        get_logger("github").error("delivery_unreadable", delivery_id=delivery.delivery_id, error=str(error))
        return {}
    if not is_for(Target.parse(delivery.target), payload):
        get_logger("github").error("delivery_misdirected", delivery_id=delivery.delivery_id, target=delivery.target)
        return {}
    return {occurrence.name: occurrence for occurrence in occurrences(delivery, payload)}


def _event(listener: Listener, occurrence: Occurrence, first_id: str) -> NewEvent:
    return NewEvent(
        subscription_id=listener.subscription_id,
        project_id=listener.project_id,
        job_id=listener.job_id,
        occurrence=f"delivery {first_id}",
        event_time=occurrence.event_time,
        connector="github",
        name=listener.name,
        data=occurrence.data,
    )
