"""`webhook/request`: a subscription opens the address of its job, provided that its secret is there."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from eventline_common.db.session import Tx
from eventline_common.ids import SubscriptionId
from eventline_connectors.domain import Subscription
from eventline_connectors.webhook.senders import SECRET_FIELDS
from eventline_connectors.webhook.store import list_ready_types


class WebhookConnector:
    """The address itself was made when the job was deployed."""

    async def subscribe(
        self,
        tx: Tx,
        subscriptions: Sequence[Subscription],
        *,
        now: datetime,  # noqa: ARG002 - the shape of a connector
    ) -> Mapping[SubscriptionId, str]:
        """Check that senders can be authenticated."""
        ids = [subscription.identity_id for subscription in subscriptions if subscription.identity_id is not None]
        types = await list_ready_types(tx, ids)
        failures: dict[SubscriptionId, str] = {}
        for subscription in subscriptions:
            if "authentication" not in subscription.parameters:
                continue
            type = types.get(subscription.identity_id) if subscription.identity_id is not None else None
            if type not in SECRET_FIELDS:
                usable = " or ".join(SECRET_FIELDS)
                failures[subscription.id] = f"senders cannot be authenticated: a ready identity {usable} is needed"
        return failures

    async def unsubscribe(
        self,
        tx: Tx,  # noqa: ARG002 - the shape of a connector
        subscriptions: Sequence[Subscription],  # noqa: ARG002
        *,
        now: datetime,  # noqa: ARG002
    ) -> Mapping[SubscriptionId, str]:
        """Nothing is left to do: an address without active subscription takes nothing."""
        return {}
