"""`eventline/job_execution_finished`: a subscription is all it takes; the ledger keeps the ends, `following` tells."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import SubscriptionId
from eventline_connectors.domain import Subscription


class EventlineConnector:
    """The platform itself as a source of events."""

    async def subscribe(
        self,
        tx: Tx,  # noqa: ARG002 - the shape of a connector
        subscriptions: Sequence[Subscription],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> Mapping[SubscriptionId, str]:
        """Nothing to do: from now on, the subscription is found."""
        return {}

    async def unsubscribe(
        self,
        tx: Tx,  # noqa: ARG002 - the shape of a connector
        subscriptions: Sequence[Subscription],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> Mapping[SubscriptionId, str]:
        """Nothing to do: the subscription is found no longer."""
        return {}
