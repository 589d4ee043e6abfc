"""`time/tick`: a subscription is a timer (contract job-spec, section 10)."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.domain import timers
from eventline_common.ids import SubscriptionId
from eventline_connectors.domain import Subscription
from eventline_connectors.timers import store
from eventline_connectors.timers.domain import UNREADABLE


class TimeConnector:
    """Keeps one timer per subscription."""

    async def subscribe(
        self, tx: Tx, subscriptions: Sequence[Subscription], *, now: datetime
    ) -> Mapping[SubscriptionId, str]:
        """Create the timers, each with its first tick as seen from `now`."""
        failures: dict[SubscriptionId, str] = {}
        first_ticks: list[tuple[SubscriptionId, datetime]] = []
        for subscription in subscriptions:
            try:
                timer = timers.parse_timer(subscription.parameters)
                first_ticks.append((subscription.id, timers.first_tick(timer, reference=now)))
            except UNREADABLE as error:
                failures[subscription.id] = f"invalid timer: {error}"
        await store.create_timers(tx, first_ticks)
        return failures

    async def unsubscribe(
        self,
        tx: Tx,
        subscriptions: Sequence[Subscription],
        *,
        now: datetime,  # noqa: ARG002 - the shape of a connector
    ) -> Mapping[SubscriptionId, str]:
        """Stop the timers."""
        await store.delete_timers(tx, [subscription.id for subscription in subscriptions])
        return {}
