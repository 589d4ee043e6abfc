"""A delivery of a webhook, and what its connector makes of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from eventline_common.db.session import Tx
from eventline_connectors.events_store import NewEvent


@dataclass(frozen=True, slots=True)
class Delivery:
    """What a sender delivered, after its signature was checked; the hash identifies what it says."""

    connector: str
    target: str
    delivery_id: str
    body_hash: bytes
    reception_time: datetime
    event_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = field(default=b"", repr=False)

    @property
    def key(self) -> tuple[str, str, str]:
        """What no two stored deliveries share."""
        return self.connector, self.target, self.delivery_id


class DeliveryKind(Protocol):
    """Turns the deliveries of one connector into events."""

    async def tell(self, tx: Tx, deliveries: Sequence[Delivery]) -> Sequence[Sequence[NewEvent]]:
        """Return the events that each delivery means, one per active subscription that is to hear of it."""
        ...
