"""The shape of a connector."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from eventline_common.db.session import Tx
from eventline_common.ids import SubscriptionId
from eventline_connectors.domain import Subscription


class ConnectorKind(Protocol):
    """What a connector does at the two ends of a subscription.

    Both get a list and answer with a sentence for each subscription that failed; what an exception breaks is rolled
    back and tried again one by one. Both may be called again for a subscription that they have dealt with already.
    """

    async def subscribe(
        self, tx: Tx, subscriptions: Sequence[Subscription], *, now: datetime
    ) -> Mapping[SubscriptionId, str]:
        """Make the events of these subscriptions come, from `now` on."""
        ...

    async def unsubscribe(
        self, tx: Tx, subscriptions: Sequence[Subscription], *, now: datetime
    ) -> Mapping[SubscriptionId, str]:
        """Make them stop; the rows of the subscriptions are deleted afterwards, with what refers to them."""
        ...
