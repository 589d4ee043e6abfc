"""Turns requests to webhooks into events."""

from collections.abc import Sequence

from eventline_common.db.session import Tx
from eventline_common.errors import InvalidRequestBody
from eventline_common.logging import get_logger
from eventline_connectors.deliveries.delivery import Delivery
from eventline_connectors.events_store import NewEvent
from eventline_connectors.webhook import contents, store
from eventline_connectors.webhook.store import Listener


class WebhookDeliveries:
    """What a request means: one event of the job whose address it was sent to."""

    async def tell(self, tx: Tx, deliveries: Sequence[Delivery]) -> Sequence[Sequence[NewEvent]]:
        """Return the event of each request, none if the job listens no longer."""
        listeners = await store.list_listeners(tx, sorted({delivery.target for delivery in deliveries}))
        return [_events(delivery, listeners.get(delivery.target)) for delivery in deliveries]


def _events(delivery: Delivery, listener: Listener | None) -> Sequence[NewEvent]:
    if listener is None:
        return []
    try:
        body = contents.decode(delivery.event_type, delivery.body)
    except InvalidRequestBody as error:
        get_logger("webhook").error("request_unreadable", delivery_id=delivery.delivery_id, error=str(error))
        return []
    data = {
        "content_type": contents.media_type_of(delivery.event_type),
        "headers": dict(delivery.headers),
        "body": body,
    }
    return [
        NewEvent(
            subscription_id=listener.subscription_id,
            project_id=listener.project_id,
            job_id=listener.job_id,
            occurrence=f"delivery {delivery.delivery_id}",
            event_time=delivery.reception_time,
            connector="webhook",
            name="request",
            data=data,
        )
    ]
